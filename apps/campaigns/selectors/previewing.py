"""What terms would cost and which rules they break, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.campaigns.costs import max_cost_paise
from apps.campaigns.errors import TermsInvalid
from apps.campaigns.selectors.owned import fees
from apps.campaigns.terms import Terms, check
from apps.merchants import selectors as merchants


@dataclass(frozen=True, slots=True)
class Preview:
    """
    The most that a visit, and all of them, can cost; in paise.

    `exposure_paise` is None without seats and budget: no limit but the wallet. `broken` names each
    term that breaks a rule, and the rule. `reviewed`: an operator looks at it before it is sold.
    """

    max_cost_paise: int
    exposure_paise: int | None
    broken: Mapping[str, str]
    reviewed: bool


def broken_of(refusal: TermsInvalid) -> dict[str, str]:
    """Return the terms that a refusal names, each with its rule."""
    errors = refusal.extra.get("errors", [])
    assert isinstance(errors, list)
    return {str(error["pointer"]): str(error["detail"]) for error in errors}


def preview(*, merchant_id: UUID, wanted: Terms, now: datetime) -> Preview:
    """
    Return what the terms would cost under the fees in force now.

    Raises:
        UnknownMerchant, FeesNotSet
    """
    merchant = merchants.merchant(merchant_id=merchant_id)
    standing = fees(zone_code=merchant.zone_id, at=now)
    inter_state = merchant.zone.platform_state_code != merchant.state_code
    cost_paise = max_cost_paise(
        cap_paise=wanted.cap_paise,
        cpt_fee_paise=standing.cpt_fee_paise,
        cpa_fee_paise=standing.cpa_fee_paise if wanted.cpa_enabled else 0,
        gst_bps=standing.gst_bps,
        inter_state=inter_state,
    )
    limits = [] if wanted.budget_paise is None else [wanted.budget_paise]
    if wanted.seats is not None:
        limits.append(wanted.seats * cost_paise)
    broken: dict[str, str] = {}
    try:
        check(
            wanted,
            cpt_fee_paise=standing.cpt_fee_paise,
            cpa_fee_paise=standing.cpa_fee_paise,
            gst_bps=standing.gst_bps,
            inter_state=inter_state,
        )
    except TermsInvalid as refusal:
        broken = broken_of(refusal)
    beyond = (
        wanted.cap_paise > standing.standing_cap_paise
        or (wanted.budget_paise or 0) > standing.standing_budget_paise
    )
    return Preview(cost_paise, min(limits, default=None), broken, beyond)
