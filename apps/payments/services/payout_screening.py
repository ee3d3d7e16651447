"""An operator's decision about a payout that the rules let nobody pay by themselves."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments.errors import OwnPayout, PayoutNotFound, PayoutNotScreened, PayoutReasonRequired
from apps.payments.machine import State
from apps.payments.models import Payout
from apps.payments.services.payout_steps import Source, lock_payout, step


def approve_payout(*, payout_id: UUID, actor_id: UUID, reason: str, now: datetime) -> Payout:
    """
    Let a screened payout be sent.

    Raises:
        PayoutNotFound, PayoutNotScreened, OwnPayout, PayoutReasonRequired
    """
    return _decide(payout_id, State.APPROVED, actor_id=actor_id, reason=reason, now=now)


def reject_payout(*, payout_id: UUID, actor_id: UUID, reason: str, now: datetime) -> Payout:
    """
    Refuse a screened payout: the money goes back to whom it came from.

    Raises:
        PayoutNotFound, PayoutNotScreened, OwnPayout, PayoutReasonRequired
    """
    return _decide(payout_id, State.REJECTED, actor_id=actor_id, reason=reason, now=now)


@transaction.atomic(durable=True)
def _decide(
    payout_id: UUID, decided: State, *, actor_id: UUID, reason: str, now: datetime
) -> Payout:
    if not reason.strip():
        raise PayoutReasonRequired
    payout = lock_payout(payout_id=payout_id)
    if payout is None:
        raise PayoutNotFound
    if payout.state != State.SCREENING:
        raise PayoutNotScreened
    if actor_id in {payout.person_id, payout.requested_by}:
        raise OwnPayout
    step(payout, decided, source=Source.DESK, now=now, actor_id=actor_id)
    accounts.record(
        action="payout.approved" if decided == State.APPROVED else "payout.rejected",
        object_type="payout",
        object_id=str(payout_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": State.SCREENING.value},
        after={"state": decided.value},
    )
    return payout
