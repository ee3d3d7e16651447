"""
What Razorpay's API says of a payout, believed: from the submission, a look, or after an event.

An event only says where to look. Whoever brings the answer, and however often, it is applied by the same
rule: forward along the arrows, or not at all.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments.errors import PayoutNotFound
from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent
from apps.payments.machine import RETURNED, TO_LOOK_AT, State, may_become
from apps.payments.models import Payout
from apps.payments.razorpayx import PayoutFacts, razorpayx
from apps.payments.services.halts import halt_payouts
from apps.payments.services.payout_steps import LEASE, Source, lock_payout, next_look, step

logger = logging.getLogger(__name__)

# Money that went back can have been sent only by a fault: then no more is sent until somebody looked.
_GIVEN_BACK = frozenset({State.FAILED, State.CANCELLED, State.REJECTED})


def record_answer(*, payout_id: UUID, facts: PayoutFacts, source: str, now: datetime) -> str:
    """
    Apply what Razorpay's API said of a payout; return what became of it.

    The new state's name, or `unchanged`, `old_news`, `differs` (not what we asked for),
    `sent_after_return` (payouts are halted), `unknown_payout`.
    """
    with transaction.atomic(durable=True):
        payout = lock_payout(payout_id=payout_id)
        if payout is None:
            return "unknown_payout"
        before = State(payout.state)
        if _differs(payout, facts):
            _look_later(payout, now=now)
            return "differs"
        if may_become(before, facts.state):
            step(payout, facts.state, source=source, now=now, facts=facts)
            return facts.state.value
        if before in _GIVEN_BACK and _was_sent(payout, facts):
            halt_payouts(reason=f"{payout} went back and was sent", actor_id=None, now=now)
            return "sent_after_return"
        _look_later(payout, now=now)
        return "unchanged" if before == facts.state else "old_news"


def look_at_payouts(*, gateway: Gateway, now: datetime, limit: int) -> int:
    """
    Ask Razorpay about payouts whose news nobody brought, the longest due first; return how many.

    Fewer than `limit` means that nothing is left, or that Razorpay does not answer. Must not be inside a
    transaction.
    """
    with transaction.atomic(durable=True):
        due = list(
            Payout.objects.filter(state__in=TO_LOOK_AT, next_look_at__lte=now)
            .order_by("next_look_at")
            .values_list("pk", "razorpay_id")[:limit]
        )
    for number, (payout_id, razorpay_id) in enumerate(due):
        # First the next look, then the call: a payout that fails every time blocks no other.
        with transaction.atomic(durable=True):
            payout = lock_payout(payout_id=payout_id)
            assert payout is not None, "payouts are never deleted"
            _look_later(payout, now=now)
        try:
            facts = razorpayx(gateway).payout(payout_id=razorpay_id or "")
        except GatewaySilent:
            return number + 1
        except GatewayRefused:
            continue
        record_answer(payout_id=payout_id, facts=facts, source=Source.ANSWER, now=now)
    return len(due)


@transaction.atomic(durable=True)
def ask_again(*, payout_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Have Razorpay asked about a payout as soon as the job runs; nothing is sent that was not sent before.

    Raises:
        PayoutNotFound
    """
    payout = lock_payout(payout_id=payout_id)
    if payout is None:
        raise PayoutNotFound
    if payout.state == State.SUBMITTING:
        # Not before the worker that holds it is certainly gone.
        assert payout.claimed_at is not None
        payout.next_look_at = max(now, payout.claimed_at + LEASE)
    elif payout.state in TO_LOOK_AT:
        payout.next_look_at = now
    payout.save(update_fields=["next_look_at"])
    accounts.record(
        action="payout.asked-again",
        object_type="payout",
        object_id=str(payout_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"state": payout.state},
    )


def _differs(payout: Payout, facts: PayoutFacts) -> bool:
    """Say whether this is another payout than ours, or one that cannot be booked."""
    other = (
        (payout.razorpay_id or facts.id) != facts.id
        or facts.reference != payout.reference
        or facts.amount_paise != payout.amount_paise
        or not 0 <= facts.tax_paise <= facts.fee_paise
    )
    if other:
        logger.error("a payout is not what was asked for", extra={"row": str(payout.pk)})
    return other


def _was_sent(payout: Payout, facts: PayoutFacts) -> bool:
    """Say whether money is on its way that is back in the payee's wallet, and not merely old news."""
    if facts.state in RETURNED:
        return False
    return facts.state == State.PROCESSED or payout.razorpay_id != facts.id


def _look_later(payout: Payout, *, now: datetime) -> None:
    # A claim's lease is its worker's; all else is looked at again in its own time.
    if payout.state in TO_LOOK_AT:
        payout.next_look_at = next_look(payout, now=now)
        payout.save(update_fields=["next_look_at"])
