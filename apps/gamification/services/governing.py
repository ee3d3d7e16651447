"""What operators decide: strikes taken back, events nobody could help, the policy, reviews."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.accounts.errors import UNTIL_REVIEW
from apps.gamification import selectors
from apps.gamification.errors import (
    PeriodInvalid,
    PolicyInvalid,
    ReasonMissing,
    StrikeOverturned,
    UnknownForceMajeure,
    UnknownRestriction,
    UnknownStrike,
)
from apps.gamification.models import ForceMajeure, Restriction, Strike, StrikePolicy
from apps.gamification.services.appealing import take_back
from apps.gamification.services.settling import recount, suspended_until
from apps.merchants import selectors as merchants

# Under which key the trail knows the policies: each is the successor of the one before.
POLICIES = "strike-policies"


@transaction.atomic(durable=True)
def overturn(*, strike_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Take a strike back; what it led to is counted anew.

    Raises:
        ReasonMissing, UnknownStrike, StrikeOverturned
    """
    _require(reason)
    rider_id = Strike.objects.filter(pk=strike_id).values_list("rider_id", flat=True).first()
    if rider_id is None or not accounts.lock_person(person_id=rider_id, wait=True):
        raise UnknownStrike
    before = Strike.objects.get(pk=strike_id).state
    if not take_back(strike_ids=[strike_id], because="operator", now=now):
        raise StrikeOverturned
    recount(rider_id=rider_id, known=selectors.policies(), now=now)
    accounts.record(
        action="strike.overturned",
        object_type="strike",
        object_id=str(strike_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": before},
        after={"state": Strike.State.OVERTURNED.value},
    )


@transaction.atomic(durable=True)
def end_restriction(*, restriction_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    End a running restriction after a look at it.

    Raises:
        ReasonMissing, UnknownRestriction
    """
    _require(reason)
    running = Restriction.objects.filter(pk=restriction_id, lifted_at=None)
    rider_id = running.values_list("rider_id", flat=True).first()
    if rider_id is None or not accounts.lock_person(person_id=rider_id, wait=True):
        raise UnknownRestriction
    rows = list(Restriction.objects.filter(rider_id=rider_id, lifted_at=None))
    row = next((one for one in rows if one.pk == restriction_id), None)
    if row is None or (row.until or UNTIL_REVIEW) <= now:
        raise UnknownRestriction
    before = suspended_until(rows)
    assert before is not None
    told = row.until and row.until.isoformat()
    row.until, row.reviewed_at, row.reviewed_by = max(now, row.starts_at), now, actor_id
    row.save(update_fields=["until", "reviewed_at", "reviewed_by"])
    after = suspended_until(rows)
    accounts.replace_suspension(
        rider_id=rider_id,
        instead_of=before,
        until=after if after is not None and after > now else None,
        actor_id=actor_id,
        reason=reason,
        now=now,
    )
    accounts.record(
        action="restriction.ended",
        object_type="restriction",
        object_id=str(restriction_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"until": told},
        after={"until": row.until.isoformat()},
    )


@transaction.atomic
def declare_force_majeure(
    *,
    zone_code: str,
    starts_at: datetime,
    ends_at: datetime,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> ForceMajeure:
    """
    Say that visits missed in a zone over a time cost nothing; strikes given for them go as well.

    Raises:
        ReasonMissing, PeriodInvalid, UnknownZone
    """
    _require(reason)
    merchants.zone(code=zone_code)
    if ends_at <= starts_at:
        raise PeriodInvalid
    row = ForceMajeure.objects.create(
        zone_code=zone_code,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        declared_by=actor_id,
        declared_at=now,
    )
    accounts.record(
        action="force-majeure.declared",
        object_type="force_majeure",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={
            "zone": zone_code,
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at.isoformat(),
        },
    )
    return row


@transaction.atomic(durable=True)
def withdraw_force_majeure(*, event_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Say that it was none after all: from now on it excuses nothing; what it excused stays excused.

    Raises:
        ReasonMissing, UnknownForceMajeure
    """
    _require(reason)
    ended = ForceMajeure.objects.filter(pk=event_id, withdrawn_at=None).update(withdrawn_at=now)
    if not ended:
        raise UnknownForceMajeure
    accounts.record(
        action="force-majeure.withdrawn",
        object_type="force_majeure",
        object_id=str(event_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"withdrawn_at": None},
        after={"withdrawn_at": now.isoformat()},
    )


def apply_force_majeure(*, now: datetime, limit: int) -> int:
    """Take back up to `limit` strikes that a later declaration covers; return how many."""
    taken = 0
    for event in ForceMajeure.objects.filter(applied_at=None, withdrawn_at=None).order_by("pk"):
        strikes = Strike.objects.filter(
            overturned_at=None,
            zone_code=event.zone_code,
            no_show__expired_at__gte=event.starts_at,
            no_show__booked_at__lte=event.ends_at,
        )
        chosen = list(strikes.order_by("pk").values_list("pk", "rider_id")[: limit - taken])
        taken += sum(
            _take_back_of(rider_id, [strike_id], now=now) for strike_id, rider_id in chosen
        )
        if taken >= limit:
            break
        # Missed visits judged from now on see the row itself.
        ForceMajeure.objects.filter(pk=event.pk).update(applied_at=now)
    return taken


@transaction.atomic(durable=True)
def _take_back_of(rider_id: UUID, strike_ids: Sequence[UUID], *, now: datetime) -> int:
    accounts.lock_person(person_id=rider_id, wait=True)
    taken = take_back(strike_ids=strike_ids, because="force_majeure", now=now)
    recount(rider_id=rider_id, known=selectors.policies(), now=now)
    return taken


@transaction.atomic
def set_policy(
    *,
    effective_from: datetime,
    clears: str,
    limit: int,
    window_days: int,
    ladder_days: Sequence[int],
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> StrikePolicy:
    """
    Set how strikes count from an instant on; what was counted before stays.

    Raises:
        ReasonMissing
        PolicyInvalid: it would begin in the past, or count nothing
    """
    _require(reason)
    if effective_from < now or min(limit, window_days, *ladder_days, 1) < 1:
        raise PolicyInvalid
    if clears not in StrikePolicy.Clears.values:
        raise PolicyInvalid
    before = selectors.policy_in_force(at=effective_from)
    row = StrikePolicy.objects.create(
        effective_from=effective_from,
        clears=clears,
        limit=limit,
        window_days=window_days,
        ladder_days=list(ladder_days),
        appeal_days=before.appeal_days,
        appeal_hours=before.appeal_hours,
    )
    accounts.record(
        action="strike-policy.set",
        object_type="strike_policy",
        object_id=POLICIES,
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"clears": before.clears, "limit": before.limit, "window_days": before.window_days},
        after={"clears": clears, "limit": limit, "window_days": window_days},
    )
    return row


def _require(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
