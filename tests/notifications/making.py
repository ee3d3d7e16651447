"""People, phones and messages for the tests of this app."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

from apps.accounts import services as accounts
from apps.notifications import services
from apps.notifications.models import Device, InboxMessage

# 11:30 in India: nobody sleeps.
NOON = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
# 23:30 in India.
NIGHT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
# The morning after: 08:00 in India.
MORNING = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)

_numbers = count(1)


def make_person() -> UUID:
    name = f"person-{next(_numbers)}-{uuid4().hex[:6]}"
    person = accounts.create_person(username=name, display_name=name, zone_code="MNP", now=NOON)
    return person.pk


def make_device(
    person_id: UUID,
    *,
    fid: str = "",
    fcm_token: str = "",
    platform: str = "ANDROID",
    session_id: UUID | None = None,
    at: datetime = NOON,
) -> Device:
    if not (fid or fcm_token):
        fid = f"fid-{uuid4().hex[:12]}"
    return services.register_device(
        person_id=person_id,
        platform=platform,
        fcm_token=fcm_token,
        fid=fid,
        session_id=session_id,
        now=at,
    )


def make_message(
    person_id: UUID,
    *,
    kind: str = "handshake.success",
    key: str = "",
    now: datetime = NOON,
    body: str = "150 rupees are in your wallet.",
    data: Mapping[str, object] | None = None,
) -> InboxMessage:
    return services.notify(
        person_id=person_id,
        kind=kind,
        say=lambda: ("Your visit is verified", body),
        data={"bookingId": "b-1", "amount": 150} if data is None else data,
        dedupe_key=key or f"test:{uuid4()}",
        now=now,
    )


def row(message: InboxMessage) -> InboxMessage:
    return InboxMessage.objects.get(pk=message.pk)
