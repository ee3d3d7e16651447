"""Which lanes a request is counted in: every lane is a row here, its rate a setting."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from uma.kernel.http.addresses import client_address

if TYPE_CHECKING:
    from rest_framework.request import Request

# Whose counter a request takes from; `None` when the request says nothing about it.
KeyOf = Callable[["Request"], str | None]

SCANNER = "scanner"
FAILED = "failed"
LONGEST_KEY = 256


def sealed(text: str) -> str:
    """Return what stands for a phone number or a device in a counter's name: never the text."""
    key = hmac.new(settings.SECRET_KEY.encode(), b"uma.rate", hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def by_address(request: "Request") -> str:
    """Count by the caller's address."""
    return client_address(request._request)  # noqa: SLF001  # DRF wraps what the proxies wrote to


def by_person(request: "Request") -> str | None:
    """Count by who is signed in."""
    user_id = getattr(request.user, "user_id", None)
    return None if user_id is None else str(user_id)


def by_field(name: str) -> KeyOf:
    """Count by a text in the body, sealed."""

    def key_of(request: "Request") -> str | None:
        body: Any = request.data  # Any: a JSON document
        text = body.get(name) if isinstance(body, dict) else None
        return sealed(text[:LONGEST_KEY]) if isinstance(text, str) and text else None

    return key_of


@dataclass(frozen=True, slots=True)
class Lane:
    """
    One way of counting: by what, and how it behaves while Valkey is away.

    A strict lane guards something that can be guessed: alone, each process gives out its share. A
    lane without `key_of` is counted by whoever knows its key (`limits.take`), such as the view that
    has just learned the verified phone number.
    """

    key_of: KeyOf | None
    strict: bool = False


# Their rates: RATE_LIMITS in the settings, one for each of these names.
LANES: dict[str, Lane] = {
    "anonymous": Lane(by_address),
    "rider": Lane(by_person),
    "rider_page": Lane(None),
    "live": Lane(None),
    "merchant": Lane(by_person),
    "operator": Lane(by_person),
    "key": Lane(None),
    SCANNER: Lane(by_person),
    FAILED: Lane(by_address, strict=True),
    "sign_in_address": Lane(by_address, strict=True),
    "sign_in_device": Lane(by_field("device_id"), strict=True),
    "sign_in_phone": Lane(None, strict=True),
    "refresh_address": Lane(by_address, strict=True),
    "refresh_device": Lane(by_field("device_id"), strict=True),
    "invitation_address": Lane(by_address, strict=True),
    "operator_sign_in": Lane(None, strict=True),
}

# What a view names in `rate_lanes`.
GROUPS: dict[str, tuple[str, ...]] = {
    "sign_in": ("sign_in_address", "sign_in_device"),
    "refresh": ("refresh_address", "refresh_device"),
    "invitation": ("invitation_address",),
}
