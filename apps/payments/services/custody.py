"""
Do we hold what we owe: the bank's closing balance against the ledger, and custody against liabilities.

What the bank holds must be what the ledger says, but for money on its way and what operators have
explained. If not, or if custody is short, payouts stop until an operator lets them go on.
"""

from datetime import date, datetime
from logging import getLogger

from django.db import transaction
from django.db.models import Sum

from apps.payments.models import BankLine, BankStatement, CustodyCheck, ReconException
from apps.payments.reconciling import bank
from apps.payments.services.halts import halt_payouts
from apps.wallet import selectors as ledger

logger = getLogger(__name__)

# One halt stands for each reason, however often the check finds it again.
BANK_DIFFERS = "The bank's balance is not what the ledger says (custody check)"
CUSTODY_SHORT = "Less is in custody than is owed to others (custody check)"


@transaction.atomic(durable=True)
def check_custody(*, now: datetime) -> CustodyCheck:
    """Compare bank, ledger and liabilities, keep the result, and halt payouts when it is not whole."""
    movements = ledger.movements(account_kind="bank_nodal")
    side = bank.compare(movements=movements)
    ledger_paise = sum(row.delta_paise for row in movements)
    explained_paise = _explained_paise()
    closing = _closing()
    difference_paise = 0
    if closing is not None:
        expected_paise = ledger_paise + side.in_transit_paise + explained_paise
        difference_paise = closing[1] - expected_paise
    custody = ledger.custody()
    shortfall = custody.shortfall()[:300]
    whole = difference_paise == 0 and not shortfall
    check = CustodyCheck.objects.create(
        checked_at=now,
        closes_on=closing[0] if closing else None,
        bank_paise=closing[1] if closing else None,
        ledger_paise=ledger_paise,
        in_transit_paise=side.in_transit_paise,
        explained_paise=explained_paise,
        difference_paise=difference_paise,
        held_paise=custody.held_paise,
        owed_paise=custody.owed_paise,
        shortfall=shortfall,
        whole=whole,
        halted=not whole,
    )
    if difference_paise:
        _alarm(BANK_DIFFERS, "bank", difference_paise, now=now)
    if shortfall:
        _alarm(CUSTODY_SHORT, "custody", None, now=now)
    return check


def _explained_paise() -> int:
    """Return by how much the bank differs from the ledger for reasons that operators have given."""
    told = ReconException.objects.filter(standing=True).exclude(state=ReconException.State.OPEN)
    found: int | None = told.aggregate(total=Sum("bank_effect_paise"))["total"]
    return found or 0


def _closing() -> tuple[date, int] | None:
    """Return the newest closing balance, brought up to the newest line."""
    newest = (
        BankStatement.objects.filter(closing_paise__isnull=False)
        .order_by("-closes_on", "-uploaded_at", "-pk")
        .first()
    )
    if newest is None or newest.closing_paise is None or newest.closes_on is None:
        return None
    later = BankLine.objects.filter(booked_on__gt=newest.closes_on)
    return newest.closes_on, newest.closing_paise + sum(line.signed_paise for line in later)


def _alarm(reason: str, what: str, difference_paise: int | None, *, now: datetime) -> None:
    logger.critical(
        "custody is not whole, payouts are halted",
        extra={"check": what, "difference": difference_paise},
    )
    halt_payouts(reason=reason, actor_id=None, now=now)
