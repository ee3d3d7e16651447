"""Writes: tell a person something once, push it to their phones, owe a merchant an event."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TypeAlias
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation

from apps.accounts import selectors as people
from apps.accounts import services as accounts
from apps.notifications import delivery, notices, quiet, selectors, webhooks
from apps.notifications.errors import (
    AlreadyPushed,
    EndpointOver,
    PushInProgress,
    UnknownDevice,
    UnknownMessage,
)
from apps.notifications.models import (
    BODY_MAX,
    TITLE_MAX,
    Device,
    InboxMessage,
    Preference,
    WebhookDelivery,
    WebhookEndpoint,
)

# By these others name what they say.
Say: TypeAlias = notices.Say
Words: TypeAlias = notices.Words
INDIA = "Asia/Kolkata"
# FCM takes 4,096 bytes in all; title and body have their own limits.
DATA_MAX_BYTES = 1_500
# FCM forgets an Android token after 270 idle days.
IDLE = timedelta(days=270)


def notify(
    *,
    person_id: UUID,
    kind: str,
    say: Say,
    data: Mapping[str, object],
    dedupe_key: str,
    now: datetime,
    timezone: str = INDIA,
) -> InboxMessage:
    """
    Put a message into the person's inbox; the same `dedupe_key` again finds the first one.

    Meant for the caller's transaction. Hand `tasks.push_message` the id after the commit for speed;
    the sweep pushes it anyway. `kind` is "family" or "family.detail"; the families `handshake` and
    `security` are pushed at night too, others wait for the end of the person's night in `timezone`. Whether
    it is pushed at all is decided when it leaves. `say` gives title and body, and is asked in the person's
    language (decisions/0071).
    """
    assert len(json.dumps(dict(data))) <= DATA_MAX_BYTES
    with translation.override(people.language_of(user_id=person_id)):
        title, body = (str(text) for text in say())
    night = quiet.USUAL
    # At a counter nobody waits for what somebody wishes about their nights.
    if not quiet.is_urgent(kind):
        night = selectors.wishes(person_ids=[person_id])[person_id].night
    due_at = quiet.earliest(kind=kind, at=now, timezone=timezone, night=night)
    InboxMessage.objects.bulk_create(
        [
            InboxMessage(
                person_id=person_id,
                kind=kind,
                title=title[:TITLE_MAX],
                body=body[:BODY_MAX],
                data=dict(data),
                dedupe_key=dedupe_key,
                timezone=timezone,
                created_at=now,
                next_attempt_at=due_at,
            )
        ],
        # Two workers announcing one fact: the unique key lets one row in and neither fail.
        ignore_conflicts=True,
    )
    message = InboxMessage.objects.get(dedupe_key=dedupe_key)
    assert message.person_id == person_id, "one key names one fact about one person"
    return message


def security_notice(*, person_id: UUID, event: str, event_id: str, now: datetime) -> None:
    """Tell a person once what happened to their sign-in; pushed at night too."""
    notify(
        person_id=person_id,
        kind=f"security.{event}",
        say=lambda: notices.SECURITY[event],
        data={},
        dedupe_key=f"{event}:{event_id}",
        now=now,
    )


def push(*, message_id: UUID, now: datetime) -> None:
    """Push one message if it is due and nobody else holds it; must not be inside a transaction."""
    delivery.deliver(chosen=InboxMessage.objects.filter(pk=message_id), now=now)


def push_due(*, now: datetime) -> int:
    """
    Push up to fifty due messages, oldest first; return how many were looked at.

    Fewer than `push.BATCH` means that nothing is left. Must not be inside a transaction.
    """
    return delivery.deliver(chosen=InboxMessage.objects.all(), now=now).taken


@transaction.atomic
def choose_pushes(
    *,
    person_id: UUID,
    muted: Collection[str],
    night_begins: time,
    night_ends: time,
    now: datetime,
) -> None:
    """Keep a person's wishes; `muted` are families, never `security`, and equal ends are no night."""
    Preference.objects.update_or_create(
        person_id=person_id,
        defaults={
            "muted": sorted(set(muted)),
            "night_begins": night_begins,
            "night_ends": night_ends,
            "changed_at": now,
        },
    )


@transaction.atomic
def mark_read(*, message_id: UUID, person_id: UUID, now: datetime) -> InboxMessage:
    """
    Mark the person's message as read; the first reading counts.

    Raises:
        UnknownMessage
    """
    own = InboxMessage.objects.filter(pk=message_id, person_id=person_id)
    own.filter(read_at=None).update(read_at=now)
    message = own.first()
    if message is None:
        raise UnknownMessage
    return message


@transaction.atomic
def push_again(
    *, message_id: UUID, actor_id: UUID | None, reason: str, now: datetime
) -> InboxMessage:
    """
    Make a skipped or failed push due again, with its attempts counted from nought.

    Raises:
        UnknownMessage, AlreadyPushed, PushInProgress
    """
    message = InboxMessage.objects.select_for_update(no_key=True).filter(pk=message_id).first()
    if message is None:
        raise UnknownMessage
    if message.push_state == InboxMessage.PushState.SENT:
        raise AlreadyPushed
    if message.push_state == InboxMessage.PushState.PENDING:
        raise PushInProgress
    before = {"push_state": message.push_state, "last_error": message.last_error}
    message.push_state = InboxMessage.PushState.PENDING
    message.attempts = 0
    message.last_error = ""
    night = selectors.wishes(person_ids=[message.person_id])[message.person_id].night
    message.next_attempt_at = quiet.earliest(
        kind=message.kind, at=now, timezone=message.timezone, night=night
    )
    message.save(update_fields=["push_state", "attempts", "last_error", "next_attempt_at"])
    accounts.record(
        action="message.push-again",
        object_type="inbox_message",
        object_id=str(message_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=before,
        after={"push_state": message.push_state},
    )
    return message


def register_device(
    *,
    person_id: UUID,
    platform: str,
    fcm_token: str,
    fid: str,
    now: datetime,
    session_id: UUID | None = None,
    language: str = "",
) -> Device:
    """
    Remember the installation as this person's; the same `fid` or token again refreshes its row.

    With a `language` the person is written to in it from now on.

    Whoever registered last owns it: a phone that changes hands stops showing the former owner's
    messages. At most `delivery.DEVICES_MAX` stay live, the longest unseen go. When the session of
    `session_id` ends, the installation is forgotten with it.

    Raises:
        UnknownPerson
    """
    assert fcm_token or fid
    # An access token outlives an erased person by minutes.
    people.person(user_id=person_id)
    if language:
        accounts.keep_language(person_id=person_id, language=language, is_chosen=True)
    try:
        return _register(person_id, platform, fcm_token, fid, now, session_id)
    except IntegrityError:
        # A twin of this request inserted between our look-up and our insert; now it is found.
        return _register(person_id, platform, fcm_token, fid, now, session_id)


@transaction.atomic
def _register(
    person_id: UUID,
    platform: str,
    fcm_token: str,
    fid: str,
    now: datetime,
    session_id: UUID | None,
) -> Device:
    same = Q(pk__in=[])
    if fid:
        same |= Q(fid=fid)
    if fcm_token:
        same |= Q(fcm_token=fcm_token)
    # By id, so that two registrations that both meet two rows queue instead of deadlocking.
    known = list(Device.objects.select_for_update().filter(same).order_by("pk"))
    # The fid outlives its tokens; a row that shares only the token is that phone before its update.
    device = next((row for row in known if fid and row.fid == fid), known[0] if known else Device())
    Device.objects.filter(pk__in=[row.pk for row in known if row.pk != device.pk]).delete()
    device.person_id = person_id
    device.platform = platform
    device.fcm_token = fcm_token or device.fcm_token
    device.fid = fid or device.fid
    device.session_id = session_id
    device.last_seen_at = now
    device.revoked_at = None
    device.revoked_reason = ""
    device.save()
    live = Device.objects.filter(person_id=person_id, revoked_at=None)
    surplus = live.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[
        delivery.DEVICES_MAX :
    ]
    Device.objects.filter(pk__in=list(surplus)).update(revoked_at=now, revoked_reason="too_many")
    return device


def remove_device(*, device_id: UUID, person_id: UUID, now: datetime) -> None:
    """
    Push nothing more to an installation of the person's; once more changes nothing.

    Raises:
        UnknownDevice: also for another person's
    """
    own = Device.objects.filter(pk=device_id, person_id=person_id)
    if not own.exists():
        raise UnknownDevice
    own.filter(revoked_at=None).update(revoked_at=now, revoked_reason="switched_off")


def forget_installations(*, person_id: UUID, session_ids: Sequence[UUID], now: datetime) -> None:
    """Push nothing more to where these sessions of a person ended; part of the ending itself."""
    there = Device.objects.filter(person_id=person_id, session_id__in=session_ids, revoked_at=None)
    there.update(revoked_at=now, revoked_reason="signed_out")


def revoke_idle_devices(*, limit: int, now: datetime) -> int:
    """Revoke up to `limit` installations unseen for 270 days; return how many."""
    idle = Device.objects.filter(revoked_at=None, last_seen_at__lt=now - IDLE)
    chosen = list(idle.order_by("last_seen_at").values_list("pk", flat=True)[:limit])
    # Asked again in the update: a phone may have come back between the two statements.
    return idle.filter(pk__in=chosen).update(revoked_at=now, revoked_reason="idle")


def add_endpoint(
    *, merchant_id: UUID, url: str, events: list[str], secret: str, now: datetime
) -> WebhookEndpoint:
    """Subscribe a merchant's system at `url` to event types; `secret` is kept to sign with."""
    return WebhookEndpoint.objects.create(
        merchant_id=merchant_id, url=url, events=sorted(set(events)), secret=secret, created_at=now
    )


def new_secret() -> str:
    """Return a secret to sign events with."""
    return webhooks.new_secret()


@transaction.atomic
def rotate_endpoint_secret(*, endpoint_id: UUID, old_until: datetime) -> WebhookEndpoint:
    """
    Give an endpoint a new secret; until `old_until` both sign.

    Raises:
        EndpointOver
    """
    endpoint = _lock_endpoint(endpoint_id)
    endpoint.old_secret, endpoint.old_until = endpoint.secret, old_until
    endpoint.secret = webhooks.new_secret()
    endpoint.save(update_fields=["secret", "old_secret", "old_until"])
    return endpoint


@transaction.atomic
def replay_deliveries(
    *, endpoint_id: UUID, since: datetime, until: datetime, limit: int, now: datetime
) -> int:
    """
    Owe an endpoint once more what it was owed in [since, until).

    What still waits is left as it is. Returns how many.

    Raises:
        EndpointOver
    """
    endpoint = _lock_endpoint(endpoint_id)
    rows = WebhookDelivery.objects.filter(
        endpoint=endpoint, created_at__gte=since, created_at__lt=until
    )
    return webhooks.replay(rows, limit=limit, now=now)


@transaction.atomic
def replay_delivery(*, endpoint_id: UUID, delivery_id: UUID, now: datetime) -> int:
    """
    Owe an endpoint one event once more. Returns how many, one or none.

    Raises:
        EndpointOver
    """
    endpoint = _lock_endpoint(endpoint_id)
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, pk=delivery_id)
    return webhooks.replay(rows, limit=1, now=now)


def _lock_endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.disabled_at is not None:
        raise EndpointOver
    return endpoint


@transaction.atomic
def disable_endpoint(*, endpoint_id: UUID, now: datetime, reason: str = "owner") -> None:
    """Stop an endpoint; what it is still owed is kept as DISABLED, for a replay."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    webhooks.disable(endpoint, reason=reason, now=now)


def queue_webhook(
    *,
    merchant_id: UUID,
    event_id: UUID,
    type: str,  # noqa: A002 - the field's name in Standard Webhooks
    payload: Mapping[str, object],
    now: datetime,
) -> list[WebhookDelivery]:
    """Owe the event to each live endpoint of the merchant subscribed to its type, once for each."""
    endpoints = WebhookEndpoint.objects.filter(
        merchant_id=merchant_id, disabled_at=None, events__contains=[type]
    )
    owed = [
        WebhookDelivery(
            endpoint=endpoint,
            event_id=event_id,
            type=type,
            payload=dict(payload),
            next_attempt_at=now,
            created_at=now,
        )
        for endpoint in endpoints
    ]
    if not owed:
        return []
    # A repeat of the announcement meets unique (endpoint, event) and adds nothing.
    WebhookDelivery.objects.bulk_create(owed, ignore_conflicts=True)
    return list(
        WebhookDelivery.objects.filter(
            event_id=event_id, endpoint__in=[row.endpoint_id for row in owed]
        ).order_by("pk")
    )
