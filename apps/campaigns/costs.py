"""What a visit can cost at most: pure functions in integer paise."""

from enum import StrEnum

from uma.kernel.gst import gst_on


class Basis(StrEnum):
    """How the ride's subsidy follows from its fare (product rule 2.3)."""

    FLAT = "flat"
    ACTUAL_CAPPED = "actual_capped"
    DEDUCTIBLE = "deductible"


def max_cost_paise(
    *, cap_paise: int, cpt_fee_paise: int, cpa_fee_paise: int, gst_bps: int, inter_state: bool
) -> int:
    """Return the most that one visit can cost the merchant: what a booking holds (rule 2.6)."""
    tax = gst_on([cpt_fee_paise, cpa_fee_paise], gst_bps=gst_bps, inter_state=inter_state)
    return cap_paise + cpt_fee_paise + cpa_fee_paise + tax.total_paise
