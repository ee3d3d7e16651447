"""What the float paid for asking banks, against the questions that were booked with it."""

from collections.abc import Sequence

from apps.payments.models import AccountValidation
from apps.payments.reconciling.findings import Finding, Kind, Side
from apps.payments.reports import FloatLine


def compare(*, lines: Sequence[FloatLine]) -> Side:
    """Compare the lines of questions with what was booked of them; both are the float's, in paise."""
    told = [line for line in lines if line.validation_id]
    booked = {
        str(row.razorpay_id): row.cost_paise or 0
        for row in AccountValidation.objects.filter(
            razorpay_id__in={line.validation_id for line in told}, cost_paise__isnull=False
        )
    }
    side = Side(totals={"ledger": sum(booked.values()), "razorpay": _net(told)})
    taken: set[str] = set()
    for line in told:
        known = 0 if line.validation_id in taken else booked.get(line.validation_id, 0)
        if line.debit_paise and known == line.debit_paise:
            taken.add(line.validation_id)
            side.matched += 1
        else:
            side.findings.append(_unknown(line, known))
    return side


def _net(lines: Sequence[FloatLine]) -> int:
    return sum(line.debit_paise - line.credit_paise for line in lines)


def _unknown(line: FloatLine, booked_paise: int) -> Finding:
    moved = line.debit_paise or line.credit_paise
    way = "took" if line.debit_paise else "gave back"
    return Finding(
        Kind.PAYOUT_UNKNOWN,
        f"{line.validation_id}:{line.id}",
        moved,
        f"RazorpayX {way} this for asking a bank about an account; no question of ours was booked with it.",
        line.at,
        expected_paise=booked_paise,
        found_paise=moved,
    )
