"""How a push leaves: claim rows, commit; send; record, commit. Nothing is locked while sending."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.notifications import links, push, quiet, selectors
from apps.notifications.models import Device, InboxMessage

# Longer than a worker may live on one task (uma/celery.py), so that two never hold the same row.
LEASE = timedelta(seconds=60)
ATTEMPTS_MAX = 12
BACKOFF_BASE_S = 30
BACKOFF_MAX_S = 6 * 3600
DEVICES_MAX = 5

State = InboxMessage.PushState


@dataclass(frozen=True)
class Claim:
    """A message held under a lease; `message.attempts` is the fencing number of that lease."""

    message: InboxMessage
    devices: Sequence[Device]
    night: quiet.Night


@dataclass(frozen=True)
class Round:
    """How many rows were looked at, and how many of them were handed to FCM."""

    taken: int
    sent_out: int


def deliver(*, chosen: QuerySet[InboxMessage], now: datetime) -> Round:
    """Push those of the `chosen` rows that are due and that nobody else holds."""
    # Before the claim: a broken credentials file must not eat attempts.
    client = push.client()
    taken, claims = _claim(chosen, configured=client is not None, now=now)
    if client is not None and claims:
        _record(claims, _send(client, claims), now=now)
    return Round(taken=taken, sent_out=len(claims))


def backoff(*, message_id: UUID, attempts: int, asked_s: int) -> timedelta:
    """
    Return the wait after attempt number `attempts`: doubling from 30 s to 6 h, at least `asked_s`.

    Between half and the whole of it, by the bits of the id: the messages of one outage do not come
    back all at once, and a test can foretell each.
    """
    whole_s = min(BACKOFF_BASE_S * 2 ** (attempts - 1), BACKOFF_MAX_S)
    part = (message_id.int >> attempts) % 1024 / 1024
    return timedelta(seconds=max(whole_s * (1 + part) / 2, asked_s))


@transaction.atomic(durable=True)
def _claim(
    chosen: QuerySet[InboxMessage], *, configured: bool, now: datetime
) -> tuple[int, list[Claim]]:
    rows = list(
        chosen.filter(push_state=State.PENDING, next_attempt_at__lte=now)
        .order_by("next_attempt_at")
        # Two workers share the work instead of waiting for each other or sending twice.
        .select_for_update(skip_locked=True, no_key=True)[: push.BATCH]
    )
    people = {row.person_id for row in rows}
    devices, wishes = _devices_of(people), selectors.wishes(person_ids=people)
    claims = []
    for row in rows:
        wish = wishes[row.person_id]
        morning = quiet.earliest(kind=row.kind, at=now, timezone=row.timezone, night=wish.night)
        if not configured:
            _settle(row, State.SKIPPED, "push_not_configured")
        elif wish.mutes(row.kind):
            # Whatever was wished when it was written: what is wished now counts.
            _settle(row, State.SKIPPED, "muted")
        elif morning > now:
            # Due in the evening, reached at night because of an outage or a back-off.
            row.next_attempt_at = morning
        elif row.attempts >= ATTEMPTS_MAX:
            # Every attempt ended without a record: whoever takes this row dies of it.
            _settle(row, State.FAILED, "attempts_exhausted")
        elif not devices[row.person_id]:
            _settle(row, State.SKIPPED, "no_device")
        else:
            row.attempts += 1
            row.next_attempt_at = now + LEASE
            claims.append(Claim(row, devices[row.person_id], wish.night))
    InboxMessage.objects.bulk_update(
        rows, ["push_state", "attempts", "next_attempt_at", "last_error"]
    )
    return len(rows), claims


def _settle(row: InboxMessage, state: State, code: str) -> None:
    row.push_state = state
    row.last_error = code


def _devices_of(person_ids: Iterable[UUID]) -> dict[UUID, list[Device]]:
    devices: dict[UUID, list[Device]] = defaultdict(list)
    live = Device.objects.filter(person_id__in=person_ids, revoked_at=None)
    for device in live.order_by("-last_seen_at", "-pk"):
        if len(devices[device.person_id]) < DEVICES_MAX:
            devices[device.person_id].append(device)
    return devices


def _send(client: push.Client, claims: Sequence[Claim]) -> list[list[push.Receipt]]:
    """Return the receipts of each claim's devices, in the claims' order."""
    parcels = [_parcel(claim.message, device) for claim in claims for device in claim.devices]
    receipts: list[push.Receipt] = []
    for start in range(0, len(parcels), push.BATCH):
        receipts += client.send(parcels[start : start + push.BATCH])
    answers = iter(receipts)
    return [[next(answers) for _ in claim.devices] for claim in claims]


def _parcel(message: InboxMessage, device: Device) -> push.Parcel:
    return push.Parcel(
        message_id=str(message.pk),
        kind=message.kind,
        title=message.title,
        body=message.body,
        # FCM carries strings only.
        data={
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in message.data.items()
        },
        urgent=quiet.is_urgent(message.kind),
        fid=device.fid,
        fcm_token=device.fcm_token,
        in_browser=device.platform == Device.Platform.WEB,
        link=links.page_of(kind=message.kind, data=message.data),
    )


@transaction.atomic(durable=True)
def _record(
    claims: Sequence[Claim], answers: Sequence[Sequence[push.Receipt]], *, now: datetime
) -> None:
    for claim, receipts in zip(claims, answers, strict=True):
        for device, receipt in zip(claim.devices, receipts, strict=True):
            if receipt.verdict is push.Verdict.DEAD:
                _prune(device, receipt.code, now=now)
        fate = _fate(claim, receipts, now=now)
        # Only while the lease is still ours: a worker that was frozen past it must not overwrite
        # what its successor recorded.
        InboxMessage.objects.filter(
            pk=claim.message.pk, push_state=State.PENDING, attempts=claim.message.attempts
        ).update(**fate)


def _prune(device: Device, code: str, *, now: datetime) -> None:
    # Unless the phone registered again while FCM was answering.
    Device.objects.filter(pk=device.pk, last_seen_at=device.last_seen_at, revoked_at=None).update(
        revoked_at=now, revoked_reason=code
    )


def _fate(claim: Claim, receipts: Sequence[push.Receipt], *, now: datetime) -> dict[str, object]:
    """Return what the message's row becomes; one phone that took it is enough."""
    message = claim.message
    verdicts = {receipt.verdict for receipt in receipts}
    if push.Verdict.ACCEPTED in verdicts:
        return {"push_state": State.SENT, "pushed_at": now, "last_error": ""}
    worst = next(
        (receipt for receipt in receipts if receipt.verdict is push.Verdict.RETRY), receipts[0]
    )
    if push.Verdict.RETRY in verdicts and message.attempts < ATTEMPTS_MAX:
        wait = backoff(
            message_id=message.pk, attempts=message.attempts, asked_s=worst.retry_after_s
        )
        due_at = quiet.earliest(
            kind=message.kind, at=now + wait, timezone=message.timezone, night=claim.night
        )
        return {"next_attempt_at": due_at, "last_error": worst.code}
    if verdicts == {push.Verdict.DEAD}:
        return {"push_state": State.SKIPPED, "last_error": "no_device"}
    refused = next(
        (receipt for receipt in receipts if receipt.verdict is push.Verdict.REFUSED), worst
    )
    return {"push_state": State.FAILED, "last_error": refused.code}
