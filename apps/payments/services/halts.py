"""Writes: what stops all payouts, and what lets them go on."""

from collections.abc import Collection
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


def note_downtime(
    *, downtime_id: str, modes: Collection[str], bank: str, down: bool, now: datetime
) -> None:
    """
    Hold back what would be paid to this bank in these ways, or let it go, as Razorpay told; "" is every bank.

    Told late that it began, a downtime that is over does not begin again.
    """
    facts = {"modes": sorted(modes), "bank": bank, "told_at": now}
    if not down:
        PayoutDowntime.objects.update_or_create(
            pk=downtime_id, defaults=facts | {"until": now, "is_over": True}
        )
        return
    until = now + BELIEVED_FOR
    row = PayoutDowntime(pk=downtime_id, **facts, until=until)
    PayoutDowntime.objects.bulk_create([row], ignore_conflicts=True)
    PayoutDowntime.objects.filter(pk=downtime_id, is_over=False).update(**facts, until=until)
