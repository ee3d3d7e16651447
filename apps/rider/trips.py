"""A trip by metro or bus as its rider sees it at one moment: what it costs, what was paid, the tickets to show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.ondc.models import Offer, RideOrder, Ticket
from apps.ondc.selectors import TicketJourneyView, TicketOrderView
from apps.payments.models import Prepayment, PrepaymentRefund
from apps.rider.journeys import cancelling_fee_paise
from apps.rider.squares import Squares, squares
from apps.rider.trip_words import MODES, PHASES, TICKET_STATES, failure_words

Stage = RideOrder.Stage
Paid = Prepayment.State
MOST_AT_ONCE = 100
# Another kind of ticket may be chosen instead.
_CHOSEN = (Stage.SELECTED, Stage.QUOTED, Stage.READY)
_PHASES = {
    Stage.SELECTED: "asked",
    Stage.QUOTED: "quoted",
    Stage.CONFIRMING: "confirming",
    Stage.ACTIVE: "active",
    Stage.COMPLETED: "completed",
    Stage.CANCELLED: "cancelled",
    Stage.FAILED: "failed",
}
_TRAVELS = ("active", "completed")
_DECIDING = "CANCELLATION_INITIATED"
_BOARDS = "VEHICLE_NUMBER"


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of ticket, and how few and how many are sold at once."""

    offer: Offer
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One ticket: its code as squares while it is good for something."""

    ticket: Ticket
    state: str
    words: object
    code: Squares | None
    boards: bool


@dataclass(frozen=True, slots=True)
class Purse:
    """What was paid in advance, and what of it goes back."""

    paid: Prepayment

    @property
    def refund(self) -> PrepaymentRefund | None:
        return getattr(self.paid, "refund", None)

    @property
    def is_taken(self) -> bool:
        return self.paid.state in {Paid.DUE, Paid.CAPTURED}

    @property
    def was_held(self) -> bool:
        """Whether a bank holds or held the money, which it lets go by itself."""
        return self.paid.payment_id is not None


@dataclass(frozen=True, slots=True)
class Trip:
    """
    A search for tickets with the order that counts, if there is one.

    `phase` is what the page is about: looking, asked, quoted, ready, paying, confirming, active, completed,
    cancelled or failed.
    """

    view: TicketJourneyView
    current: TicketOrderView | None
    phase: str
    now: datetime

    @property
    def order(self) -> RideOrder | None:
        return self.current.view.order if self.current else None

    @property
    def mode(self) -> object:
        return MODES[self.view.trip.mode]

    @property
    def is_open(self) -> bool:
        return self.view.is_open(now=self.now)

    @property
    def is_choosing(self) -> bool:
        return self.phase in {"looking", "asked", "quoted", "ready"}

    @property
    def choices(self) -> list[Choice]:
        current = self.order.offer_id if self.order else None
        return [
            Choice(offer, offer.least_count or 1, offer.most_count or MOST_AT_ONCE)
            for offer in self.view.offers
            if offer.pk != current
        ]

    @property
    def failures(self) -> list[str]:
        """Why what was chosen came to nothing, before anything was paid."""
        return [
            failure_words(one.view.error)
            for one in self.view.orders
            if one.view.error and one is not self.current
        ]

    @property
    def why_failed(self) -> str:
        return failure_words(self.current.view.error) if self.current else ""

    @property
    def must_ask_terms(self) -> bool:
        """Whether the seller told its price and was not asked for its terms."""
        assert self.current is not None
        return "init" not in self.current.view.waits_for and not self.current.view.error

    @property
    def dearer_paise(self) -> int:
        """How much more is asked for than the list said."""
        order = self.order
        if order is None or order.offer is None or order.fare_paise is None:
            return 0
        return max(0, order.fare_paise - order.offer.price_paise * self.view.trip.count)

    @property
    def purse(self) -> Purse | None:
        paid = self.current.paid if self.current else None
        return Purse(paid) if paid else None

    @property
    def tickets(self) -> list[Shown]:
        if self.current is None:
            return []
        return [self._shown(ticket) for ticket in self.current.tickets]

    def _shown(self, ticket: Ticket) -> Shown:
        state = "CANCELLED" if self.phase == "cancelled" else ticket.state(now=self.now)
        is_good = state == "UNCLAIMED"
        waits = _BOARDS in ticket.kind and ticket.status == "UNCLAIMED" and self.phase == "active"
        # A used code is what an inspector asks for on the way, and the gate at the end.
        is_late = ticket.valid_until is not None and ticket.valid_until <= self.now
        is_on_the_way = state == "CLAIMED" and not is_late
        shows = bool(ticket.token) and (is_good or is_on_the_way)
        code = squares(ticket.token) if shows and self.phase in _TRAVELS else None
        return Shown(ticket, state, TICKET_STATES[state], code, waits)

    @property
    def is_decided_about(self) -> bool:
        """Whether the seller is deciding about a cancellation."""
        order = self.order
        return bool(order and order.status == _DECIDING and order.stage == Stage.ACTIVE)

    @property
    def may_cancel(self) -> bool:
        order = self.order
        has_unused = any(one.state == "UNCLAIMED" for one in self.tickets)
        is_active = bool(order and order.number and order.stage == Stage.ACTIVE)
        return is_active and has_unused and not self.is_decided_about

    @property
    def asks_fee(self) -> bool:
        return bool(self.current and "cancel" in self.current.view.waits_for)

    @property
    def fee_paise(self) -> int | None:
        """What giving the tickets back costs, as long as the answer holds."""
        return cancelling_fee_paise(self.order, now=self.now)

    @property
    def mark(self) -> str:
        """Return what changes exactly when there is something new to show."""
        parts = [len(self.view.answers), len(self.view.offers), int(self.is_open)]
        told: list[object] = [*parts]
        for one in self.view.orders:
            order, purse = one.view.order, Purse(one.paid) if one.paid else None
            told += [order.changed_at.timestamp(), order.status, one.view.error]
            told += [len(one.view.waits_for), purse.paid.state if purse else ""]
            told += [purse.refund.state if purse and purse.refund else ""]
            told += [f"{len(ticket.token)}{ticket.state(now=self.now)}" for ticket in one.tickets]
        # An event's id is one line.
        return "".join("-".join(map(str, told)).split())


def trip_of(view: TicketJourneyView, *, now: datetime) -> Trip:
    """Return the trip with the order that counts: what was paid for, else what was chosen last."""
    bought = [one for one in view.orders if _is_bought(one)]
    chosen = [one for one in view.orders if one.view.order.stage in _CHOSEN and not one.view.error]
    current = max(bought or chosen, key=lambda one: one.view.order.changed_at, default=None)
    return Trip(view, current, phase_of(current), now)


def _is_bought(one: TicketOrderView) -> bool:
    order = one.view.order
    if order.stage == Stage.FAILED:
        return one.paid is not None
    return order.stage not in _CHOSEN


def phase_of(current: TicketOrderView | None) -> str:
    """Return what the page of an order is about."""
    if current is None:
        return "looking"
    order, paid = current.view.order, current.paid
    if order.stage != Stage.READY:
        return _PHASES[Stage(order.stage)]
    if paid is None or paid.state in {Paid.CREATED, Paid.RELEASED}:
        return "ready"
    return "paying" if paid.state == Paid.OPEN else "confirming"


@dataclass(frozen=True, slots=True)
class Bought:
    """An order on the list."""

    found: TicketOrderView

    @property
    def phase(self) -> str:
        return phase_of(self.found)

    @property
    def words(self) -> object:
        return PHASES[self.phase]

    @property
    def is_over(self) -> bool:
        return self.phase in {"cancelled", "failed"}

    @property
    def mode(self) -> object:
        return MODES[self.found.trip.mode]


def bought(found: Sequence[TicketOrderView]) -> list[Bought]:
    """Return a rider's orders for their list."""
    return [Bought(one) for one in found]
