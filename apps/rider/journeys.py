"""A journey as its rider sees it at one moment: what to choose from, what to do next, where the ride is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.ondc.models import Offer, RideOrder, SearchAnswer
from apps.ondc.selectors import JourneyView, OrderView
from apps.rider.ride_words import (
    CANCELLED,
    CONFIRMING,
    FARE_LINES,
    STEPS,
    VEHICLES,
    failure_words,
    step_of,
)
from apps.rider.sketch import Sketch, sketch
from uma.kernel.geo import Point
from uma.kernel.templatetags.web import rupees

Stage = RideOrder.Stage
ENDED = "RIDE_ENDED"
# Not yet an order: another offer may be chosen instead.
_CHOSEN = (Stage.SELECTED, Stage.QUOTED, Stage.READY)
_PHASES = {
    Stage.SELECTED: "asked",
    Stage.QUOTED: "quoted",
    Stage.READY: "ready",
    Stage.CONFIRMING: "confirming",
    Stage.ACTIVE: "riding",
    Stage.COMPLETED: "ended",
    Stage.CANCELLED: "cancelled",
}
# What a rider may still call off: before they sit in the vehicle.
_CANCELLABLE = ("", "RIDE_CONFIRMED", "RIDE_ASSIGNED", "RIDE_ENROUTE_PICKUP", "RIDE_ARRIVED_PICKUP")
_COMPLAINED_ABOUT = (Stage.ACTIVE, Stage.COMPLETED, Stage.CANCELLED)


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer on the list."""

    offer: Offer
    vehicle: object
    who: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a ride: behind the rider, where they are, or ahead."""

    text: object
    is_done: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """Who could not take the ride, and why."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Ride:
    """
    A journey with the order that counts, if there is one.

    `phase` is what the page is about: looking, asked, quoted, ready, confirming, riding, ended or cancelled.
    """

    view: JourneyView
    current: OrderView | None
    phase: str
    now: datetime

    @property
    def order(self) -> RideOrder | None:
        return self.current.order if self.current else None

    @property
    def is_open(self) -> bool:
        return self.view.is_open(now=self.now)

    @property
    def is_choosing(self) -> bool:
        """Whether another offer may be chosen."""
        return self.phase in {"looking", "asked", "quoted", "ready"}

    @property
    def waits(self) -> bool:
        """Whether the page has something to wait for."""
        return self.phase not in {"ended", "cancelled"}

    @property
    def choices(self) -> list[Choice]:
        return [
            Choice(
                offer, vehicle_words(offer.vehicle_category), offer.provider_name or offer.bpp_id
            )
            for offer in self.view.offers
            if self.order is None or offer.pk != self.order.offer_id
        ]

    @property
    def failures(self) -> list[Failed]:
        """Who refused or does not answer; the order that counts says so itself once it was booked."""
        return [
            Failed(who(one.order, self.view.answers), failure_words(one.error))
            for one in self.view.orders
            if one.error and one.order.stage in {*_CHOSEN, Stage.FAILED}
        ]

    @property
    def who(self) -> str:
        return who(self.order, self.view.answers) if self.order else ""

    @property
    def vehicle(self) -> object:
        return vehicle_words(self.order.vehicle_category) if self.order else ""

    @property
    def must_ask_terms(self) -> bool:
        """Whether the seller told its price and was not asked for its terms."""
        assert self.current is not None
        return "init" not in self.current.waits_for and not self.current.error

    @property
    def dearer_paise(self) -> int:
        """How much more is asked for than the list said; nothing when it is less."""
        order = self.order
        if order is None or order.offer is None or order.fare_paise is None:
            return 0
        seen = order.bid_paise or order.offer.maximum_paise or order.offer.price_paise
        return max(0, order.fare_paise - seen)

    @property
    def lines(self) -> list[tuple[object, int]]:
        """What the fare is made of: the words of each line, and its paise; what is nothing is left out."""
        return [
            (FARE_LINES.get(title, title), amount_paise)
            for title, amount_paise in (self.current.fare_lines if self.current else [])
            if amount_paise
        ]

    @property
    def fees(self) -> list[str]:
        """What cancelling costs at which step, as the seller told before the booking; none where it is free."""
        terms = self.order.cancellation_terms if self.order else []
        return [text for term in terms if (text := _fee_words(term))]

    @property
    def steps(self) -> list[Step]:
        order = self.order
        at = list(STEPS).index(step_of(order.ride_state)) if order else 0
        return [Step(text, number < at, number == at) for number, text in enumerate(STEPS.values())]

    @property
    def may_cancel(self) -> bool:
        order = self.order
        return bool(
            order
            and order.number
            and order.stage in {Stage.CONFIRMING, Stage.ACTIVE}
            and order.ride_state in _CANCELLABLE
        )

    @property
    def asks_fee(self) -> bool:
        """Whether the seller was asked what cancelling costs, or to cancel, and has not answered."""
        return bool(self.current and "cancel" in self.current.waits_for)

    @property
    def fee_paise(self) -> int | None:
        """What cancelling costs now, as long as the answer holds."""
        return cancelling_fee_paise(self.order, now=self.now)

    @property
    def may_complain(self) -> bool:
        order = self.order
        return bool(order and order.number and order.stage in _COMPLAINED_ABOUT)

    @property
    def drawing(self) -> Sketch | None:
        journey, order = self.view.journey, self.order
        if not journey.pickup:
            return None
        driver = order.driver_place if order and self.phase == "riding" else ""
        return sketch(
            pickup=Point.parse(journey.pickup),
            drop=Point.parse(journey.drop) if journey.drop else None,
            driver=Point.parse(driver) if driver else None,
        )

    @property
    def has_started(self) -> bool:
        return bool(self.order and self.order.ride_state in {"RIDE_STARTED", ENDED})


def ride_of(view: JourneyView, *, now: datetime) -> Ride:
    """Return the journey with the order that counts: what was booked, else what was chosen last."""
    booked = [one for one in view.orders if one.order.stage not in {*_CHOSEN, Stage.FAILED}]
    chosen = [one for one in view.orders if one.order.stage in _CHOSEN and not one.error]
    current = max(booked or chosen, key=lambda one: one.order.changed_at, default=None)
    return Ride(view, current, _phase(current), now)


def _phase(current: OrderView | None) -> str:
    if current is None:
        return "looking"
    if current.order.ride_state == ENDED:
        return "ended"
    return _PHASES[Stage(current.order.stage)]


def cancelling_fee_paise(order: RideOrder | None, *, now: datetime) -> int | None:
    """Return what giving an order back costs as its seller said, while that holds; None if it was not said."""
    if order is None or order.proposal != RideOrder.Proposal.CANCEL:
        return None
    assert order.proposal_until is not None
    return order.proposal_paise if now < order.proposal_until else None


def who(order: RideOrder, answers: Sequence[SearchAnswer]) -> str:
    """Return the name of an order's seller as the list of offers said it."""
    if order.offer is not None and order.offer.provider_name:
        return order.offer.provider_name
    return next((one.name for one in answers if one.bpp_id == order.bpp_id), "") or order.bpp_id


def vehicle_words(category: str) -> object:
    """Return a vehicle in the rider's language; one that is newer than this app is a ride."""
    return VEHICLES.get(category, _("Ride"))


def state_words(order: RideOrder) -> object:
    """Return in few words how a ride stands."""
    if order.stage == Stage.CANCELLED:
        return CANCELLED
    if order.stage == Stage.CONFIRMING:
        return CONFIRMING
    return STEPS.get(step_of(order.ride_state), STEPS["RIDE_CONFIRMED"])


def _is_nothing(amount: str) -> bool:
    return amount.strip("0.") == ""


def _fee_words(term: dict[str, str]) -> str:
    """Return a fee as `Your driver is coming: ₹30`; nothing where a seller's words cannot be read."""
    amount, percentage = term.get("amount", ""), term.get("percentage", "")
    if _is_nothing(amount or percentage):
        return ""
    if amount:
        whole, _point, rest = amount.partition(".")
        if not whole.isascii() or not whole.isdecimal():
            return ""
        fee = rupees(int(whole) * 100 + int((rest + "00")[:2] if rest.isdecimal() else "0"))
    elif percentage:
        fee = f"{percentage} %"
    else:
        return ""
    step = STEPS.get(step_of(term.get("state", "")))
    return f"{step}: {fee}" if step and term.get("state") else fee
