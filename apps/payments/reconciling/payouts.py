"""Payouts: the float's own statement at RazorpayX against our payouts, by Razorpay's id."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.payments.models import Payout
from apps.payments.reconciling.findings import Finding, Kind, Side
from apps.payments.reports import FloatLine

# What we were told last, and what RazorpayX booked, may be this far apart.
TOLD_WITHIN = timedelta(days=1)


def compare(*, lines: Sequence[FloatLine], since: datetime, now: datetime) -> Side:
    """Compare what left the float, and what came back to it, with our payouts."""
    side = Side()
    ours = {
        row.razorpay_id: row
        for row in Payout.objects.filter(
            razorpay_id__in={line.payout_id for line in lines if line.payout_id}
        )
    }
    sent: set[str] = set()
    for line in lines:
        finding = _of_line(line, ours.get(line.payout_id), again=line.payout_id in sent, now=now)
        if finding is not None:
            side.findings.append(finding)
        side.matched += finding is None and bool(line.payout_id)
        if line.debit_paise:
            sent.add(line.payout_id)
    paid = Payout.objects.filter(
        paid_journal_id__isnull=False,
        processed_at__gte=since,
        processed_at__lte=now - TOLD_WITHIN,
    ).order_by("pk")
    side.findings += [_missing(row) for row in paid if row.razorpay_id not in sent]
    paid_paise = sum(
        row.amount_paise + (row.fee_paise or 0)
        for row in Payout.objects.filter(paid_journal_id__isnull=False, processed_at__gte=since)
    )
    side.totals = {
        "ledger": paid_paise,
        "razorpay": sum(line.debit_paise for line in lines if line.payout_id),
    }
    return side


def _of_line(
    line: FloatLine, payout: Payout | None, *, again: bool, now: datetime
) -> Finding | None:
    if not line.payout_id:
        # Money put in, or taken out, by hand: the bank's side of it is a bank line.
        return None
    young = line.at > now - TOLD_WITHIN
    if line.debit_paise:
        if payout is None or again:
            return _unknown(line)
        if payout.paid_journal_id is None:
            return None if young else _unknown(line)
        booked = payout.amount_paise + (payout.fee_paise or 0)
        return None if line.debit_paise == booked else _another_amount(line, booked)
    returned = payout is not None and payout.returned_journal_id is not None
    return None if returned or young else _not_returned(line)


def _unknown(line: FloatLine) -> Finding:
    return Finding(
        Kind.PAYOUT_UNKNOWN,
        f"{line.payout_id}:{line.id}",
        line.debit_paise,
        f"RazorpayX paid it out (UTR {line.utr or 'none'}); no payout of ours is this one.",
        line.at,
        expected_paise=0,
        found_paise=line.debit_paise,
    )


def _another_amount(line: FloatLine, booked_paise: int) -> Finding:
    return Finding(
        Kind.PAYOUT_AMOUNT,
        line.payout_id,
        abs(line.debit_paise - booked_paise),
        "RazorpayX took another amount or fee than we booked.",
        line.at,
        expected_paise=booked_paise,
        found_paise=line.debit_paise,
    )


def _not_returned(line: FloatLine) -> Finding:
    return Finding(
        Kind.PAYOUT_MISSING,
        f"{line.payout_id}:back",
        line.credit_paise,
        "The bank sent it back to the float; our books say it was paid.",
        line.at,
        expected_paise=line.credit_paise,
        found_paise=0,
    )


def _missing(payout: Payout) -> Finding:
    assert payout.processed_at is not None
    booked = payout.amount_paise + (payout.fee_paise or 0)
    return Finding(
        Kind.PAYOUT_MISSING,
        str(payout.razorpay_id),
        booked,
        "Our books say it was paid; the float's statement does not have it.",
        payout.processed_at,
        expected_paise=booked,
        found_paise=0,
    )
