"""What merchants are sold, posted straight to the ledger, and counted beside it by hand."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from apps.campaigns.pricing import Gst, gst_on
from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.gateway import PaymentFacts
from apps.payments.models import Seller, TopUp
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.services import Leg
from tests.merchants.making import make_merchant, make_outlet, make_zone
from uma.kernel.gstin import check_digit
from uma.kernel.ids import new_id
from uma.kernel.zones import month_of

CPT_PAISE, CPA_PAISE, GST_BPS = 20_00, 50_00, 18_00
INDIA = "Asia/Kolkata"
KARNATAKA, MAHARASHTRA = "29", "27"


def gstin(state: str = KARNATAKA, serial: int = 1) -> str:
    first = f"{state}AAACU{serial:04d}K1Z"
    return first + check_digit(first)


def make_seller(zone_code: str = "MNP", *, since: datetime, series: str = "MNP") -> Seller:
    zone = make_zone(zone_code)
    return services.set_seller(
        zone_code=zone_code,
        legal_name="UMA Platforms Private Limited",
        address="4 Tiger Circle Road, Manipal 576104",
        gstin=gstin(zone.platform_state_code),
        series=series,
        effective_from=since,
        actor_id=None,
        now=since,
    )


def make_paid_top_up(merchant: Merchant, *, now: datetime, amount_paise: int = 500_00) -> UUID:
    """Return a top-up that was paid, as a webhook would have told."""
    begun = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=amount_paise, actor_id=uuid4(), key=None, now=now
    )
    order_id = f"order_{uuid4().hex[:14]}"
    TopUp.objects.filter(pk=begun.top_up.pk).update(order_id=order_id, state="OPEN")
    facts = PaymentFacts(
        f"pay_{uuid4().hex[:14]}", order_id, amount_paise, "INR", "captured", "upi", 11_80, 1_80
    )
    assert services.credit_payment(facts=facts, now=now) == "credited"
    return begun.top_up.pk


@dataclass(frozen=True)
class Sale:
    """One journal that earned something, as it was posted."""

    merchant: Merchant
    journal_id: UUID
    zone_code: str
    legs: tuple[Leg, ...]
    income: dict[str, int]
    at: datetime


@dataclass
class Market:
    """Posts sales and returns, and keeps books of its own: income and tax by merchant and month."""

    books: dict[tuple[UUID, date], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def visit(
        self,
        merchant: Merchant,
        rider_id: UUID,
        *,
        at: datetime,
        fare_paise: int = 150_00,
        is_new: bool = False,
        cpt_paise: int = CPT_PAISE,
    ) -> Sale:
        """Post a visit as a scan does: from a hold, with what is left released."""
        cpa_paise = CPA_PAISE if is_new else 0
        tax = gst_on([cpt_paise, cpa_paise], gst_bps=GST_BPS, inter_state=_abroad(merchant))
        income = {"cpt": cpt_paise, "cpa": cpa_paise, **_taxes(tax)}
        hold_id, zone = new_id(), merchant.zone_id
        held_paise = fare_paise + sum(income.values())
        wallet.place_hold(
            hold_id=hold_id,
            merchant_id=merchant.pk,
            amount_paise=held_paise,
            zone_code=zone,
            reference=f"hold:{hold_id}",
            event_at=at,
            actor_id=None,
        )
        held = codes.merchant_held(merchant.pk)
        legs = [Leg(held, codes.rider_wallet(rider_id), fare_paise)] if fare_paise else []
        legs += _legs(held, zone, income)
        return self._sell("handshake", merchant, legs, income, at=at, hold_id=hold_id)

    def sell(self, kind: str, merchant: Merchant, price_paise: int, *, at: datetime) -> Sale:
        """Post a boost or a plan, paid from the wallet."""
        tax = gst_on([price_paise], gst_bps=GST_BPS, inter_state=_abroad(merchant))
        income = {kind: price_paise, **_taxes(tax)}
        legs = _legs(codes.merchant_wallet(merchant.pk), merchant.zone_id, income)
        return self._sell(kind, merchant, legs, income, at=at)

    def _sell(
        self,
        kind: str,
        merchant: Merchant,
        legs: list[Leg],
        income: dict[str, int],
        *,
        at: datetime,
        hold_id: UUID | None = None,
    ) -> Sale:
        journal_id = wallet.post(
            kind=kind,
            reference=f"{kind}:{new_id()}",
            legs=legs,
            zone_code=merchant.zone_id,
            event_at=at,
            actor_id=None,
            hold_id=hold_id,
        )
        self._book(merchant, income, at, 1)
        return Sale(merchant, journal_id, merchant.zone_id, tuple(legs), income, at)

    def reverse(self, sale: Sale, *, at: datetime) -> UUID:
        """Post the reversal of a whole visit: reimbursement, fees and tax."""
        back = codes.merchant_wallet(sale.merchant.pk)
        legs = [Leg(leg.credit, back, leg.amount_paise) for leg in sale.legs]
        self._book(sale.merchant, sale.income, at, -1)
        return self._post_back("handshake_reversal", sale, legs, at=at)

    def return_fare(self, sale: Sale, paise: int, *, at: datetime) -> UUID:
        """Post the return of a part of the reimbursement alone; nothing that was sold comes back."""
        leg = Leg(sale.legs[0].credit, codes.merchant_wallet(sale.merchant.pk), paise)
        return self._post_back("handshake_reversal", sale, [leg], at=at)

    def refund(self, sale: Sale, kind: str, paise: int, *, at: datetime) -> UUID:
        """Post the return of the unused part of a boost or a plan, with its tax."""
        tax = gst_on([paise], gst_bps=GST_BPS, inter_state=_abroad(sale.merchant))
        income = {kind: paise, **_taxes(tax)}
        back = codes.merchant_wallet(sale.merchant.pk)
        legs = [
            Leg(codes.zone_account(sale.zone_code, name), back, amount)
            for name, amount in income.items()
            if amount
        ]
        self._book(sale.merchant, income, at, -1)
        return self._post_back(f"{kind}_refund", sale, legs, at=at)

    def _post_back(self, kind: str, sale: Sale, legs: list[Leg], *, at: datetime) -> UUID:
        return wallet.post(
            kind=kind,
            reference=f"{kind}:{new_id()}",
            legs=legs,
            zone_code=sale.zone_code,
            event_at=at,
            actor_id=None,
            reverses=sale.journal_id,
        )

    def _book(self, merchant: Merchant, income: dict[str, int], at: datetime, sign: int) -> None:
        book = self.books[merchant.pk, month_of(at, INDIA)]
        for name, paise in income.items():
            book[name] += sign * paise


def make_buyer(
    brand: str = "Corner Café", *, state: str = KARNATAKA, zone: str = "MNP", now: datetime
) -> Merchant:
    merchant = make_merchant(brand, zone=zone, state_code=state, funds_paise=50_00_000_00, now=now)
    make_outlet(merchant, now=now)
    return merchant


def _abroad(merchant: Merchant) -> bool:
    return merchant.state_code != merchant.zone.platform_state_code


def _taxes(tax: Gst) -> dict[str, int]:
    return {"gst_cgst": tax.cgst_paise, "gst_sgst": tax.sgst_paise, "gst_igst": tax.igst_paise}


def _legs(purse: str, zone: str, income: dict[str, int]) -> list[Leg]:
    return [
        Leg(purse, codes.zone_account(zone, name), paise) for name, paise in income.items() if paise
    ]
