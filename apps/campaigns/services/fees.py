"""Setting a zone's fees from an instant on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.campaigns.errors import TermsInvalid
from apps.campaigns.models import FeeSchedule
from apps.merchants import selectors as merchants
from uma.kernel.money import BPS

# The constants of the product description; every zone may have its own.
CPT_FEE_PAISE, CPA_FEE_PAISE, GST_BPS = 20_00, 50_00, 18_00
BOOST_WEEK_PAISE, BOOST_SLOTS, MOST_BOOST_SLOTS = 500_00, 3, 20
LEAST_BOOST_PAISE = 1_00
STANDING_CAP_PAISE, STANDING_BUDGET_PAISE = 500_00, 1_00_000_00


@transaction.atomic
def set_fees(
    *,
    zone_code: str,
    effective_from: datetime,
    actor_id: UUID | None,
    now: datetime,
    cpt_fee_paise: int = CPT_FEE_PAISE,
    cpa_fee_paise: int = CPA_FEE_PAISE,
    gst_bps: int = GST_BPS,
    standing_cap_paise: int = STANDING_CAP_PAISE,
    standing_budget_paise: int = STANDING_BUDGET_PAISE,
    boost_week_paise: int = BOOST_WEEK_PAISE,
    boost_slots: int = BOOST_SLOTS,
    reason: str = "",
) -> FeeSchedule:
    """
    Set what new campaigns of a zone pay from `effective_from` on; older campaigns keep their fees.

    Raises:
        UnknownZone, TermsInvalid
    """
    merchants.zone(code=zone_code)
    if min(cpt_fee_paise, cpa_fee_paise, gst_bps, standing_cap_paise, standing_budget_paise) < 0:
        raise TermsInvalid("Fees and limits are not negative.")
    if gst_bps > BPS or gst_bps % 2:
        raise TermsInvalid("The GST rate splits into two equal halves and is at most 100 %.")
    if boost_week_paise < LEAST_BOOST_PAISE or not 0 <= boost_slots <= MOST_BOOST_SLOTS:
        raise TermsInvalid("A boost costs a rupee or more, and a tile has at most 20 slots.")
    until_now = (
        FeeSchedule.objects.filter(zone_id=zone_code, effective_from__lte=effective_from)
        .order_by("-effective_from")
        .first()
    )
    schedule = FeeSchedule.objects.create(
        zone_id=zone_code,
        effective_from=effective_from,
        cpt_fee_paise=cpt_fee_paise,
        cpa_fee_paise=cpa_fee_paise,
        gst_bps=gst_bps,
        standing_cap_paise=standing_cap_paise,
        standing_budget_paise=standing_budget_paise,
        boost_week_paise=boost_week_paise,
        boost_slots=boost_slots,
    )
    accounts.record(
        action="fees.set",
        object_type="zone",
        object_id=zone_code,
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=_told(until_now) if until_now else None,
        after=_told(schedule),
    )
    return schedule


def _told(fees: FeeSchedule) -> dict[str, object]:
    return {
        "effective_from": fees.effective_from.isoformat(),
        "cpt_fee_paise": fees.cpt_fee_paise,
        "cpa_fee_paise": fees.cpa_fee_paise,
        "gst_bps": fees.gst_bps,
        "boost_week_paise": fees.boost_week_paise,
        "boost_slots": fees.boost_slots,
    }
