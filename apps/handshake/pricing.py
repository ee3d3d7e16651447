"""What a visit costs and who gets it: pure functions from a booking's own terms to ledger legs."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.campaigns.pricing import Basis, gst_on
from apps.wallet import codes
from apps.wallet.services import Leg


class Subsidy(Protocol):
    """What of a ride a booking pays, in paise: its own terms, and the fare once it is told."""

    @property
    def basis(self) -> str: ...
    @property
    def cap_paise(self) -> int: ...
    @property
    def deductible_paise(self) -> int: ...
    @property
    def fare_paise(self) -> int | None: ...


class Terms(Subsidy, Protocol):
    """The terms a booking was sold under, in paise; never the campaign's terms of today."""

    @property
    def merchant_id(self) -> UUID: ...
    @property
    def rider_id(self) -> UUID: ...
    @property
    def zone_code(self) -> str: ...
    @property
    def cpt_fee_paise(self) -> int: ...
    @property
    def cpa_fee_paise(self) -> int: ...
    @property
    def gst_bps(self) -> int: ...
    @property
    def inter_state(self) -> bool: ...
    @property
    def max_cost_paise(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one hold is spent, in paise: the legs sum to the hold, the parts to the merchant's debit."""

    legs: list[Leg]
    reimbursement_paise: int
    cpt_fee_paise: int
    cpa_fee_paise: int
    gst_paise: int
    released_paise: int

    @property
    def merchant_debit_paise(self) -> int:
        return self.reimbursement_paise + self.cpt_fee_paise + self.cpa_fee_paise + self.gst_paise


def fare_is_owed(terms: Subsidy) -> bool:
    """Say whether the reimbursement depends on a fare that has not arrived."""
    return terms.basis != Basis.FLAT and terms.fare_paise is None


def reimbursement_paise(terms: Subsidy) -> int:
    """
    Return what the rider gets back, by the deal's shape (product rules 1.1, 2.3).

    `flat` is the cap; `actual_capped` the fare up to the cap; `deductible` the fare above what the rider
    pays first, up to the cap. While the fare is unknown the cap stands, and the caller parks it.
    """
    if terms.basis == Basis.FLAT or terms.fare_paise is None:
        return terms.cap_paise
    first = terms.deductible_paise if terms.basis == Basis.DEDUCTIBLE else 0
    return min(max(terms.fare_paise - first, 0), terms.cap_paise)


def settlement(terms: Terms, *, is_new: bool, parked: bool) -> Settlement:
    """Return how the hold is spent when the customer is new to the merchant, or is not."""
    cpa_paise = terms.cpa_fee_paise if is_new else 0
    tax = gst_on(
        [terms.cpt_fee_paise, cpa_paise], gst_bps=terms.gst_bps, inter_state=terms.inter_state
    )
    back_paise = reimbursement_paise(terms)
    released_paise = (
        terms.max_cost_paise - back_paise - terms.cpt_fee_paise - cpa_paise - tax.total_paise
    )
    assert released_paise >= 0, "a booking holds the most that its visit can cost"
    held = codes.merchant_held(terms.merchant_id)
    rider = codes.rider_parked if parked else codes.rider_wallet
    shares = [
        (rider(terms.rider_id), back_paise),
        (codes.zone_account(terms.zone_code, "cpt"), terms.cpt_fee_paise),
        (codes.zone_account(terms.zone_code, "cpa"), cpa_paise),
        (codes.zone_account(terms.zone_code, "gst_cgst"), tax.cgst_paise),
        (codes.zone_account(terms.zone_code, "gst_sgst"), tax.sgst_paise),
        (codes.zone_account(terms.zone_code, "gst_igst"), tax.igst_paise),
        (codes.merchant_released(terms.merchant_id), released_paise),
    ]
    return Settlement(
        legs=[Leg(held, credit, paise) for credit, paise in shares if paise],
        reimbursement_paise=back_paise,
        cpt_fee_paise=terms.cpt_fee_paise,
        cpa_fee_paise=cpa_paise,
        gst_paise=tax.total_paise,
        released_paise=released_paise,
    )
