"""Addresses that present credentials which open nothing: refused before any cryptography."""

import threading
import time

from django.http import HttpRequest

from uma.kernel.http.addresses import client_address
from uma.kernel.http.errors import RateLimited

MOST = 10_000

_lock = threading.Lock()
# address → Unix time until which this process does not look at credentials from there. Each process
# learns of it from the shared counter at the first failure that it sees beyond the limit.
_until: dict[str, float] = {}


def bar(address: str, *, until: float) -> None:
    """Look at no credentials from this address for a while."""
    with _lock:
        if len(_until) >= MOST and address not in _until:
            _until.clear()
        _until[address] = until


def forget() -> None:
    """Bar nobody."""
    _until.clear()


def refuse_guesser(request: HttpRequest) -> None:
    """
    Refuse a request from an address that has failed too often, without a look at what it presents.

    Raises:
        RateLimited
    """
    if not _until:
        return
    until = _until.get(client_address(request))
    left_s = 0 if until is None else int(until - time.time()) + 1
    if left_s > 0:
        raise RateLimited(
            f"Too many failed sign-ins from your network; try again in {left_s} seconds.",
            retry_after_s=left_s,
        )
