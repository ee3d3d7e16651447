"""The straightforward scan whose money django-hordak moves."""

from datetime import date
from decimal import Decimal

from django.utils import timezone
from hordak.models import Account, Leg, Transaction
from moneyed import Money

from benchmarks.hordak_books.models import Purse, locked
from benchmarks.straightforward.models import Ride, Settlement
from benchmarks.straightforward.views import ExecuteView

CURRENCY = "INR"
FEES = ("cpt", "cpa", "gst")


def money(amount_paise: int) -> Money:
    """Return paise as hordak keeps money."""
    return Money(Decimal(amount_paise) / 100, CURRENCY)


def post(day: date, text: str, legs: list[tuple[Account, int]]) -> None:
    """Write one transaction; a leg above nothing credits its account."""
    written = Transaction.objects.create(date=day, description=text)
    Leg.objects.bulk_create(
        [
            Leg(
                transaction=written,
                account=account,
                **{"credit" if paise > 0 else "debit": money(abs(paise))},
            )
            for account, paise in legs
            if paise
        ]
    )


class HordakBooks:
    """A transaction a scan; the balance is the sum of all legs, as hordak has it."""

    def __init__(self, ride: Ride) -> None:
        self.payer = locked(ride.shop_id)
        self.payee = locked(ride.rider_id)

    def covers(self, amount_paise: int) -> bool:
        return bool(self.payer.get_simple_balance()[CURRENCY] >= money(amount_paise))

    def enter(self, settlement: Settlement) -> None:
        fees = {
            purse.owner_id: purse.account
            for purse in Purse.objects.select_related("account").filter(owner_id__in=FEES)
        }
        legs = [
            (self.payer, -settlement.debit_paise),
            (self.payee, settlement.reimbursement_paise),
            (fees["cpt"], settlement.cpt_fee_paise),
            (fees["cpa"], settlement.cpa_fee_paise),
            (fees["gst"], settlement.gst_paise),
        ]
        post(timezone.now().date(), f"ride {settlement.ride_id}", legs)


class HordakView(ExecuteView):
    """Settle a scanned ride in django-hordak's books."""

    books = HordakBooks
