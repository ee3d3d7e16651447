"""What a scan needs to know about a booking, brought by one query."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uma.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class ScannedBooking:
    """
    A booking's own terms (paise, bps) beside the facts of today that a scan is judged by.

    `staff_role` is the scanner's role at the booking's merchant, `None` for everybody else;
    `staff_outlet_ids` is empty for somebody who works at every outlet. `rider_is_staff` says that the
    rider works for this merchant.
    """

    id: UUID
    ref: str
    state: str
    booked_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    rider_id: UUID
    merchant_id: UUID
    outlet_id: UUID
    campaign_id: UUID
    revision: int
    zone_code: str
    timezone: str
    merchant_name: str
    title: str
    discount_bps: int
    basis: str
    cap_paise: int
    deductible_paise: int
    cpt_fee_paise: int
    cpa_fee_paise: int
    gst_bps: int
    inter_state: bool
    max_cost_paise: int
    static_qr: bool
    geofence_policy: str
    merchant_status: str
    outlet_status: str
    outlet_location: Point
    outlet_radius_m: int
    staff_role: str | None
    staff_outlet_ids: tuple[UUID, ...]
    rider_is_staff: bool
