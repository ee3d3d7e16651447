"""Tickets: what is booked, the code to show, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.handshake import selectors as handshakes
from apps.handshake.models import Handshake
from apps.merchants import selectors as merchants
from apps.ondc import selectors as ondc
from apps.rider.journeys import state_words
from apps.rider.live import cursor_of
from apps.rider.visiting import Visitor, fragment, page, show
from apps.rides import selectors as rides
from apps.rides import services
from apps.rides.models import Booking
from apps.rides.selectors import (
    RIDE_PROVES_FOR,
    Arrival,
    Asked,
    Lack,
    lack_of_place,
    lack_of_ride,
)
from apps.rides.services import FREE_CANCEL_BEFORE_EXPIRY

LINES = 20
_BPS = 100
_VISITED = (Booking.State.REDEEMED, Booking.State.DISPUTED, Booking.State.REVERSED)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A booking as its rider sees it at one moment."""

    booking: Booking
    state: str
    settled: Handshake | None = None
    place: str = ""
    radius_m: int = 0
    arrival: Arrival | None = None

    @property
    def id(self) -> UUID:
        return self.booking.pk

    @property
    def is_live(self) -> bool:
        return self.state == Booking.State.BOOKED

    @property
    def is_visited(self) -> bool:
        return self.state in _VISITED

    @property
    def value_paise(self) -> int:
        return self.settled.reimbursement_paise if self.settled else self.booking.cap_paise

    @property
    def discount(self) -> str:
        return f"{self.booking.discount_bps / _BPS:g}" if self.booking.discount_bps else ""

    @property
    def is_looked_at(self) -> bool:
        """The cash back waits for a person's look."""
        return bool(self.settled and self.settled.review and self.settled.review_decided_at is None)

    @property
    def asked(self) -> Asked:
        """What the scan asks for beside the code."""
        return Asked(self.booking.proof_policy, self.booking.geofence_policy)

    @property
    def lack(self) -> Lack | None:
        """Why the code would be refused now for want of a ride."""
        if not self.asked.ride:
            return None
        if self.asked.recent_ride:
            now = timezone.now()
            return lack_of_ride(self.arrival, radius_m=self.radius_m, scanned_at=now)
        return lack_of_place(self.arrival, radius_m=self.radius_m)

    @property
    def ride_proves_until(self) -> datetime | None:
        """When a ride that counts now counts no more; `None` when it counts as long as the ticket lives."""
        if not self.asked.recent_ride or self.arrival is None:
            return None
        return self.arrival.at + RIDE_PROVES_FOR

    @property
    def free_until(self) -> datetime:
        return self.booking.expires_at - FREE_CANCEL_BEFORE_EXPIRY


@page()
def tickets(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the rider's bookings: those that wait for their scan first."""
    ride = ondc.ride_under_way(rider_id=visitor.rider_id)
    facts = {
        **_page(visitor, before=None),
        "ride": ride,
        "ride_state": state_words(ride) if ride else "",
        "since": cursor_of(visitor),
        "topics": "booking",
    }
    return show(request, "tickets", facts, visitor=visitor, tab="ticket")


@page()
def lines(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List bookings older than `before`, or the newest."""
    try:
        before = UUID(request.GET.get("before", ""))
    except ValueError:
        before = None
    return fragment(request, "parts/tickets", _page(visitor, before=before))


@page()
def ticket(request: HttpRequest, visitor: Visitor, booking_id: UUID) -> HttpResponse:
    """Show one ticket: while it waits, the code that the phone draws by itself."""
    facts = {
        **_shown(visitor, booking_id),
        "since": cursor_of(visitor),
        "topics": "booking",
        "words": _words(),
    }
    return show(request, "ticket", facts, visitor=visitor, tab="ticket")


@page(live=True)
def state(request: HttpRequest, visitor: Visitor, booking_id: UUID) -> HttpResponse:
    """Show what has become of the ticket since the page was opened."""
    facts = {**_shown(visitor, booking_id), "fresh": True}
    return fragment(request, "parts/ticket", facts)


@page("POST")
def cancel(request: HttpRequest, visitor: Visitor, booking_id: UUID) -> HttpResponse:
    """Give the booking up."""
    del request
    services.cancel(booking_id=booking_id, rider_id=visitor.rider_id, now=timezone.now())
    response = redirect("rider-ticket", booking_id=booking_id)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _page(visitor: Visitor, *, before: UUID | None) -> dict[str, object]:
    rows = rides.page_of_rider(rider_id=visitor.rider_id, limit=LINES + 1, before=before)
    now = timezone.now()
    shown = [Ticket(row, _state(row, now)) for row in rows[:LINES]]
    shown.sort(key=lambda row: not row.is_live)
    return {
        "tickets": shown,
        "older_than": rows[LINES - 1].pk if len(rows) > LINES else None,
        "is_first": before is None,
    }


def _shown(visitor: Visitor, booking_id: UUID) -> dict[str, object]:
    """Return a ticket with the ride that leads to it, if one was ordered."""
    ride = ondc.ride_to(booking_id=booking_id, rider_id=visitor.rider_id)
    return {
        "ticket": _one(visitor, booking_id),
        "ride": ride,
        "ride_state": state_words(ride) if ride else "",
    }


def _one(visitor: Visitor, booking_id: UUID) -> Ticket:
    booking = rides.of_rider(booking_id=booking_id, rider_id=visitor.rider_id)
    outlet = merchants.outlet(outlet_id=booking.outlet_id)
    settled = handshakes.of_booking(booking_id=booking_id, rider_id=visitor.rider_id)
    return Ticket(
        booking,
        _state(booking, timezone.now()),
        settled,
        place=outlet.address or outlet.name,
        radius_m=outlet.radius_m,
        arrival=rides.arrival_of(booking_id=booking_id),
    )


def _state(booking: Booking, now: datetime) -> str:
    if booking.state == Booking.State.BOOKED and booking.expires_at <= now:
        # The job has not come by yet.
        return Booking.State.EXPIRED
    return booking.state


def _words() -> dict[str, str]:
    return {
        "left": _("%s left"),
        "hours": _("{hours} h {minutes} min"),
        "minutes": _("{minutes} min"),
        "away": _("No network. The code works all the same."),
        "elsewhere": _(
            "This ticket was booked on another device; here its code needs the network."
        ),
    }
