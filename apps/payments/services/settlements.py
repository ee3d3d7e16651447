"""
What Razorpay settles, line by line: each payment once, in its own posting, or held for a person.

A settlement is payments less what Razorpay took back (chargebacks, refunds, each a line of its own). The
ledger knows a chargeback since it was taken from the merchant, so its line posts nothing: it is
withheld from the bank legs of the payments beside it, and their clearing keeps that much.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.accounts import services as accounts
from apps.payments import reports
from apps.payments.errors import LineNotHeldForItsFee
from apps.payments.gateway import Gateway, GatewayRefused
from apps.payments.models import (
    Payment,
    PaymentDispute,
    Prepayment,
    PrepaymentRefund,
    SettledLine,
    Settlement,
    TopUp,
)
from apps.payments.reports import ReportedLine
from apps.payments.services.disputes import record_dispute
from apps.payments.services.prepaying import note_payment
from apps.payments.services.reasons import require
from apps.payments.services.top_ups import credit_payment
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.money import rupees

# Razorpay's day is India's and reports are late at times, so that days are asked for again.
OVERLAP_DAYS, FIRST_LOOK_DAYS = 3, 60
Kind, State = SettledLine.Kind, SettledLine.State


def pull_settlements(*, gateway: Gateway, now: datetime) -> int:
    """
    Read Razorpay's reports since the last one and post what is new; return how many lines came.

    Safe to repeat. Must not be inside a transaction.

    Raises:
        GatewaySilent, GatewayRefused: what was read before is kept
    """
    newest = Settlement.objects.aggregate(newest=Max("settled_at"))["newest"]
    back = timedelta(days=FIRST_LOOK_DAYS)
    if newest is not None:
        back = min(back, now - newest + timedelta(days=OVERLAP_DAYS))
    first, last = (now - back).date(), (now + timedelta(days=1)).date()
    lines = 0
    for offset in range((last - first).days + 1):
        lines += pull_day(gateway=gateway, day=first + timedelta(days=offset), now=now)
    _post_again(gateway=gateway, now=now)
    return lines


def pull_day(*, gateway: Gateway, day: date, now: datetime) -> int:
    """Read one day's report; return how many lines were new. Raises: as above."""
    batches: dict[str, list[ReportedLine]] = defaultdict(list)
    for line in reports.settled_on(gateway=gateway, day=day):
        batches[line.settlement_id].append(line)
    new = 0
    for lines in batches.values():
        known = SettledLine.objects.filter(settlement_id=lines[0].settlement_id)
        missing = {line.entity_id for line in lines} - set(
            known.values_list("entity_id", flat=True)
        )
        if missing:
            _look_up(lines, gateway=gateway, now=now)
            new += _take_in(lines, now=now)
    return new


def _post_again(*, gateway: Gateway, now: datetime) -> None:
    """Look at held lines once more: what they waited for may have come meanwhile."""
    held = SettledLine.objects.filter(state=State.HELD).exclude(held_for__in=_FOR_A_PERSON)
    for settlement_id in held.values_list("settlement_id", flat=True).distinct():
        lines = list(held.filter(settlement_id=settlement_id))
        _look_up(lines, gateway=gateway, now=now)
        with transaction.atomic(durable=True):
            _post_batch(settlement_id, now=now)


def _look_up(
    lines: Sequence[ReportedLine | SettledLine], *, gateway: Gateway, now: datetime
) -> None:
    """Ask Razorpay about payments and disputes of which its webhooks have not told."""
    payments = {line.payment_id for line in lines if line.kind == Kind.PAYMENT}
    disputes = {line.dispute_id for line in lines if line.dispute_id}
    known = Payment.objects.filter(pk__in=payments).values_list("pk", flat=True)
    ours = Prepayment.objects.filter(payment_id__in=payments, journal_id__isnull=False)
    in_advance = {found for found in ours.values_list("payment_id", flat=True) if found}
    for payment_id in sorted(payments - set(known) - in_advance):
        try:
            facts = gateway.payment(payment_id=payment_id)
        except GatewayRefused:
            continue
        if credit_payment(facts=facts, now=now) == "unknown_order":
            note_payment(facts=facts, now=now)
    settled = PaymentDispute.objects.filter(pk__in=disputes, status__in=["LOST", "WON", "CLOSED"])
    for dispute_id in sorted(disputes - set(settled.values_list("pk", flat=True))):
        try:
            record_dispute(facts=reports.dispute(gateway=gateway, dispute_id=dispute_id), now=now)
        except GatewayRefused:
            continue


@transaction.atomic(durable=True)
def _take_in(lines: Sequence[ReportedLine], *, now: datetime) -> int:
    """Keep the lines of one settlement that are new, and post what our books expect of them."""
    first = lines[0]
    settlement, _ = Settlement.objects.get_or_create(
        pk=first.settlement_id,
        defaults={"utr": first.utr, "settled_at": first.settled_at, "pulled_at": now},
    )
    rows = [
        SettledLine(
            settlement=settlement,
            kind=line.kind,
            entity_id=line.entity_id,
            payment_id=line.payment_id,
            dispute_id=line.dispute_id,
            order_id=line.order_id,
            amount_paise=line.amount_paise,
            fee_paise=line.fee_paise,
            tax_paise=line.tax_paise,
            credit_paise=line.credit_paise,
            debit_paise=line.debit_paise,
            held_for="new",
        )
        for line in lines
    ]
    before = SettledLine.objects.filter(settlement=settlement).count()
    SettledLine.objects.bulk_create(rows, ignore_conflicts=True)
    _post_batch(settlement.pk, now=now)
    return SettledLine.objects.filter(settlement=settlement).count() - before


def _post_batch(settlement_id: str, *, now: datetime) -> None:
    """Post the held lines of a settlement that agree with our books; name why the others do not."""
    held = [line for line in _lock_held(settlement_id) if line.held_for not in _FOR_A_PERSON]
    money = [line for line in held if line.credit_paise and _judged(line)]
    taken = [line for line in held if not line.credit_paise and _judged(line)]
    to_withhold = sum(line.debit_paise for line in taken)
    if to_withhold > sum(line.credit_paise for line in money):
        # Razorpay does not settle less than nothing; whatever this is, nothing of it is guessed.
        for line in taken:
            _hold(line, "deduction_uncovered")
        taken, to_withhold = [], 0
    for line in taken:
        line.state, line.held_for = State.DEDUCTED, ""
        line.save(update_fields=["state", "held_for"])
    for line in money:
        withheld = min(line.credit_paise, to_withhold)
        to_withhold -= withheld
        _post_line(line, withheld_paise=withheld, now=now)


def _lock_held(settlement_id: str) -> list[SettledLine]:
    """Return a settlement's held lines, locked: two that look at it queue, the second finds none."""
    rows = SettledLine.objects.select_for_update(no_key=True)
    return list(
        rows.filter(settlement_id=settlement_id, state=State.HELD).order_by("kind", "entity_id")
    )


def _judged(line: SettledLine) -> bool:
    """Say whether our books expect this line exactly as it is; keep the reason when they do not."""
    why_not = _why_not(line)
    if why_not:
        _hold(line, why_not)
    return not why_not


def _why_not(line: SettledLine) -> str:
    if line.kind == Kind.PAYMENT:
        return _why_not_payment(line)
    if line.dispute_id:
        dispute = PaymentDispute.objects.filter(pk=line.dispute_id).first()
        # Taken back from us, or given back to us: the ledger must have done the same.
        done = dispute and (dispute.journal_id if line.debit_paise else dispute.returned_journal_id)
        if dispute is None or not done:
            return "deduction_unknown"
        return "" if dispute.amount_paise == line.amount_paise else "deduction_unknown"
    sent = PrepaymentRefund.objects.filter(reference=line.entity_id, state="SENT").first()
    if line.kind == Kind.REFUND and sent is not None:
        return "" if sent.amount_paise == line.amount_paise else "deduction_unknown"
    if line.kind == Kind.REFUND and not Payment.objects.filter(pk=line.payment_id).exists():
        # The refund of a payment that was credited to nobody: a second one for a paid order.
        return "" if _top_up_of(line) else "deduction_unknown"
    return "deduction_unknown"


def _why_not_payment(line: SettledLine) -> str:
    if SettledLine.objects.filter(entity_id=line.entity_id, state=State.POSTED).exists():
        return "settled_twice"
    payment = Payment.objects.filter(pk=line.payment_id).first() or _in_advance(line)
    if payment is None:
        refunded = SettledLine.objects.filter(kind=Kind.REFUND, payment_id=line.payment_id)
        return "" if refunded.exists() and _top_up_of(line) else "settled_unknown"
    if (
        line.amount_paise != payment.amount_paise
        or line.credit_paise != line.amount_paise - line.fee_paise
    ):
        return "settled_amount"
    if (line.fee_paise, line.tax_paise) != (payment.fee_paise, payment.tax_paise):
        return "settled_fee"
    return ""


def _in_advance(line: SettledLine) -> Prepayment | None:
    booked = Prepayment.objects.filter(journal_id__isnull=False)
    return booked.filter(payment_id=line.payment_id).first()


# What no later look can change: a person decides.
_FOR_A_PERSON = ("settled_amount", "settled_fee", "settled_twice")


def _hold(line: SettledLine, why: str) -> None:
    line.held_for = why
    line.save(update_fields=["held_for"])


def _top_up_of(line: SettledLine) -> TopUp | None:
    """Return the top-up whose order was paid once more by this line's payment."""
    payments = SettledLine.objects.filter(kind=Kind.PAYMENT, payment_id=line.payment_id)
    orders = payments.exclude(order_id="").values_list("order_id", flat=True)
    return TopUp.objects.select_related("merchant").filter(order_id__in=list(orders)).first()


def _zone_of(line: SettledLine) -> str:
    """Return the zone whose clearing account this line clears."""
    if (in_advance := _in_advance(line)) is not None:
        return in_advance.zone_code
    payment = Payment.objects.select_related("top_up__merchant").filter(pk=line.payment_id).first()
    if payment is None and line.dispute_id:
        payment = PaymentDispute.objects.get(pk=line.dispute_id).payment
    top_up = payment.top_up if payment else _top_up_of(line)
    assert top_up is not None, "a line is posted when its payment is known"
    return top_up.merchant.zone_id


def _post_line(line: SettledLine, *, withheld_paise: int, now: datetime) -> None:
    """Post one line: what reached the bank, the fee, and the tax on it, against the clearing account."""
    zone = _zone_of(line)
    clearing = codes.zone_account(zone, ZoneAccount.PG_CLEARING)
    parts = (
        (ZoneAccount.BANK_NODAL, line.credit_paise - withheld_paise),
        (ZoneAccount.PG_FEES, line.fee_paise - line.tax_paise),
        (ZoneAccount.GST_INPUT, line.tax_paise),
    )
    legs = [
        wallet.Leg(codes.zone_account(zone, account), clearing, paise)
        for account, paise in parts
        if paise
    ]
    line.withheld_paise, line.held_for = withheld_paise, ""
    line.state = State.POSTED if legs else State.DEDUCTED
    if legs:
        line.journal_id = wallet.post(
            kind="settlement",
            reference=f"settlement:{line.entity_id}",
            legs=legs,
            zone_code=zone,
            event_at=now,
            actor_id=None,
            memo=line.settlement_id,
        )
    line.save(update_fields=["withheld_paise", "held_for", "state", "journal_id"])


@transaction.atomic(durable=True)
def accept_settled_fee(*, line_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Post a payment's settlement with the fee that Razorpay took, which is not the one it had told.

    Raises:
        LineNotHeldForItsFee, DeskReasonRequired
    """
    require(reason)
    line = SettledLine.objects.select_for_update(no_key=True).filter(pk=line_id).first()
    if line is None or line.held_for != "settled_fee":
        raise LineNotHeldForItsFee
    _post_line(line, withheld_paise=0, now=now)
    accounts.record(
        action="settlement.fee-accepted",
        object_type="settled-line",
        object_id=str(line.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": "HELD"},
        after={"state": line.state, "fee": rupees(line.fee_paise), "payment": line.entity_id},
    )
