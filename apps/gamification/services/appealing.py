"""Appeals: a rider's word against a strike, looked at in time or granted."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import services as accounts
from apps.gamification import selectors
from apps.gamification.errors import (
    AppealDecided,
    AppealExhausted,
    AppealOpen,
    AppealTooLate,
    ReasonMissing,
    SecondLineIsAnothers,
    StrikeOverturned,
    UnknownAppeal,
    UnknownStrike,
)
from apps.gamification.models import Appeal, Strike
from apps.gamification.services.settling import recount
from apps.gamification.standing import policy_at
from apps.notifications import services as notifications

LINES = 2


@transaction.atomic(durable=True)
def appeal(
    *,
    rider_id: UUID,
    strike_id: UUID,
    text: str,
    evidence: Sequence[dict[str, str]],
    now: datetime,
) -> Appeal:
    """
    Open an appeal against the rider's own strike, or the second after the first was rejected.

    A suspended rider may: an appeal is never blocked. Whatever nobody decides in time is the rider's.

    Raises:
        UnknownStrike: also for another rider's, so that identifiers cannot be probed
        StrikeOverturned, AppealOpen, AppealTooLate, AppealExhausted
    """
    # The strike's own lock queues two appeals that were sent at once.
    strike = (
        Strike.objects.select_for_update(no_key=True)
        .filter(pk=strike_id, rider_id=rider_id)
        .first()
    )
    if strike is None:
        raise UnknownStrike
    if strike.overturned_at is not None:
        raise StrikeOverturned
    earlier = list(strike.appeals.order_by("line"))
    if any(one.state == Appeal.State.OPEN for one in earlier):
        raise AppealOpen
    if len(earlier) >= LINES:
        raise AppealExhausted
    known = selectors.policies()
    policy = policy_at(known, strike.struck_at)
    # The second line counts its days from the answer of the first.
    since = earlier[0].decided_at if earlier else None
    until = selectors.appeal_until(strike, since=since or strike.struck_at, known=known)
    if now > until:
        raise AppealTooLate(until=until)
    return Appeal.objects.create(
        strike=strike,
        rider_id=rider_id,
        zone_code=strike.zone_code,
        line=len(earlier) + 1,
        statement=json.dumps({"text": text, "evidence": list(evidence)}, ensure_ascii=False),
        opened_at=now,
        due_at=now + timedelta(hours=policy.appeal_hours),
        not_by=earlier[0].decided_by if earlier else None,
    )


@transaction.atomic(durable=True)
def decide_appeal(
    *, appeal_id: UUID, for_rider: bool, actor_id: UUID, reason: str, now: datetime
) -> Appeal:
    """
    Decide an appeal; for the rider, the strike is overturned and the rider's standing counted anew.

    Raises:
        ReasonMissing, UnknownAppeal, AppealDecided
        SecondLineIsAnothers: the same operator decided the first appeal
    """
    if not reason.strip():
        raise ReasonMissing
    row = _lock(appeal_id)
    if row is None:
        raise UnknownAppeal
    if row.state != Appeal.State.OPEN:
        raise AppealDecided
    if row.not_by == actor_id:
        raise SecondLineIsAnothers
    _close(row, for_rider=for_rider, actor_id=actor_id, answer=reason, now=now)
    return row


def uphold_overdue(*, now: datetime, limit: int) -> int:
    """Grant up to `limit` appeals that nobody decided in time, each on its own; return how many."""
    overdue = Appeal.objects.filter(state=Appeal.State.OPEN, due_at__lte=now).order_by("due_at")
    return sum(_uphold(key, now=now) for key in list(overdue.values_list("pk", flat=True)[:limit]))


@transaction.atomic(durable=True)
def _uphold(appeal_id: UUID, *, now: datetime) -> bool:
    row = _lock(appeal_id)
    if row is None or row.state != Appeal.State.OPEN:
        return False
    answer = "Nobody looked at it in time: it is yours."
    _close(row, for_rider=True, actor_id=None, answer=answer, now=now)
    return True


def _lock(appeal_id: UUID) -> Appeal | None:
    """Lock the rider, behind whom appeals are decided and strikes counted; return the appeal."""
    rider_id = Appeal.objects.filter(pk=appeal_id).values_list("rider_id", flat=True).first()
    if rider_id is None or not accounts.lock_person(person_id=rider_id, wait=True):
        return None
    return Appeal.objects.filter(pk=appeal_id).first()


def _close(
    row: Appeal, *, for_rider: bool, actor_id: UUID | None, answer: str, now: datetime
) -> None:
    row.state = Appeal.State.UPHELD if for_rider else Appeal.State.REJECTED
    row.decided_at, row.decided_by, row.answer = now, actor_id, answer
    row.save(update_fields=["state", "decided_at", "decided_by", "answer"])
    if for_rider:
        take_back(strike_ids=[row.strike_id], because="appeal", now=now)
        recount(rider_id=row.rider_id, known=selectors.policies(), now=now)
    accounts.record(
        action="appeal.decided",
        object_type="appeal",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=answer,
        before={"state": Appeal.State.OPEN.value},
        after={"state": row.state, "line": row.line},
    )
    notifications.notify(
        person_id=row.rider_id,
        kind="strike.appeal",
        say=lambda: (
            (_("Your appeal was granted"), _("The strike is gone."))
            if for_rider
            else (_("Your appeal was turned down"), answer[:400])
        ),
        data={"appealId": str(row.pk)},
        dedupe_key=f"appeal:{row.pk}",
        now=now,
    )


def take_back(*, strike_ids: Sequence[UUID], because: str, now: datetime) -> int:
    """Overturn strikes, in a transaction that counts their riders anew; return how many were not."""
    return Strike.objects.filter(pk__in=strike_ids, overturned_at=None).update(
        overturned_at=now, overturned_for=because, state=Strike.State.OVERTURNED
    )
