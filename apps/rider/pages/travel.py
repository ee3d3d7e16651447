"""Metro and bus: what was bought, and from where to where the next tickets are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.ondc import selectors, services, tasks
from apps.ondc.errors import StationNotFound
from apps.ondc.models import Station
from apps.rider.pages.deals import zone_of
from apps.rider.trip_words import MODES, trip_refusal_words
from apps.rider.trips import bought
from apps.rider.visiting import Visitor, fragment, page, show
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue

MOST_SHOWN = 30
# So many seconds the page waits for a company to tell its stops.
MOST_LOOKS = 20
INDIA = "Asia/Kolkata"
_LONGEST_WISH = 60


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop on the list; where several lines meet it stands once."""

    id: UUID
    name: str
    lines: str
    seller: str


@page()
def travel(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the tickets that were bought, the newest first."""
    facts = {
        "trips": bought(selectors.ticket_orders_of(rider_id=visitor.rider_id)),
        "zone": INDIA,
    }
    return show(request, "travel", facts, visitor=visitor, tab="ticket")


@page("GET", "HEAD", "POST")
def new(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask from where to where; on the answer, ask what a ticket costs."""
    asked = (request.POST if request.method == "POST" else request.GET).dict()
    if request.method != "POST":
        return _asking(request, visitor, asked)
    try:
        said = services.search_tickets(
            rider_id=visitor.rider_id,
            from_id=_uuid(asked.get("from", "")),
            to_id=_uuid(asked.get("to", "")),
            voice=services.our_voice(),
            now=timezone.now(),
        )
    except DomainError as refusal:
        why = trip_refusal_words(refusal)
        return _asking(request, visitor, asked, why, status=refusal.status)
    enqueue(tasks.deliver, outbound_id=str(said.pk))
    response = redirect("rider-trip", journey_id=said.question.transaction_id)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@page("GET", "HEAD", "POST")
def stops(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the stops that a rider looks for; asked by POST, have the companies asked for them first."""
    asked = request.GET.dict()
    facts = _facts(request, visitor, asked)
    if request.method == "POST":
        try:
            _ask_for_stops(visitor, facts)
        except DomainError as refusal:
            facts |= {"why": trip_refusal_words(refusal), "may_wait": False}
            return fragment(request, "parts/stops", facts, status=refusal.status)
    return fragment(request, "parts/stops", facts)


def _ask_for_stops(visitor: Visitor, facts: Mapping[str, object]) -> None:
    zone = facts["city"]
    if not isinstance(zone, Zone):
        return
    said = services.search_stations(
        rider_id=visitor.rider_id,
        zone_code=zone.code,
        city=_city(zone),
        mode=str(facts["mode"]),
        voice=services.our_voice(),
        now=timezone.now(),
    )
    for message in said:
        enqueue(tasks.deliver, outbound_id=str(message.pk))


def _asking(
    request: HttpRequest,
    visitor: Visitor,
    asked: Mapping[str, str],
    why: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    facts = _facts(request, visitor, asked) | {"why": why, "modes": MODES.items()}
    if why:
        # One sentence about what is wrong is enough.
        facts["gone"] = ""
    return show(request, "travel_new", facts, visitor=visitor, tab="ticket", status=status)


def _facts(request: HttpRequest, visitor: Visitor, asked: Mapping[str, str]) -> dict[str, object]:
    """Return the stops of the rider's city that fit what was asked for."""
    zones = merchants.zones()
    code = zone_of(request, visitor, zones)
    zone = next((one for one in zones if one.code == code), None)
    mode = asked.get("mode", "")
    mode = mode if mode in MODES else "METRO"
    known = selectors.stations_of(city=_city(zone), mode=mode, now=timezone.now()) if zone else []
    start = _start(asked.get("from", ""), zone, mode, known)
    wish = asked.get("q", "").strip()[:_LONGEST_WISH]
    looks = asked.get("looks", "")
    number = int(looks) if looks.isascii() and looks.isdecimal() and len(looks) < 3 else 0  # noqa: PLR2004
    found = _stops(_reachable(known, start), wish)
    return {
        "city": zone,
        "mode": mode,
        "mode_words": MODES[mode],
        "start": start,
        "gone": trip_refusal_words(StationNotFound()) if _is_gone(asked, start, known) else "",
        "wish": wish,
        "stops": found[:MOST_SHOWN],
        "more": len(found) > MOST_SHOWN,
        "is_known": bool(known),
        "looks": number + 1,
        "may_wait": number < MOST_LOOKS,
        "label": _("Where do you get off?") if start else _("Where do you get on?"),
    }


def _start(text: str, zone: Zone | None, mode: str, known: Sequence[Station]) -> Station | None:
    """Return where one gets on, however old the link is that says so."""
    if not text or zone is None:
        return None
    return selectors.station_as_listed(
        station_id=_uuid(text), city=_city(zone), mode=mode, listed=known
    )


def _is_gone(asked: Mapping[str, str], start: Station | None, known: Sequence[Station]) -> bool:
    return bool(asked.get("from")) and start is None and bool(known)


def _reachable(known: Sequence[Station], start: Station | None) -> list[Station]:
    """Return where one may get on, or, once that is known, where its company goes from there."""
    if start is None:
        return list(known)
    return [
        one
        for one in known
        if (one.bpp_id, one.version) == (start.bpp_id, start.version) and one.code != start.code
    ]


def _stops(stations: Sequence[Station], wish: str) -> list[Stop]:
    """Return each stop once, those that begin with what was written first."""
    lines: dict[tuple[str, str], list[Station]] = {}
    for station in stations:
        lines.setdefault((station.bpp_id, station.code), []).append(station)
    wanted = wish.casefold()
    found = [
        Stop(
            at[0].pk,
            at[0].name,
            ", ".join(dict.fromkeys(one.line for one in at if one.line)),
            at[0].seller_name or at[0].bpp_id,
        )
        for at in lines.values()
        if wanted in at[0].name.casefold()
    ]
    if wanted:
        found.sort(key=lambda stop: not stop.name.casefold().startswith(wanted))
    return found


def _city(zone: Zone) -> str:
    return f"std:{zone.std_city_code.removeprefix('std:')}"


def _uuid(text: str) -> UUID:
    """Return an id; what is none is the id of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
