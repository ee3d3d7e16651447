"""
A request to an address that somebody else named: to public addresses alone, and to the one that was checked.

A name is resolved once; all that it stands for must be public, and the connection goes to what was checked and not
to what the name says a moment later. Redirects are not followed, answers are read to a bound, and the whole
of it has an end.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from time import monotonic
from urllib.parse import SplitResult, urlsplit

CONNECT_S = 3.0
READ_S = 5.0
WHOLE_S = 10.0
LARGEST_ANSWER = 4_096
HTTPS = 443
LONGEST_URL = 500
# Addresses that carry another one inside: what they lead to is not what they look like.
_TUNNELS = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)


class AddressRefused(Exception):
    """Not HTTPS to a public address; the text says which part of it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the name that the certificate must have, and the address that was checked."""

    host: str
    port: int
    address: str
    path: str
    is_tls: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: a status, or a code for why there is none."""

    status: int | None
    error: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited: for a connection, for each piece of an answer, and in all."""

    connect_s: float
    read_s: float
    whole_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, up to the bound that was asked for."""

    status: int
    body: bytes
    retry_after: str


def is_public(address: str) -> bool:
    """Say whether an IP address is one that everybody reaches."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in tunnel for tunnel in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def parts_of(url: str, *, private: bool) -> SplitResult:
    """
    Return the parts of an address that may be asked; nothing is looked up.

    Raises:
        AddressRefused
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("malformed") from None
    if len(url) > LONGEST_URL or not url.isascii() or any(one <= " " for one in url):
        raise AddressRefused("malformed")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise AddressRefused("not https")
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise AddressRefused("malformed")
    if not private and port not in {None, HTTPS}:
        raise AddressRefused("port")
    return parts


def target_of(url: str, *, private: bool) -> Target:
    """
    Look the address up once and return where to connect; `private` lets a developer's machine be reached.

    Raises:
        AddressRefused: one of what the name stands for is not public
        OSError: the name is not known
    """
    parts = parts_of(url, private=private)
    host, is_tls = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (HTTPS if is_tls else http.client.HTTP_PORT)
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)]
    if not private and not all(map(is_public, found)):
        raise AddressRefused("private")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port, found[0], path, is_tls)


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> Answer:
    """Send the bytes once and say what was answered; never raises for what others do."""
    begun = monotonic()
    patience = Patience(CONNECT_S, READ_S, WHOLE_S)
    try:
        status = exchange(url, body, headers, private=private, patience=patience).status
    except AddressRefused:
        return Answer(None, "address_refused", _ms(begun))
    except ssl.SSLError:
        return Answer(None, "tls", _ms(begun))
    except TimeoutError:
        return Answer(None, "timeout", _ms(begun))
    except (OSError, http.client.HTTPException, ValueError):
        return Answer(None, "slow" if _ms(begun) >= WHOLE_S * 1_000 else "unreachable", _ms(begun))
    return Answer(status, "", _ms(begun))


def exchange(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private: bool,
    patience: Patience,
    largest: int = LARGEST_ANSWER,
) -> Reply:
    """
    Send the bytes once, to the address that was checked, and return what was answered.

    Raises:
        AddressRefused: nothing was sent
        OSError, http.client.HTTPException, ValueError: the other side is away, or answers otherwise
    """
    return _exchange(target_of(url, private=private), body, headers, patience, largest)


def _ms(begun: float) -> int:
    return round((monotonic() - begun) * 1_000)


def _exchange(
    target: Target, body: bytes, headers: Mapping[str, str], patience: Patience, largest: int
) -> Reply:
    wire = socket.create_connection((target.address, target.port), timeout=patience.connect_s)
    # A byte every four seconds keeps a time-out from ever coming; this ends it all the same.
    open_now = [wire]
    end = Timer(patience.whole_s, _hang_up, [open_now])
    end.start()
    try:
        wire.settimeout(patience.read_s)
        if target.is_tls:
            secured = ssl.create_default_context().wrap_socket(
                wire, server_hostname=target.host, do_handshake_on_connect=False
            )
            open_now[0] = wire = secured
            secured.do_handshake()
        connection = http.client.HTTPConnection(target.host, target.port, timeout=patience.read_s)
        connection.sock = wire
        connection.request("POST", target.path, body=body, headers=_named(target, headers))
        answer = connection.getresponse()
        said = answer.read(largest)
        return Reply(answer.status, said, answer.getheader("Retry-After", ""))
    finally:
        end.cancel()
        wire.close()


def _named(target: Target, headers: Mapping[str, str]) -> dict[str, str]:
    usual = HTTPS if target.is_tls else http.client.HTTP_PORT
    host = f"[{target.host}]" if ":" in target.host else target.host
    named = host if target.port == usual else f"{host}:{target.port}"
    return {"Host": named, "Connection": "close", **headers}


def _hang_up(open_now: list[socket.socket]) -> None:
    with suppress(OSError):
        open_now[0].shutdown(socket.SHUT_RDWR)
