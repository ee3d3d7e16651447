"""Writes: what stops all payouts, and what lets them go on."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments.errors import PayoutReasonRequired, PayoutsNotHalted
from apps.payments.models import PayoutDowntime, PayoutHalt

OBJECT = "payouts"
# A lost "resolved" must not hold payouts back for ever; a longer downtime is told of again, and what is sent
# all the same waits at Razorpay.
BELIEVED_FOR = timedelta(hours=2)


@transaction.atomic
def halt_payouts(*, reason: str, actor_id: UUID | None, now: datetime) -> None:
    """
    Submit no payout from this transaction's commit on; the same reason again changes nothing.

    Requests are taken and their money is set aside; they wait. `actor_id` is None for the platform's own
    checks.

    Raises:
        PayoutReasonRequired
    """
    if not reason.strip():
        raise PayoutReasonRequired
    made = PayoutHalt(reason=reason[:200], halted_by=actor_id, halted_at=now)
    # Two checks that find the same at once: the unique reason lets one row in and neither fail.
    PayoutHalt.objects.bulk_create([made], ignore_conflicts=True)
    if not PayoutHalt.objects.filter(pk=made.pk).exists():
        return
    accounts.record(
        action="payouts.halted",
        object_type="payouts",
        object_id=OBJECT,
        actor_id=actor_id,
        at=now,
        reason=made.reason,
        before={"halted": False},
        after={"halted": True},
    )


@transaction.atomic
def resume_payouts(*, reason: str, actor_id: UUID | None, now: datetime) -> None:
    """
    Let payouts go on, whatever they were stopped for.

    Raises:
        PayoutReasonRequired, PayoutsNotHalted
    """
    if not reason.strip():
        raise PayoutReasonRequired
    lifted = PayoutHalt.objects.filter(lifted_at=None).update(
        lifted_at=now, lifted_by=actor_id, lifted_because=reason[:500]
    )
    if not lifted:
        raise PayoutsNotHalted
    accounts.record(
        action="payouts.resumed",
        object_type="payouts",
        object_id=OBJECT,
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"halted": True},
        after={"halted": False},
    )


def note_downtime(*, mode: str, down: bool, now: datetime) -> None:
    """Hold back what would be paid in this way, or let it go: Razorpay told that its banks are down or up."""
    until = now + BELIEVED_FOR if down else now
    PayoutDowntime.objects.update_or_create(mode=mode, defaults={"told_at": now, "until": until})
