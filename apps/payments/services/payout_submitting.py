"""
Sending a payout: claimed by a lease, asked for, recorded; three steps, the call in none of their transactions.

From the claim on Razorpay may have the payout. So whoever takes it up again looks for it first, asks again
under the same key only, and gives the money back only when Razorpay refused and nothing older can still
arrive.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.payments import selectors
from apps.payments.gateway import Gateway, GatewayRefused, GatewaySilent
from apps.payments.machine import TO_SUBMIT, State
from apps.payments.models import Payout
from apps.payments.razorpayx import Order, PayoutFacts, RazorpayX, razorpayx
from apps.payments.services.payout_answers import record_answer
from apps.payments.services.payout_steps import LEASE, LONGEST_PAUSE, Source, lock_payout, step
from apps.payments.services.razorpay_accounts import known_to

logger = logging.getLogger(__name__)

# How long a request that nobody answered may still be under way to Razorpay, with a wide margin.
SETTLES = timedelta(minutes=15)
# Its word about the payout; every other status is about us, and no reason to send money back.
_ABOUT_THE_PAYOUT = frozenset({400, 422})
_OURS = frozenset({"account_number"})
_PURPOSES = {
    Payout.Kind.WITHDRAWAL: ("cashback", "UMA cashback"),
    Payout.Kind.REFUND: ("refund", "UMA unused balance"),
}


class Held(Exception):
    """Nothing may be sent now, and Razorpay does not know the payout."""


def submit_next(*, gateway: Gateway, now: datetime) -> str | None:
    """
    Send the payout that waits longest; return what became of it, None when none is due.

    What `record_answer` says, or `silent` (nobody knows; looked up later), `refused` (the money is back),
    `waits`. Must not be inside a transaction.
    """
    claimed = _claim(now=now)
    if claimed is None:
        return None
    payout, earlier = claimed
    try:
        facts = _found_or_sent(payout, razorpayx(gateway), now=now)
    except GatewaySilent:
        _postpone(payout, "gateway_silent", until=now + _pause(payout))
        return "silent"
    except Held:
        _postpone(payout, "halted", until=now + _pause(payout))
        return "waits"
    except GatewayRefused as refusal:
        return _refused(payout, refusal, earlier=earlier, now=now)
    return record_answer(payout_id=payout.pk, facts=facts, source=Source.ANSWER, now=now)


@transaction.atomic(durable=True)
def _claim(*, now: datetime) -> tuple[Payout, datetime | None] | None:
    """Take the oldest payout that is due and say when it was taken before, if ever."""
    waiting = Q(state=State.APPROVED) & ~selectors.waiting_for(selectors.banks_down(now=now))
    if selectors.payouts_halted():
        waiting = Q(pk=None)
    # What may be at Razorpay is looked for, halted or not.
    payout = (
        Payout.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("fund_account")
        .filter(waiting | Q(state=State.SUBMITTING), state__in=TO_SUBMIT, next_look_at__lte=now)
        .order_by("created_at", "pk")
        .first()
    )
    if payout is None:
        return None
    earlier = payout.claimed_at
    payout.attempts, payout.claimed_at = payout.attempts + 1, now
    if payout.state == State.APPROVED:
        payout.submitted_at = now
        step(payout, State.SUBMITTING, source=Source.RULE, now=now)
    else:
        payout.next_look_at = now + LEASE
        payout.save(update_fields=["attempts", "claimed_at", "next_look_at"])
    return payout, earlier


def _found_or_sent(payout: Payout, x: RazorpayX, *, now: datetime) -> PayoutFacts:
    if payout.attempts > 1:
        found = x.payout_with_reference(reference=payout.reference)
        if found is not None:
            return found
        if selectors.payouts_halted() or selectors.waits_for(payout, selectors.banks_down(now=now)):
            raise Held
    purpose, narration = _PURPOSES[Payout.Kind(payout.kind)]
    return x.send(
        Order(
            key=str(payout.pk),
            reference=payout.reference,
            fund_account_id=known_to(x, payout.fund_account),
            amount_paise=payout.amount_paise,
            mode=payout.mode,
            purpose=purpose,
            narration=narration,
        )
    )


def _refused(
    payout: Payout, refusal: GatewayRefused, *, earlier: datetime | None, now: datetime
) -> str:
    """Give the money back, once nothing that was asked before can still be carried out."""
    if refusal.status not in _ABOUT_THE_PAYOUT or refusal.field in _OURS:
        logger.error("Razorpay refuses us", extra={"status": refusal.status})
        _postpone(payout, "refuses_us", until=now + LONGEST_PAUSE)
        return "waits"
    if earlier is not None and now < earlier + SETTLES:
        _postpone(payout, refusal.reason, until=earlier + SETTLES)
        return "waits"
    with transaction.atomic(durable=True):
        locked = lock_payout(payout_id=payout.pk)
        # Only while the lease is ours: a worker that was frozen past it gives nothing back.
        if locked is None or (locked.state, locked.attempts) != (
            State.SUBMITTING,
            payout.attempts,
        ):
            return "waits"
        step(locked, State.FAILED, source=Source.ANSWER, now=now, note=refusal.reason)
    return "refused"


def _postpone(payout: Payout, reason: str, *, until: datetime) -> None:
    mine = Payout.objects.filter(pk=payout.pk, state=State.SUBMITTING, attempts=payout.attempts)
    mine.update(next_look_at=until, failure_reason=reason[:64])


def _pause(payout: Payout) -> timedelta:
    exponent = min(payout.attempts, 10)
    return min(timedelta(seconds=15 * 2**exponent), LONGEST_PAUSE)
