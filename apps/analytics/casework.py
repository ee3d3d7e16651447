"""What an operator decides about a case: nothing wrong, or fraud; and fraud that was none."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.analytics.errors import CaseNotConfirmed, CaseNotOpen, ReasonMissing
from apps.analytics.models import RiskCase
from apps.rides import services as rides


@transaction.atomic
def decide_case(*, case_id: UUID, fraud: bool, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Close a case. Nothing wrong ends the watches; fraud keeps the rider watched everywhere.

    Money stays where it is: what waits is paid or returned by the acts on each visit.

    Raises:
        ReasonMissing
        CaseNotOpen: it was decided before, or there is none
    """
    if not reason.strip():
        raise ReasonMissing
    state = RiskCase.State.CONFIRMED if fraud else RiskCase.State.CLEARED
    _lock_rider(case_id)
    # The update decides between two who decide at once.
    rows = RiskCase.objects.filter(pk=case_id, state=RiskCase.State.OPEN)
    if not rows.update(state=state, decided_at=now, decided_by=actor_id):
        raise CaseNotOpen
    case = RiskCase.objects.get(pk=case_id)
    if fraud:
        rides.watch(rider_id=case.rider_id, merchant_id=None, zone_code=case.zone_code, now=now)
    else:
        _watch_no_longer(case, now=now)
    accounts.record(
        action="risk-case.decided",
        object_type="risk_case",
        object_id=str(case.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": RiskCase.State.OPEN},
        after={"state": state},
    )


@transaction.atomic
def clear_confirmed(*, case_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Clear a case that was decided as fraud by mistake: the rider is watched no longer.

    What is booked from now on is paid at once. What was booked under the watch was sold with a look before the
    payment, and keeps it: it waits for the acts on each visit, as what a cleared case parked does.

    Raises:
        ReasonMissing
        CaseNotConfirmed: it is open, nothing was wrong, or there is none
    """
    if not reason.strip():
        raise ReasonMissing
    _lock_rider(case_id)
    case = RiskCase.objects.filter(pk=case_id, state=RiskCase.State.CONFIRMED).first()
    if case is None:
        raise CaseNotConfirmed
    before = {"state": case.state, "decided_by": str(case.decided_by)}
    case.state, case.decided_at, case.decided_by = RiskCase.State.CLEARED, now, actor_id
    case.save(update_fields=["state", "decided_at", "decided_by"])
    _watch_no_longer(case, now=now)
    accounts.record(
        action="risk-case.fraud-taken-back",
        object_type="risk_case",
        object_id=str(case.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=before,
        after={"state": case.state, "decided_by": str(actor_id)},
    )


def _watch_no_longer(case: RiskCase, *, now: datetime) -> None:
    """End the watches that no other case asks for: at the case's merchant, and everywhere."""
    asking = RiskCase.objects.filter(rider_id=case.rider_id).exclude(state=RiskCase.State.CLEARED)
    if not asking.filter(merchant_id=case.merchant_id).exists():
        rides.end_watch(rider_id=case.rider_id, merchant_id=case.merchant_id, now=now)
    if not asking.exists():
        rides.end_watch(rider_id=case.rider_id, merchant_id=None, now=now)


def _lock_rider(case_id: UUID) -> None:
    """
    Queue on the case's rider, as whoever raises a case does.

    Of two cases of a rider that are cleared at once, the second finds that no other asks for the watch.
    """
    rider_id = RiskCase.objects.filter(pk=case_id).values_list("rider_id", flat=True).first()
    if rider_id is not None:
        accounts.lock_person(person_id=rider_id, wait=True)
