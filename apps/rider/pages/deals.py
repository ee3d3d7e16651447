"""Finding a deal: the list and the map in step with it, and the page of one deal."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.campaigns import selectors as campaigns
from apps.campaigns.selectors import Facts, FoundDeal, Reason, Sort
from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.rider.filters import LEAST_RUPEES, Filters, filters_from, zone_from
from apps.rider.visiting import PLACE, Visitor, fragment, page, show
from apps.rider.wordings import CATEGORIES, DAYS, REASONS, reason_words
from apps.rides import selectors as rides
from apps.rides.selectors import Asked
from uma.kernel.money import PAISE_PER_RUPEE
from uma.kernel.templatetags.web import rupees

ZONE_COOKIE, ZONE_AGE_S = "uma_zone", 400 * 86_400
FEATURED = 3
_KM = 1_000
_BPS = 100
# Where a place is needed and is not known, nobody looks for a deal that is near.
_PLACE_NEEDED = "rider_location"
# The map draws what the platform has itself: workers are ours, pictures are drawn on the device.
MAP_POLICY: Mapping[str, list[str]] = {"img-src": ["blob:"]}


@dataclass(frozen=True, slots=True)
class Why:
    """A reason against booking in words, and when it is over."""

    code: str
    text: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A deal as the list shows it."""

    id: UUID
    outlet_id: UUID
    merchant: str
    title: str
    place: str
    category: object
    value_paise: int
    discount: str
    away: str
    boosted: bool
    by_ride: bool
    why: Why | None
    timezone: str


@page()
def home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show deals, the form that narrows them, and the place of the map."""
    zones = merchants.zones()
    filters = filters_from(request.GET.dict(), zone=zone_of(request, visitor, zones))
    facts = {
        **_found(filters, visitor),
        "zones": zones,
        "zone": next((zone for zone in zones if zone.code == filters.zone), None),
        "categories": CATEGORIES.items(),
        "amounts": [
            (amount, rupees(amount * PAISE_PER_RUPEE)) for amount in LEAST_RUPEES if amount
        ],
        "sorts": _sorts(),
        "words": _map_words(),
    }
    response = show(request, "home", facts, visitor=visitor, tab="deals", policy=MAP_POLICY)
    response.headers["Permissions-Policy"] = PLACE
    return _remembering(response, filters)


@page()
def found(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the deals that the form asks for, or the next of them."""
    zones = merchants.zones()
    filters = filters_from(request.GET.dict(), zone=zone_of(request, visitor, zones))
    facts = _found(filters, visitor)
    response = fragment(request, "parts/more_deals" if filters.after else "parts/deals", facts)
    if not filters.after:
        # Whoever comes back to the page finds what they had looked for.
        response.headers["HX-Replace-Url"] = f"/app/?{filters.query()}"
    return _remembering(response, filters)


@page()
def deal(request: HttpRequest, visitor: Visitor, campaign_id: UUID) -> HttpResponse:
    """Show one deal: what it gives, whether it can be booked, and what it asks for."""
    filters = filters_from(request.GET.dict(), zone="")
    outlet = request.GET.get("outlet", "")
    one = campaigns.one_deal(
        campaign_id=campaign_id,
        rider_id=visitor.rider_id,
        place=filters.near,
        now=timezone.now(),
        outlet_id=_uuid(outlet),
    )
    facts = {
        "deal": one.facts,
        "card": _card(one),
        "whys": [_why(reason) for reason in one.reasons],
        "bookable": one.bookable,
        # The one thing that the rider's phone can put right at once.
        "asks_place": [reason.code for reason in one.reasons] == ["outside_geofence"]
        and filters.near is None,
        "needs_place": one.facts.geofence_policy == _PLACE_NEEDED,
        "asked": asked_of(one.facts),
        "hours": _hours(one),
        "deductible_paise": one.facts.deductible_paise,
        "near": f"&near={filters.near.latitude:.6f},{filters.near.longitude:.6f}"
        if filters.near
        else "",
        "ticket": _live_ticket(visitor, one.facts.outlet_id),
        "words": {
            "refusals": {code: str(text) for code, text in REASONS.items()},
            "failed": _("That did not work. Try again."),
            "unreachable": _("The server cannot be reached. Check your connection and try again."),
            "no_place": _("Your phone does not say where you are. Allow it for this page."),
        },
    }
    response = show(request, "deal", facts, visitor=visitor, tab="deals")
    response.headers["Permissions-Policy"] = PLACE
    return response


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def zone_of(request: HttpRequest, visitor: Visitor, zones: list[Zone]) -> str:
    """Return the city that was chosen, the rider's own, or the first."""
    known = {zone.code for zone in zones}
    chosen = zone_from(request.COOKIES.get(ZONE_COOKIE, ""))
    own = accounts.person(user_id=visitor.rider_id).zone_code
    return next((code for code in (chosen, own) if code in known), zones[0].code if zones else "")


def _remembering(response: HttpResponse, filters: Filters) -> HttpResponse:
    response.set_cookie(
        ZONE_COOKIE, filters.zone, max_age=ZONE_AGE_S, path="/app/", httponly=True, samesite="Lax"
    )
    return response


def _found(filters: Filters, visitor: Visitor) -> dict[str, object]:
    page_of = campaigns.discover(
        search=filters.search(), rider_id=visitor.rider_id, now=timezone.now()
    )
    cards = [_card(one) for one in page_of.deals]
    # Only the head of a first page is bought; what is boosted further down stands there by itself.
    head = 0 if filters.after else sum(1 for card in cards[:FEATURED] if card.boosted)
    return {
        "filters": filters,
        "featured": cards[:head],
        "cards": cards[head:],
        "count": len(cards),
        "pins": json.dumps([_pin(one) for one in page_of.deals]),
        "more": filters.query(after=page_of.next_cursor) if page_of.next_cursor else "",
        "near": filters.query() if filters.near else "",
    }


def _card(one: FoundDeal) -> Card:
    facts = one.facts
    return Card(
        id=facts.campaign_id,
        outlet_id=facts.outlet_id,
        merchant=facts.merchant_name,
        title=facts.title,
        place=facts.address or facts.outlet_name,
        category=CATEGORIES.get(facts.category, facts.category),
        value_paise=facts.cap_paise,
        discount=f"{facts.discount_bps / _BPS:g}" if facts.discount_bps else "",
        away=_distance(one.away_m),
        boosted=one.boosted,
        by_ride=asked_of(facts).ride,
        why=_why(one.reasons[0]) if one.reasons else None,
        timezone=facts.timezone,
    )


def asked_of(facts: Facts) -> Asked:
    """Return what a visit by this deal has to be proven by."""
    return Asked(facts.proof_policy, facts.geofence_policy)


def _why(reason: Reason) -> Why:
    return Why(reason.code, reason_words(reason.code), reason.until)


def _distance(away_m: int | None) -> str:
    if away_m is None:
        return ""
    return f"{away_m} m" if away_m < _KM else f"{away_m / _KM:.1f} km"


def _pin(one: FoundDeal) -> dict[str, object]:
    facts = one.facts
    return {
        "id": str(facts.campaign_id),
        "at": [round(facts.location.longitude, 5), round(facts.location.latitude, 5)],
        "rupees": facts.cap_paise // PAISE_PER_RUPEE,
        "label": rupees(facts.cap_paise) if facts.cap_paise else f"{facts.discount_bps / _BPS:g} %",
        "name": facts.merchant_name,
        "place": facts.address,
        "off": not one.bookable,
        "boosted": one.boosted,
    }


def _hours(one: FoundDeal) -> list[tuple[object, list[str]]]:
    """Return when the deal is open, by day of the week; nothing when it always is."""
    by_day: dict[int, list[str]] = {}
    for window in sorted(one.facts.windows, key=lambda row: (row.dow, row.start)):
        by_day.setdefault(window.dow, []).append(
            f"{window.start:%H:%M}\N{EN DASH}{window.end:%H:%M}"
        )
    return [(DAYS[dow], spans) for dow, spans in sorted(by_day.items())]


def _live_ticket(visitor: Visitor, outlet_id: UUID) -> UUID | None:
    return rides.live_at(rider_id=visitor.rider_id, outlet_id=outlet_id)


def _sorts() -> list[tuple[str, str]]:
    return [
        (Sort.CASHBACK, _("Most cash back")),
        (Sort.DISTANCE, _("Nearest")),
        (Sort.NEWEST, _("Newest")),
    ]


def _map_words() -> dict[str, str]:
    return {
        "here": _("You are here"),
        "deals": _("deals here"),
        "no_place": _("Your phone does not say where you are. Allow it for this page."),
        "no_map": _("This device cannot draw the map. The list has everything."),
    }
