"""How often somebody may ask: counted in Valkey, in this process when Valkey is away."""

import ipaddress
import logging
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import RedisStorage, storage_from_string
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from uma.kernel.http.authentication import Principal
from uma.kernel.http.errors import RateLimited

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

SOCKET_TIMEOUT_S = 0.1
OPEN_FOR_S = 5.0
LOCAL_KEYS = 50_000
SCANNER = "scanner"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one request found: the limit, what is left of it, and seconds until it starts afresh."""

    limit: int
    remaining: int
    reset_s: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class LocalCounts:
    """Counters of this process, bounded; all are forgotten when there are too many."""

    def __init__(self, capacity: int = LOCAL_KEYS) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def incr(self, key: str, expiry: int) -> int:  # noqa: ARG002  # the key names its window
        with self._lock:
            if len(self._counts) >= self._capacity and key not in self._counts:
                self._counts.clear()
            count = self._counts[key] = self._counts.get(key, 0) + 1
            return count


class SharedCounts:
    """
    Counters in Valkey behind a circuit breaker.

    One INCR per request, atomic in Valkey, so that exactly the limit passes however many ask at
    once. A frozen Valkey costs one request its socket time-out; for the next seconds everybody
    counts locally.
    """

    def __init__(self, url: str, *, open_for_s: float = OPEN_FOR_S) -> None:
        storage = storage_from_string(
            url,
            socket_timeout=SOCKET_TIMEOUT_S,
            socket_connect_timeout=SOCKET_TIMEOUT_S,
            # redis-py tries again three times by itself; here the fallback is quicker than a retry.
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # passed through to redis.from_url
        )
        assert isinstance(storage, RedisStorage)
        self._storage = storage
        self._local = LocalCounts()
        self._open_for_s = open_for_s
        self._lock = threading.Lock()
        self._closed_again_at = 0.0

    def incr(self, key: str, expiry: int) -> int:
        """Count one request under `key` and return how many there are."""
        if self._may_try():
            try:
                return self._storage.incr(key, expiry)
            except (RedisError, OSError) as away:
                self._closed_again_at = time.monotonic() + self._open_for_s
                logger.warning("rate limits are counted locally: %s", type(away).__name__)
        return self._local.incr(key, expiry)

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
            return bool(self._storage.get_connection().ping())
        except (RedisError, OSError):
            return False


@lru_cache(maxsize=4)
def _shared(url: str) -> SharedCounts:
    return SharedCounts(url)


# A scanner's own lane never leaves the process: neither dashboards nor a frozen Valkey reach it.
_scanners = LocalCounts()


@lru_cache(maxsize=32)
def _rate(text: str) -> RateLimitItem:
    return parse(text)


def count(counts: LocalCounts | SharedCounts, *, rate: str, key: str, now: float) -> Verdict:
    """Count one request against a fixed window aligned to the clock (`now` in Unix seconds)."""
    item = _rate(rate)
    expiry = item.get_expiry()
    window, passed = divmod(int(now), expiry)
    taken = counts.incr(f"{key}:{expiry}:{window}", expiry)
    return Verdict(
        limit=item.amount,
        remaining=max(0, item.amount - taken),
        reset_s=expiry - passed,
        allowed=taken <= item.amount,
    )


def client_address(request: HttpRequest) -> str:
    """
    Return the caller's address as limits count it: IPv4 whole, IPv6 by its /64.

    X-Forwarded-For is believed only as far as our own proxies wrote it: with `PROXY_COUNT` proxies
    the caller is that many entries from the right; everything further left is the caller's own
    words.
    """
    address: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.PROXY_COUNT
    if proxies > 0:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= proxies and hops[-proxies]:
            address = hops[-proxies]
    return _network(address)


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def _enforce(request: HttpRequest, verdict: Verdict) -> None:
    request.rate_limit = verdict  # type: ignore[attr-defined]  # the middleware writes the headers
    if not verdict.allowed:
        raise RateLimited(
            f"At most {verdict.limit} requests; try again in {verdict.reset_s} seconds.",
            retry_after_s=verdict.reset_s,
        )


def count_stranger(request: Request) -> None:
    """
    Count a request that could not say who sent it, by its address.

    Raises:
        RateLimited
    """
    plain = request._request  # noqa: SLF001  # DRF wraps the request that the middleware sees
    if getattr(plain, "rate_limit", None) is None:
        key = f"anonymous:{client_address(plain)}"
        verdict = count(
            _shared(settings.REDIS_URL),
            rate=settings.RATE_LIMITS["anonymous"],
            key=key,
            now=time.time(),
        )
        _enforce(plain, verdict)


class RateLimit(BaseThrottle):
    """
    The limit of every API view, by its `rate_lane`.

    `api` (the default) counts strangers by address and people by id and role; `scanner` counts one
    person's scans in this process alone.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        user: Any = request.user  # Any: DRF leaves the type to the authentication class
        if not isinstance(user, Principal):
            count_stranger(request)
            return True
        lane = getattr(view, "rate_lane", "api")
        counts = _scanners if lane == SCANNER else _shared(settings.REDIS_URL)
        name = SCANNER if lane == SCANNER else user.role
        verdict = count(
            counts,
            rate=settings.RATE_LIMITS[name],
            key=f"{name}:{user.user_id}",
            now=time.time(),
        )
        _enforce(request._request, verdict)  # noqa: SLF001  # as above
        return True
