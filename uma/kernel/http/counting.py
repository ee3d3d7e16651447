"""Counters in fixed windows: in Valkey by one script, in this process when Valkey is away."""

import logging
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

SOCKET_TIMEOUT_S = 0.1
OPEN_FOR_S = 5.0
LOCAL_KEYS = 50_000
PREFIX = "uma:rate"

_RATE = re.compile(r"([1-9][0-9]{0,8})/(?:([1-9][0-9]{0,3}) )?(second|minute|hour|day)s?")
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}

# One decision for all counters of a request, in one round trip: all are raised, or, when one is
# full, none. The answer is 1 or 0, then what each counter holds. A counter ends with its window.
SCRIPT = """
local taken = redis.call('MGET', unpack(KEYS))
local open = 1
for i = 1, #KEYS do
  taken[i] = tonumber(taken[i] or 0)
  if taken[i] >= tonumber(ARGV[2 * i - 1]) then open = 0 end
end
if open == 1 then
  for i, key in ipairs(KEYS) do
    taken[i] = redis.call('INCR', key)
    if taken[i] == 1 then redis.call('EXPIRE', key, ARGV[2 * i]) end
  end
end
table.insert(taken, 1, open)
return taken
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in each window of `period_s`, the windows aligned to the clock."""

    limit: int
    period_s: int


@lru_cache(maxsize=64)
def parse_rate(text: str) -> Rate:
    """
    Return the rate that a setting means: "100/minute", "5/10 minutes".

    Raises:
        ValueError
    """
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a rate: {text!r}")
    return Rate(int(found[1]), int(found[2] or 1) * _SECONDS[found[3]])


@dataclass(frozen=True, slots=True)
class Slot:
    """One counter that a request takes from: whose it is, and how much there is."""

    lane: str
    key: str
    rate: Rate
    # A guesser must not gain by Valkey's absence: alone, a process gives out its share and no more.
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one request found: the limit, what is left of it, and seconds until it starts afresh."""

    lane: str
    limit: int
    remaining: int
    reset_s: int
    period_s: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        """Return the fields that the apps read and those of the current draft (decisions/0022)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
            "RateLimit-Policy": f'"{self.lane}";q={self.limit};w={self.period_s}',
            "RateLimit": f'"{self.lane}";r={self.remaining};t={self.reset_s}',
        }


class Taken(NamedTuple):
    """A decision over several counters: yes or no, what each holds, and what each gives out."""

    allowed: bool
    counts: list[int]
    limits: list[int]


class LocalCounts:
    """Counters of this process, bounded; when there are too many, those of a kind are forgotten."""

    def __init__(self, capacity: int = LOCAL_KEYS) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        # Strict ones apart, or a flood of other keys would make it forget what a guesser used up.
        self._counts: dict[bool, dict[str, int]] = {False: {}, True: {}}

    def take(self, slots: Sequence[Slot], keys: Sequence[str], limits: Sequence[int]) -> Taken:
        """Raise every counter by one, or none when one of them is full."""
        with self._lock:
            counts = [
                self._counts[slot.strict].get(key, 0) for slot, key in zip(slots, keys, strict=True)
            ]
            allowed = all(held < limit for held, limit in zip(counts, limits, strict=True))
            if allowed:
                for place, key in enumerate(keys):
                    counts[place] = self._raise(slots[place], key)
            return Taken(allowed, counts, list(limits))

    def note(self, slot: Slot, key: str) -> None:
        """Count what another counter allowed, so that this one knows of it later."""
        with self._lock:
            self._raise(slot, key)

    def _raise(self, slot: Slot, key: str) -> int:
        table = self._counts[slot.strict]
        if len(table) >= self._capacity and key not in table:
            table.clear()
        table[key] = table.get(key, 0) + 1
        return table[key]


class SharedCounts:
    """
    Counters in Valkey behind a circuit breaker.

    One script per request, atomic in Valkey, so that exactly the limit passes however many ask at
    once. A frozen Valkey costs one request its socket time-out; for the next seconds everybody
    counts locally: a usual lane in full, a strict one this process' share of it, less what the
    process has let through already.
    """

    def __init__(self, url: str, *, open_for_s: float = OPEN_FOR_S) -> None:
        self._valkey = redis.Redis.from_url(
            url,
            socket_timeout=SOCKET_TIMEOUT_S,
            socket_connect_timeout=SOCKET_TIMEOUT_S,
            # redis-py tries again three times by itself; here the fallback is quicker than a retry.
            retry=Retry(NoBackoff(), 0),
        )
        self._script: Any = self._valkey.register_script(SCRIPT)  # Any: redis-py has two of them
        self._local = LocalCounts()
        self._open_for_s = open_for_s
        self._lock = threading.Lock()
        self._closed_again_at = 0.0

    def take(self, slots: Sequence[Slot], keys: Sequence[str], resets: Sequence[int]) -> Taken:
        """Raise the counters of all slots by one, or none when one of them is full."""
        if self._may_try():
            try:
                return self._take_shared(slots, keys, resets)
            except (RedisError, OSError) as away:
                self._closed_again_at = time.monotonic() + self._open_for_s
                logger.warning(
                    "rate limits are counted locally", extra={"cause": type(away).__name__}
                )
        return self._local.take(slots, keys, [local_limit(slot) for slot in slots])

    def _take_shared(
        self, slots: Sequence[Slot], keys: Sequence[str], resets: Sequence[int]
    ) -> Taken:
        limits = [slot.rate.limit for slot in slots]
        arguments = [number for pair in zip(limits, resets, strict=True) for number in pair]
        # By its hash; a Valkey that has lost the script gets it again (redis-py).
        opened, *counts = self._script(keys=keys, args=arguments)
        if opened:
            for slot, key in zip(slots, keys, strict=True):
                if slot.strict:
                    self._local.note(slot, key)
        return Taken(bool(opened), counts, limits)

    def _may_try(self) -> bool:
        now = time.monotonic()
        if self._closed_again_at == 0.0:
            return True
        with self._lock:
            if now < self._closed_again_at:
                return False
            # Half open: this request probes, the others stay local until the next pause is over.
            self._closed_again_at = now + self._open_for_s
        if self._probe():
            self._closed_again_at = 0.0
            return True
        return False

    def _probe(self) -> bool:
        try:
            return bool(self._valkey.ping())
        except (RedisError, OSError):
            return False


def local_limit(slot: Slot) -> int:
    """Return how much one process gives out alone: a strict lane's share of all web processes."""
    if not slot.strict:
        return slot.rate.limit
    return max(1, slot.rate.limit // settings.WEB_PROCESSES)


@lru_cache(maxsize=4)
def shared(url: str) -> SharedCounts:
    """Return this process' way to the counters at `url`."""
    return SharedCounts(url)


# A scanner's own lane never leaves the process: neither dashboards nor a frozen Valkey reach it.
SCANNERS = LocalCounts()


def count(counts: LocalCounts | SharedCounts, slots: Sequence[Slot], *, now: float) -> Verdict:
    """
    Count one request in every slot, or in none when one is full; `now` in Unix seconds.

    The verdict is the one that the sender should know of: of the full lanes the one that opens
    last, otherwise the one with the least left.
    """
    keys, resets = [], []
    for slot in slots:
        window, passed = divmod(int(now), slot.rate.period_s)
        keys.append(f"{PREFIX}:{slot.lane}:{slot.key}:{slot.rate.period_s}:{window}")
        resets.append(slot.rate.period_s - passed)
    if isinstance(counts, SharedCounts):
        taken = counts.take(slots, keys, resets)
    else:
        taken = counts.take(slots, keys, [slot.rate.limit for slot in slots])
    verdicts = [
        Verdict(
            lane=slot.lane,
            limit=limit,
            remaining=max(0, limit - number),
            reset_s=reset_s,
            period_s=slot.rate.period_s,
            allowed=taken.allowed,
        )
        for slot, limit, number, reset_s in zip(
            slots, taken.limits, taken.counts, resets, strict=True
        )
    ]
    if taken.allowed:
        return min(verdicts, key=lambda verdict: verdict.remaining)
    return max((verdict for verdict in verdicts if verdict.remaining == 0), key=lambda v: v.reset_s)
