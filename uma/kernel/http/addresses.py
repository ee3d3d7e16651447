"""Where a request comes from, as far as our own proxies say so."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """
    Return the caller's address as limits count it: IPv4 whole, IPv6 by its /64.

    X-Forwarded-For is believed only as far as our own proxies wrote it: with `PROXY_COUNT` proxies
    the caller is that many entries from the right; everything further left is the caller's own
    words, and so are `Forwarded`, X-Real-IP and their like, which nobody reads.
    """
    return _network(_claimed(request))


def exact_address(request: HttpRequest) -> str | None:
    """Return the caller's whole address for the audit trail, `None` when there is none."""
    address = _bare(_claimed(request))
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def _claimed(request: HttpRequest) -> str:
    proxies: int = settings.PROXY_COUNT
    if proxies > 0:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        hops = [hop.strip() for hop in forwarded.split(",")]
        if len(hops) >= proxies and hops[-proxies]:
            return hops[-proxies]
    address: str = request.META.get("REMOTE_ADDR", "")
    return address


def _bare(address: str) -> str:
    """Drop what proxies put around an address: a zone, a port, the brackets of IPv6."""
    address = address.partition("%")[0]
    if address.startswith("["):
        return address[1:].partition("]")[0]
    if address.count(":") == 1:
        return address.partition(":")[0]
    return address


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(_bare(address))
    except ValueError:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
