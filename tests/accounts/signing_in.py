"""Sign-ins for tests, through the services."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.accounts import services, tokens
from apps.accounts.services import SignedIn
from tests.factories import NOON

PHONE = "6f1c0b52-a-phone"
KEYS = tokens.keyring(settings.REFRESH_KEYS)


def sign_in(person: UUID, **facts: Any) -> SignedIn:  # Any: what `open_session` takes
    usual: dict[str, Any] = {
        "role": "rider",
        "device_id": PHONE,
        "authenticated_at": facts.get("now", NOON),
        "now": NOON,
        "platform": "ANDROID",
        "label": "Neha's phone",
    }
    return services.open_session(user_id=person, **(usual | facts))


def refresh(signed: SignedIn, *, now: datetime, **facts: Any) -> SignedIn:  # Any: as above
    usual: dict[str, Any] = {"device_id": PHONE, "keys": KEYS}
    return services.refresh(secret=signed.refresh, now=now, **(usual | facts))
