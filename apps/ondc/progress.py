"""
How far a ride is: forward only, whatever order its messages come in (ondc.md 6.6).

Steps may be left out. One way leads back: another driver before the ride began, told by a newer message.
Nothing leads out of a ride that ended or was cancelled. Pure functions over an order and what was told.
"""

from datetime import datetime, timedelta

from apps.ondc.messages import CHARGE, OrderTold
from apps.ondc.models import RideOrder

Stage, Proposal = RideOrder.Stage, RideOrder.Proposal
ASSIGNED, STARTED, ENDED, CANCELLED = (
    "RIDE_ASSIGNED", "RIDE_STARTED", "RIDE_ENDED", "RIDE_CANCELLED",
)  # fmt: skip
RANK = {
    "": 0, "RIDE_CONFIRMED": 1, ASSIGNED: 2, "RIDE_ENROUTE_PICKUP": 3, "RIDE_ARRIVED_PICKUP": 4,
    STARTED: 5, ENDED: 6,
}  # fmt: skip
OVER = frozenset({ENDED, CANCELLED})
# Before the confirmation nothing that is told makes a ride.
UNCONFIRMED = frozenset({Stage.SELECTED, Stage.QUOTED, Stage.READY})
# An answer that says it is a proposal binds nobody yet.
PROPOSALS = {"SOFT_CANCEL": Proposal.CANCEL, "SOFT_UPDATE": Proposal.UPDATE}
PROPOSAL_LIFE = timedelta(minutes=2)


def told_at(told: OrderTold, *, sent_at: datetime) -> datetime:
    """Return which moment a message speaks of: the order's own, or the message's."""
    return told.updated_at or sent_at


def is_news(order: RideOrder, at: datetime) -> bool:
    """Say whether a message speaks of a moment no older than what is known."""
    return order.told_at is None or at >= order.told_at


def next_state(order: RideOrder, told: OrderTold, at: datetime) -> str:
    """Return the ride's state after a message: the same when it moves nothing."""
    known, new = order.ride_state, _state_told(told)
    if known in OVER or new not in {*RANK, CANCELLED} or not new:
        return known
    if new == CANCELLED or RANK[new] > RANK[known]:
        return new
    is_another = told.fulfillment_id not in ("", order.fulfillment_id) or (
        told.driver.name not in ("", order.driver_name)
    )
    began = RANK[known] >= RANK[STARTED]
    newer = order.told_at is not None and at > order.told_at
    return ASSIGNED if new == ASSIGNED and is_another and newer and not began else known


def _state_told(told: OrderTold) -> str:
    if told.status == "CANCELLED":
        return CANCELLED
    # An order that is complete is of a ride that ended, whether anybody says so or not.
    return ENDED if told.status == "COMPLETED" else told.ride_state


def next_stage(state: str, told: OrderTold) -> str:
    """Return how far the order is, for a ride in this state."""
    if state == CANCELLED:
        return Stage.CANCELLED
    return Stage.COMPLETED if told.status == "COMPLETED" else Stage.ACTIVE


def apply(order: RideOrder, told: OrderTold, *, sent_at: datetime, now: datetime) -> bool:
    """
    Move a locked order by what was told; answer whether anything of it was news.

    The ride's state moves by its rank, facts by their age: an older message may bring the first news
    of a step, and never an older price or driver.
    """
    at = told_at(told, sent_at=sent_at)
    if told.status in PROPOSALS:
        return propose(order, told, at, now=now)
    fresh = is_news(order, at)
    before = (order.ride_state, order.stage)
    state = next_state(order, told, at)
    # Once over, an order only gets its last price and payment.
    if fresh:
        _take_facts(order, told, at)
    if order.stage != Stage.COMPLETED or state == CANCELLED:
        order.stage = next_stage(state, told)
    order.ride_state = state
    if state == CANCELLED and before[0] != CANCELLED:
        _note_cancellation(order, told)
    order.number = order.number or told.number
    order.error_code = ""
    order.changed_at = now
    return fresh or (order.ride_state, order.stage) != before


def propose(order: RideOrder, told: OrderTold, at: datetime, *, now: datetime) -> bool:
    """Note on a locked order what a cancellation or a change would cost; answer whether it was news."""
    if not is_news(order, at) or order.ride_state in OVER or told.quote is None:
        return False
    kind = PROPOSALS[told.status]
    order.proposal = kind
    charge = told.quote.total_of(CHARGE)
    if kind == Proposal.CANCEL:
        order.proposal_paise = told.quote.price_paise if charge is None else charge
    else:
        order.proposal_paise = told.quote.price_paise
    order.proposal_until = now + PROPOSAL_LIFE
    order.number = order.number or told.number
    # It answers us, so the order exists; nothing else of it is true yet.
    order.stage = Stage.ACTIVE if order.stage == Stage.CONFIRMING else order.stage
    order.changed_at = now
    return True


def _take_facts(order: RideOrder, told: OrderTold, at: datetime) -> None:
    order.told_at = at
    order.status = told.status or order.status
    # A newer word on the order is the end of what was merely proposed.
    order.proposal, order.proposal_paise, order.proposal_until = "", None, None
    take_ids(order, told)
    driver = told.driver
    if driver.name and driver.name != order.driver_name:
        # Another driver's number, car and code are not the first one's.
        order.driver_phone = order.vehicle_number = order.vehicle_model = order.start_code = ""
        order.driver_place, order.driver_seen_at = "", None
    order.driver_name = driver.name or order.driver_name
    order.driver_phone = driver.phone or order.driver_phone
    order.vehicle_number = driver.vehicle_number or order.vehicle_number
    order.vehicle_model = driver.vehicle_model or order.vehicle_model
    order.start_code = driver.start_code or order.start_code
    # What a cancellation leaves is a charge; the fare was what it was.
    if told.quote is not None and _state_told(told) != CANCELLED:
        order.fare_paise = told.quote.price_paise


def take_ids(order: RideOrder, told: OrderTold) -> None:
    """Take over the newest ids: Namma Yatri's change at every step."""
    order.fulfillment_id = told.fulfillment_id or order.fulfillment_id
    order.item_id = told.item_id or order.item_id
    order.provider_id = told.provider_id or order.provider_id
    order.vehicle_category = told.vehicle_category or order.vehicle_category
    order.vehicle_variant = told.vehicle_variant or order.vehicle_variant
    order.payment_id = told.payment_id or order.payment_id


def _note_cancellation(order: RideOrder, told: OrderTold) -> None:
    order.cancelled_by = told.cancelled_by
    order.cancel_reason = told.cancel_reason
    charge = told.quote.total_of(CHARGE) if told.quote else None
    # Never the quote's price: some sellers leave the fare there when their driver cancels.
    order.cancel_charge_paise = max(charge or 0, 0)
    order.proposal, order.proposal_paise, order.proposal_until = "", None, None
