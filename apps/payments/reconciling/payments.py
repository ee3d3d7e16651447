"""Payments: what Razorpay captured against what the ledger credited, and whether it was settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from apps.payments.models import Payment, SettledLine
from apps.payments.reconciling.findings import Finding, Kind, Side
from apps.payments.reports import ListedPayment
from apps.wallet.selectors import Movement

# A webhook and its worker have this long before a payment counts as credited to nobody.
CREDIT_WITHIN = timedelta(hours=1)
# Razorpay settles after two or three working days; holidays make it longer.
SETTLE_WITHIN = timedelta(days=7)


def compare(
    *,
    listed: Sequence[ListedPayment],
    credited: Mapping[str, Movement],
    given_back: Mapping[str, int],
    unknown: Sequence[str],
    since: datetime,
    now: datetime,
) -> Side:
    """
    Compare Razorpay's payments with the ledger's by payment id.

    `given_back` is what we refunded ourselves, in paise. `unknown`
    are credited payments of which Razorpay, asked one by one, knows nothing.
    """
    captured = {row.facts.id: row for row in listed if row.facts.status in {"captured", "refunded"}}
    held = set(
        SettledLine.objects.filter(state="HELD", entity_id__in=list(captured)).values_list(
            "entity_id", flat=True
        )
    )
    side = Side()
    for payment_id, row in captured.items():
        ours_back = given_back.get(payment_id, 0)
        finding = _of_payment(row, credited.get(payment_id), ours_back, now=now)
        # A settled payment that nobody was credited for is told of as such, once.
        if finding and not (finding.kind == Kind.PAYMENT_NOT_CREDITED and payment_id in held):
            side.findings.append(finding)
        side.matched += finding is None and payment_id in credited
    side.findings += [
        Finding(
            Kind.PAYMENT_UNKNOWN,
            payment_id,
            credited[payment_id].delta_paise,
            "The ledger credited it; Razorpay does not know it.",
            credited[payment_id].event_at,
            expected_paise=0,
            found_paise=credited[payment_id].delta_paise,
        )
        for payment_id in unknown
    ]
    side.findings += _not_settled(since=since, now=now)
    ours = [row.delta_paise for row in credited.values() if row.event_at >= since]
    side.totals = {
        "ledger": sum(ours),
        "razorpay": sum(row.facts.amount_paise for row in captured.values())
        - sum(row.refunded_paise for key, row in captured.items() if key not in credited),
    }
    return side


def _of_payment(
    row: ListedPayment, ours: Movement | None, ours_back_paise: int, *, now: datetime
) -> Finding | None:
    paid = row.facts
    if ours is None:
        kept_paise = paid.amount_paise - row.refunded_paise
        if not kept_paise or row.created_at > now - CREDIT_WITHIN:
            return None
        return Finding(
            Kind.PAYMENT_NOT_CREDITED,
            paid.id,
            kept_paise,
            f"Razorpay captured it for {paid.order_id or 'no order'}; no wallet was credited.",
            row.created_at,
            expected_paise=kept_paise,
            found_paise=0,
        )
    if ours.delta_paise != paid.amount_paise:
        return Finding(
            Kind.PAYMENT_AMOUNT,
            paid.id,
            abs(ours.delta_paise - paid.amount_paise),
            "The wallet was credited with another amount than Razorpay captured.",
            row.created_at,
            expected_paise=paid.amount_paise,
            found_paise=ours.delta_paise,
        )
    if row.refunded_paise != ours_back_paise:
        return Finding(
            Kind.PAYMENT_REFUNDED,
            paid.id,
            abs(row.refunded_paise - ours_back_paise),
            "Razorpay gave back another amount to the payer than the ledger has.",
            row.created_at,
            expected_paise=ours_back_paise,
            found_paise=row.refunded_paise,
        )
    return None


def _not_settled(*, since: datetime, now: datetime) -> list[Finding]:
    late = Payment.objects.filter(
        credited_at__gte=since, credited_at__lte=now - SETTLE_WITHIN
    ).exclude(pk__in=SettledLine.objects.filter(kind="PAYMENT").values("entity_id"))
    return [
        Finding(
            Kind.PAYMENT_NOT_SETTLED,
            payment.pk,
            payment.amount_paise,
            f"Captured more than {SETTLE_WITHIN.days} days ago and in no settlement.",
            payment.credited_at,
            expected_paise=payment.amount_paise,
            found_paise=0,
        )
        for payment in late.order_by("pk")
    ]
