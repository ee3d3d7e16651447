"""
What asking banks cost, booked from the float's own statement: the one place where RazorpayX tells it.

The validation itself names only the amount that went to the account; the fee depends on the contract. The
whole is the platform's cost, in the zone of whoever's account it was.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.merchants import selectors as merchants
from apps.merchants.errors import UnknownZone
from apps.payments import selectors
from apps.payments.models import AccountValidation
from apps.payments.reports import FloatLine
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount

# The posting rule's own cap: more than that is no question's price, and a person looks.
MOST_PAISE = 100_00


@transaction.atomic
def book_costs(*, lines: Sequence[FloatLine], now: datetime) -> int:
    """
    Post what the lines took for questions of ours, each once; return how many were posted.

    What belongs to no question, or is not a price, is left to the reconciliation.
    """
    return sum(_book(line, now=now) for line in lines if line.validation_id and line.debit_paise)


def _book(line: FloatLine, *, now: datetime) -> bool:
    rows = AccountValidation.objects.select_for_update(no_key=True)
    row = rows.filter(razorpay_id=line.validation_id, cost_journal_id=None).first()
    if row is None or not 0 <= line.tax_paise <= line.debit_paise <= MOST_PAISE:
        return False
    zone_code = _zone_of(row)
    try:
        merchants.zone(code=zone_code)
    except UnknownZone:
        # A person may live where no zone is open yet: there are no books to post it to.
        return False

    def account(name: ZoneAccount) -> str:
        return codes.zone_account(zone_code, name)

    legs = [
        (account(ZoneAccount.PAYOUT_FEES), line.debit_paise - line.tax_paise),
        (account(ZoneAccount.GST_INPUT), line.tax_paise),
    ]
    row.cost_journal_id = wallet.post(
        kind="validation",
        reference=f"validation:{row.pk}",
        legs=[
            wallet.Leg(debit, account(ZoneAccount.PAYOUT_FLOAT), paise)
            for debit, paise in legs
            if paise
        ],
        zone_code=zone_code,
        event_at=now,
        actor_id=None,
        memo=line.validation_id,
    )
    row.cost_paise, row.cost_tax_paise = line.debit_paise, line.tax_paise
    row.save(update_fields=["cost_paise", "cost_tax_paise", "cost_journal_id"])
    return True


def _zone_of(row: AccountValidation) -> str:
    """Return in whose books the cost stands: who had no zone when the bank was asked has one once money came."""
    person_id = row.fund_account.person_id
    if row.zone_code or person_id is None:
        return row.zone_code
    return selectors.money_zone(person_id=person_id)
