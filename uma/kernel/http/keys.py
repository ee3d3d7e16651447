"""Who calls with an API key: judged from a memory that is never older than a second."""

import hashlib
import hmac
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import ClassVar, Literal
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.module_loading import import_string

from uma.kernel.http.errors import NotAuthenticated

logger = logging.getLogger(__name__)

PREFIX = "uma_"
# uma_live_3f9x2k7q_<43 letters and digits>: the id finds the row, the secret has 256 random bits.
SHAPE = re.compile(r"uma_(live|test)_([a-z0-9]{8})_[A-Za-z0-9]{43}")
# What is older than this is read again before it is believed.
BELIEVED_S = 1.0
FORGOTTEN_AFTER_S = 600.0
NOTED_EVERY_S = 60.0
CAPACITY = 10_000
# Compared with when there is no such key, so that the answer takes as long as for a wrong secret.
_NOBODYS = bytes(32)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the database says of a key: whose it is, what it opens, where, and until when."""

    id: UUID
    merchant_id: UUID
    digest: bytes
    scopes: frozenset[str]
    outlet_ids: tuple[UUID, ...]
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyPrincipal:
    """A merchant's own system behind a genuine key; no outlet ids means every outlet."""

    key_id: UUID
    merchant_id: UUID
    scopes: frozenset[str]
    outlet_ids: tuple[UUID, ...]

    role: ClassVar[Literal["key"]] = "key"
    is_authenticated: ClassVar[Literal[True]] = True
    is_anonymous: ClassVar[Literal[False]] = False

    @property
    def limited_as(self) -> UUID:
        """Return whose requests are counted together."""
        return self.key_id


def digest_of(key: str) -> bytes:
    """Return what is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


@dataclass(slots=True)
class _Entry:
    facts: KeyFacts
    read_at: float
    used_at: float


@dataclass(slots=True)
class KeyMemory:
    """
    The keys that this process met lately, read again in the background while they are in use.

    A request with a known key reads nothing: a thread reads all of them anew twice a second, in one
    statement. Should it fall behind, or the database not answer, the entry is too old to be
    believed and the request itself reads, or is refused: a revoked key is dead within a second
    everywhere. The thread ends when no key is in use.
    """

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, _Entry] = field(default_factory=dict)
    _used: dict[UUID, float] = field(default_factory=dict)
    _noted_at: float = field(default_factory=time.monotonic)
    _thread: threading.Thread | None = None

    def find(self, public_id: str) -> KeyFacts | None:
        """Return what was true of the key at most a second ago, `None` when there is none."""
        now = time.monotonic()
        entry = self._known.get(public_id)
        if entry is None or now - entry.read_at > BELIEVED_S:
            found = _reader()([public_id]).get(public_id)
            with self._lock:
                if found is None:
                    # Not remembered: a guesser fills no memory.
                    self._known.pop(public_id, None)
                    return None
                if len(self._known) >= CAPACITY:
                    self._known.clear()
                entry = self._known[public_id] = _Entry(found, now, now)
        entry.used_at = now
        self._keep_fresh()
        return entry.facts

    def has(self, public_id: str) -> bool:
        """Say whether the key was met lately."""
        return public_id in self._known

    def used(self, key_id: UUID) -> None:
        """Remember that a genuine key was used just now; the database is told later."""
        self._used[key_id] = time.time()

    def refresh(self) -> bool:
        """Read every known key anew; say whether any is left that somebody uses."""
        started = time.monotonic()
        with self._lock:
            for public_id, entry in list(self._known.items()):
                if started - entry.used_at > FORGOTTEN_AFTER_S:
                    del self._known[public_id]
            known = list(self._known)
        if known:
            found = _reader()(known)
            with self._lock:
                for public_id in known:
                    self._replace(public_id, found.get(public_id), started)
        if started - self._noted_at > NOTED_EVERY_S or not known:
            self.note()
        return bool(known)

    def _replace(self, public_id: str, facts: KeyFacts | None, started: float) -> None:
        entry = self._known.get(public_id)
        # A request that read later than this refresh began knows better.
        if entry is None or entry.read_at > started:
            return
        if facts is None:
            del self._known[public_id]
        else:
            entry.facts, entry.read_at = facts, started

    def note(self) -> None:
        """Tell the database which keys were used since it was told last."""
        self._noted_at = time.monotonic()
        with self._lock:
            used, self._used = self._used, {}
        if used:
            latest = datetime.fromtimestamp(max(used.values()), tz=UTC)
            _noter()(key_ids=list(used), now=latest)

    def forget(self) -> None:
        """Know nothing any more."""
        with self._lock:
            self._known.clear()
            self._used.clear()

    def _keep_fresh(self) -> None:
        # A fork copies the object and not the thread, hence the question whether it lives.
        if settings.API_KEY_REFRESH_S <= 0 or (self._thread and self._thread.is_alive()):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="api-keys", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        in_use = True
        while in_use:
            pause.wait(settings.API_KEY_REFRESH_S)
            try:
                in_use = self.refresh()
            except (DatabaseError, InterfaceError, psycopg.Error) as away:
                logger.warning("API keys could not be read: %s", type(away).__name__)
            finally:
                # Back to the pool between two looks.
                connection.close()


memory = KeyMemory()


@lru_cache(maxsize=1)
def _reader() -> Callable[[Iterable[str]], Mapping[str, KeyFacts]]:
    """Return the app's function that reads keys by their public ids; the kernel knows no app."""
    found: Callable[[Iterable[str]], Mapping[str, KeyFacts]] = import_string(
        settings.API_KEY_READER
    )
    return found


@lru_cache(maxsize=1)
def _noter() -> Callable[..., None]:
    found: Callable[..., None] = import_string(settings.API_KEY_NOTER)
    return found


def is_known(key: str) -> bool:
    """Say whether this process met a key with this id, so that looking at it costs nothing."""
    shape = SHAPE.fullmatch(key)
    return shape is not None and memory.has(shape[2])


def authenticate_key(key: str) -> KeyPrincipal:
    """
    Return whose system a key speaks for.

    Raises:
        NotAuthenticated
    """
    shape = SHAPE.fullmatch(key)
    if shape is None:
        raise NotAuthenticated("The API key is not valid.")
    environment, public_id = shape.groups()
    if environment != settings.API_KEY_ENVIRONMENT:
        raise NotAuthenticated(f"This server takes uma_{settings.API_KEY_ENVIRONMENT}_ keys.")
    facts = memory.find(public_id)
    genuine = hmac.compare_digest(digest_of(key), facts.digest if facts else _NOBODYS)
    if facts is None or not genuine:
        raise NotAuthenticated("The API key is not valid.")
    # From here on it is the key's owner who asks, and may know why.
    if facts.revoked_at is not None:
        raise NotAuthenticated("The API key was revoked.")
    if facts.expires_at is not None and facts.expires_at <= datetime.now(UTC):
        raise NotAuthenticated("The API key has expired.")
    memory.used(facts.id)
    return KeyPrincipal(facts.id, facts.merchant_id, facts.scopes, facts.outlet_ids)
