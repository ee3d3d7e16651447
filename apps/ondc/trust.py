"""
Whose key is it? Answered from memory, from PostgreSQL, or from the registry, in this order.

A key is fresh for ten minutes. After that the registry is asked once, however many callbacks wait;
while it is silent what it said in the last day stays good, never past the key's own end. What it does
not know is not asked again for a minute. A process asks a bounded number of times in a minute, so that
a flood of made-up names reaches neither the registry nor the table.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from apps.ondc.models import Participant
from apps.ondc.network import Network
from apps.ondc.registry import Record, Registry, RegistryRefused, RegistrySilent

FRESH = timedelta(minutes=10)
STALE = timedelta(hours=24)
UNKNOWN_FOR = timedelta(seconds=60)
# After silence the registry is left alone for a while; a signature that does not fit makes us look
# again no oftener than this.
PAUSE = timedelta(seconds=30)
# The same when nothing is known: a genuine caller tries again, and finds it awake.
SHORT_PAUSE = timedelta(seconds=5)
MOST_KEPT = 10_000
ASKS_A_MINUTE = 120
# Longer than the registry may take.
WAIT_S = 6.0

Key = tuple[str, str]


def keyring_of(network: Network) -> "Keyring":
    """Return this process' memory of others' keys, as one participant asks for them."""
    return _keyring_of(network)


@lru_cache(maxsize=4)
def _keyring_of(network: Network) -> "Keyring":
    return Keyring(Registry(network))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a key: its record, or that there is none; and until when nobody asks again."""

    record: Record | None
    fetched_at: datetime
    asked_at: datetime
    ask_after: datetime


class Keyring:
    """The keys of other participants, for all threads of a process."""

    def __init__(self, registry: Registry, *, asks_a_minute: int = ASKS_A_MINUTE) -> None:
        self._registry = registry
        self._known: dict[Key, Known] = {}
        self._flights: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()
        self._budget = _Budget(asks_a_minute)

    def find(
        self, *, subscriber_id: str, unique_key_id: str, now: datetime, anew: bool = False
    ) -> Record | None:
        """
        Return the record of a key that is good now, or None.

        With `anew` (a signature did not fit: the key may have been replaced) the registry is asked
        unless it just was.
        """
        key = (subscriber_id, unique_key_id)
        known = self._known.get(key)
        if known is None or _may_ask(known, anew=anew, now=now):
            known = self._looked_up(key, anew=anew, now=now)
        record = known.record if known else None
        return record if record is not None and record.is_good(now=now) else None

    def forget(self) -> None:
        """Know nothing by heart."""
        with self._lock:
            self._known.clear()

    def _looked_up(self, key: Key, *, anew: bool, now: datetime) -> Known | None:
        with self._flight(key) as mine:
            known = self._known.get(key)
            # Whoever waited finds what the first one brought.
            if known is not None and not _may_ask(known, anew=anew, now=now):
                return known
            if not mine:
                return known
            kept = known if known is not None and known.record is not None else _kept(key)
            if kept is not None and not _may_ask(kept, anew=anew, now=now):
                return self._remember(key, kept)
            return self._asked(key, kept, now=now)

    def _asked(self, key: Key, kept: Known | None, *, now: datetime) -> Known | None:
        if not self._budget.take():
            return _still_good(kept, now=now)
        try:
            found = self._registry.key(subscriber_id=key[0], unique_key_id=key[1], now=now)
        except (RegistrySilent, RegistryRefused):
            # It is away, or answers and not to us: what it said before is no falser for that.
            stale = _still_good(kept, now=now)
            if stale is None:
                silence = Known(None, fetched_at=now, asked_at=now, ask_after=now + SHORT_PAUSE)
                return self._remember(key, silence)
            return self._remember(key, replace(stale, asked_at=now, ask_after=now + PAUSE))
        record = _best(found, now=now)
        _keep(key, record, now=now)
        is_good = record is not None and record.is_good(now=now)
        pause = FRESH if is_good else UNKNOWN_FOR
        return self._remember(
            key, Known(record, fetched_at=now, asked_at=now, ask_after=now + pause)
        )

    def _remember(self, key: Key, known: Known) -> Known:
        with self._lock:
            if len(self._known) >= MOST_KEPT and key not in self._known:
                # The oldest half goes; the table knows what was real.
                for old in list(self._known)[: MOST_KEPT // 2]:
                    del self._known[old]
            self._known[key] = known
        return known

    @contextmanager
    def _flight(self, key: Key) -> Iterator[bool]:
        """Let one thread ask about a key; the others wait for it, not for the registry."""
        with self._lock:
            flight = self._flights.setdefault(key, threading.Lock())
        mine = flight.acquire(timeout=WAIT_S)
        try:
            yield mine
        finally:
            if mine:
                with self._lock:
                    self._flights.pop(key, None)
                flight.release()


class _Budget:
    """So many questions in a minute, whoever makes us ask them."""

    def __init__(self, most: int) -> None:
        self._most, self._left, self._until = most, most, 0.0
        self._lock = threading.Lock()

    def take(self) -> bool:
        with self._lock:
            if (at := time.monotonic()) >= self._until:
                self._left, self._until = self._most, at + 60
            self._left -= 1
            return self._left >= 0


def _may_ask(known: Known, *, anew: bool, now: datetime) -> bool:
    if anew:
        return now >= known.asked_at + PAUSE
    return now >= known.ask_after


def _still_good(kept: Known | None, *, now: datetime) -> Known | None:
    return kept if kept is not None and now < kept.fetched_at + STALE else None


def _best(found: list[Record], *, now: datetime) -> Record | None:
    """Of several rows about one key (one for each domain) return one that says it all."""
    good = [row for row in found if row.is_good(now=now)] or found
    if not good:
        return None
    domains = tuple(dict.fromkeys(domain for row in good for domain in row.domains))
    # A participant may be of several kinds under one key; who sells is who calls us back.
    chosen = next((row for row in good if row.kind == "BPP"), good[0])
    return replace(chosen, domains=domains)


def _kept(key: Key) -> Known | None:
    row = Participant.objects.filter(subscriber_id=key[0], unique_key_id=key[1]).first()
    if row is None:
        return None
    record = Record(
        subscriber_id=row.subscriber_id,
        unique_key_id=row.unique_key_id,
        kind=row.kind,
        status=row.status,
        url=row.url,
        domains=tuple(row.domains),
        cities=(),
        signing_public_key=row.signing_public_key,
        encryption_public_key=row.encryption_public_key,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
    return Known(
        record,
        fetched_at=row.fetched_at,
        asked_at=row.fetched_at,
        ask_after=row.fetched_at + FRESH,
    )


def _keep(key: Key, record: Record | None, *, now: datetime) -> None:
    if record is None:
        # No longer listed: what was kept must not come back with the next process.
        Participant.objects.filter(subscriber_id=key[0], unique_key_id=key[1]).delete()
        return
    Participant.objects.update_or_create(
        subscriber_id=key[0],
        unique_key_id=key[1],
        defaults={
            "kind": record.kind,
            "status": record.status[:24],
            "url": record.url[:500],
            "domains": [domain[:32] for domain in record.domains],
            "signing_public_key": record.signing_public_key[:200],
            "encryption_public_key": record.encryption_public_key[:200],
            "valid_from": record.valid_from,
            "valid_until": record.valid_until,
            "fetched_at": now,
        },
    )
