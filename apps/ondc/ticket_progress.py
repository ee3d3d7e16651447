"""
How far an order of tickets is: forward only, as for rides, without anybody who drives.

An order that is complete was travelled; nothing leads out of it, nor out of a cancellation. One that is being
cancelled is neither: its tickets stay good until its seller decides. Pure functions over a locked order.
"""

from datetime import datetime

from apps.ondc.messages import OrderTold
from apps.ondc.models import RideOrder
from apps.ondc.progress import (
    CANCELLED,
    ENDED,
    OVER,
    PROPOSALS,
    is_news,
    propose,
    take_ids,
    told_at,
)

Stage = RideOrder.Stage
_ENDS = {"CANCELLED": CANCELLED, "COMPLETED": ENDED}
_STAGES = {CANCELLED: Stage.CANCELLED, ENDED: Stage.COMPLETED}
BY_RIDER = frozenset({"", "CONSUMER"})


def apply(order: RideOrder, told: OrderTold, *, sent_at: datetime, now: datetime) -> bool:
    """Move a locked order by what was told; answer whether anything of it was news."""
    at = told_at(told, sent_at=sent_at)
    if told.status in PROPOSALS:
        return propose(order, told, at, now=now)
    fresh = is_news(order, at)
    before = (order.ride_state, order.stage)
    # An end is an end whatever its message's age; what is over stays as it ended.
    if order.ride_state not in OVER:
        order.ride_state = _ENDS.get(told.status, "")
    order.stage = _STAGES.get(order.ride_state, Stage.ACTIVE)
    if fresh:
        order.told_at = at
        order.status = told.status or order.status
        order.vehicle_number = told.driver.vehicle_number or order.vehicle_number
        order.proposal, order.proposal_paise, order.proposal_until = "", None, None
        take_ids(order, told)
    if order.ride_state == CANCELLED and before[0] != CANCELLED:
        order.cancelled_by, order.cancel_reason = told.cancelled_by, told.cancel_reason
        order.proposal, order.proposal_paise, order.proposal_until = "", None, None
    order.number = order.number or told.number
    order.error_code = ""
    order.changed_at = now
    return fresh or (order.ride_state, order.stage) != before


def charge_of(order: RideOrder, told_paise: int) -> int:
    """
    Return what a cancellation costs the rider: what its seller says, and never more than was agreed to.

    `cancel_charge_paise` is what the rider agreed to until the order is cancelled; without an agreement, and
    when it is the seller who cancels, it costs nothing.
    """
    agreed = order.cancel_charge_paise
    if agreed is None or order.cancelled_by not in BY_RIDER:
        return 0
    return max(min(told_paise, agreed), 0)
