"""Rides: where to, whoever would drive, and the page of one as it stands at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.campaigns import selectors as campaigns
from apps.merchants import selectors as merchants
from apps.merchants.errors import OutsideEveryZone
from apps.ondc import selectors, services, tasks
from apps.ondc.services import Trip
from apps.rider.journeys import Ride, ride_of, state_words, vehicle_words, who
from apps.rider.live import one_thing
from apps.rider.pages.deals import MAP_POLICY
from apps.rider.ride_words import CANCEL_REASONS, VEHICLES
from apps.rider.visiting import PLACE, Visitor, fragment, page, show
from apps.rider.wordings import refusal_words
from apps.rides import selectors as rides
from uma.kernel.errors import DomainError
from uma.kernel.geo import Point
from uma.kernel.queue import enqueue

LINES = 20
INDIA = "Asia/Kolkata"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a ride leads: to the outlet of a booking, or of a deal that is not booked."""

    name: str
    place: str
    at: Point
    ticket: UUID | None
    zone_code: str
    # The same as an address' query.
    query: Mapping[str, str]


@page("GET", "HEAD", "POST")
def new(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask where the ride begins; on its answer, ask who would drive."""
    asked = request.POST if request.method == "POST" else request.GET
    way = _way(visitor, asked.dict())
    if request.method != "POST":
        return _asking(request, visitor, way)
    pickup = _point(asked.get("pickup", ""))
    if pickup is None:
        why = _("Say first where you are picked up.")
        return _asking(request, visitor, way, why, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        journey_id = _search(visitor, way, pickup, asked.get("category", ""))
    except DomainError as refusal:
        return _asking(request, visitor, way, refusal_words(refusal), status=refusal.status)
    response = redirect("rider-ride", journey_id=journey_id)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _search(visitor: Visitor, way: Way, pickup: Point, category: str) -> UUID:
    zone = merchants.zone_at(place=pickup)
    if zone is None:
        raise OutsideEveryZone
    said = services.search_rides(
        rider_id=visitor.rider_id,
        zone_code=zone.code,
        city=f"std:{zone.std_city_code.removeprefix('std:')}",
        trip=Trip(
            pickup=pickup,
            drop=way.at,
            category=category if category in VEHICLES else "",
            booking_id=way.ticket,
        ),
        voice=services.our_voice(),
        now=timezone.now(),
    )
    for message in said:
        enqueue(tasks.deliver, outbound_id=str(message.pk))
    return said[0].question.transaction_id


def _asking(
    request: HttpRequest, visitor: Visitor, way: Way, why: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    zone = next((one for one in merchants.zones() if one.code == way.zone_code), None)
    facts = {
        "way": way,
        "pickup": _point(asked.get("pickup", "")) or _point(asked.get("near", "")),
        "category": asked.get("category", ""),
        "vehicles": VEHICLES.items(),
        "why": why,
        "boundary": zone.boundary if zone else None,
        "words": _words(),
    }
    response = show(
        request,
        "ride_new",
        facts,
        visitor=visitor,
        tab="ticket",
        status=status,
        policy=MAP_POLICY,
    )
    response.headers["Permissions-Policy"] = PLACE
    return response


def _way(visitor: Visitor, asked: Mapping[str, str]) -> Way:
    """
    Return where the ride is to lead.

    Raises:
        BookingNotFound, UnknownCampaign
    """
    ticket = _uuid(asked.get("ticket", ""))
    if ticket is not None:
        booking = rides.of_rider(booking_id=ticket, rider_id=visitor.rider_id)
        outlet = merchants.outlet(outlet_id=booking.outlet_id)
        return Way(
            name=booking.merchant_name,
            place=outlet.address or outlet.name,
            at=outlet.location,
            ticket=ticket,
            zone_code=outlet.zone_id,
            query={"ticket": str(ticket)},
        )
    deal_id, outlet_id = _uuid(asked.get("deal", "")), _uuid(asked.get("outlet", ""))
    found = campaigns.one_deal(
        # No deal has this id: whoever names none is told that there is none.
        campaign_id=deal_id or UUID(int=0),
        outlet_id=outlet_id,
        rider_id=visitor.rider_id,
        place=None,
        now=timezone.now(),
    ).facts
    return Way(
        name=found.merchant_name,
        place=found.address or found.outlet_name,
        at=found.location,
        ticket=None,
        zone_code=merchants.outlet(outlet_id=found.outlet_id).zone_id,
        query={"deal": str(found.campaign_id), "outlet": str(found.outlet_id)},
    )


@page()
def all_rides(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the rides that were ordered, the newest first."""
    return show(request, "rides", _page(visitor, before=None), visitor=visitor, tab="ticket")


@page()
def lines(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List rides older than `before`, or the newest."""
    before = _uuid(request.GET.get("before", ""))
    return fragment(request, "parts/rides", _page(visitor, before=before))


@page()
def ride(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Show one journey: its offers, the price, the driver, and what it cost."""
    return whole(request, visitor, look(visitor, journey_id))


@page(live=True)
def state(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Show what has become of the journey since the page was opened."""
    return fragment(request, "parts/ride", shown(visitor, look(visitor, journey_id)))


@page(live=True)
def events(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Tell that the journey changed since the reader's last id."""
    found = look(visitor, journey_id)
    return one_thing(request, "ride", found.view.mark(now=found.now))


def whole(
    request: HttpRequest,
    visitor: Visitor,
    found: Ride,
    *,
    why: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Render the page of a journey."""
    facts = {
        **shown(visitor, found, why=why),
        "live_url": reverse("rider-ride-events", args=[found.view.journey.pk]),
        "since": found.view.mark(now=found.now),
        "topics": "ride",
    }
    return show(request, "ride", facts, visitor=visitor, tab="ticket", status=status)


def look(visitor: Visitor, journey_id: UUID) -> Ride:
    """
    Return the rider's journey as it stands.

    Raises:
        SearchNotFound
    """
    now = timezone.now()
    view = selectors.journey_of(transaction_id=journey_id, rider_id=visitor.rider_id, now=now)
    return ride_of(view, now=now)


def shown(visitor: Visitor, found: Ride, *, why: str = "", done: str = "") -> dict[str, object]:
    """Return what the page of a journey says; `why` is what was refused just now, `done` what was done."""
    order, booking_id = found.order, found.view.journey.booking_id
    complaints = (
        selectors.issues_of(order_id=order.pk, rider_id=visitor.rider_id)
        if order is not None and found.may_complain
        else []
    )
    return {
        "ride": found,
        "order": order,
        "ticket": rides.of_rider(booking_id=booking_id, rider_id=visitor.rider_id)
        if booking_id
        else None,
        "complaint": complaints[0].issue if complaints else None,
        "reasons": CANCEL_REASONS.items(),
        "stars": range(1, 6),
        "named": bool(accounts.person(user_id=visitor.rider_id).display_name),
        # A journey does not remember the deal that it led to when nothing was booked.
        "again": f"{reverse('rider-ride-new')}?ticket={booking_id}"
        if booking_id
        else reverse("rider-home"),
        "why": why,
        "done": done,
        "zone": INDIA,
    }


def _page(visitor: Visitor, *, before: UUID | None) -> dict[str, object]:
    rows = selectors.rides_of(rider_id=visitor.rider_id, limit=LINES + 1, before=before)
    return {
        "rides": [
            {
                "order": row,
                "state": state_words(row),
                "vehicle": vehicle_words(row.vehicle_category),
                "who": who(row, ()),
                "is_over": row.stage == row.Stage.CANCELLED,
            }
            for row in rows[:LINES]
        ],
        "older_than": rows[LINES - 1].pk if len(rows) > LINES else None,
        "is_first": before is None,
        "zone": INDIA,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _point(text: str) -> Point | None:
    try:
        return Point.parse(text)
    except ValueError:
        return None


def _words() -> dict[str, str]:
    return {
        "here": _("Where you are now"),
        "point": _("The place on the map"),
        "no_place": _("Your phone does not say where you are. Allow it for this page."),
        "no_map": _("This device cannot draw the map."),
        "drop": _("Where the ride leads"),
    }
