"""An outlet as people type it: the form's fields, read into facts, and an outlet written back into fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from apps.business.offers import clean, grid_in, grid_of, windows_in
from apps.merchants.models import MAX_RADIUS_M, MIN_RADIUS_M, Outlet
from uma.kernel.geo import Point
from uma.kernel.zones import Window, windows_from

LONGEST = {"name": 120, "address": 240}
USUAL_RADIUS_M = 150
CATEGORIES: Mapping[str, object] = {
    "cafe": pgettext_lazy("category", "Café"),
    "restaurant": pgettext_lazy("category", "Restaurant"),
    "bakery": pgettext_lazy("category", "Bakery"),
    "grocery": pgettext_lazy("category", "Groceries"),
    "pharmacy": pgettext_lazy("category", "Pharmacy"),
    "salon": pgettext_lazy("category", "Salon"),
    "gym": pgettext_lazy("category", "Gym"),
    "clothing": pgettext_lazy("category", "Clothing"),
    "electronics": pgettext_lazy("category", "Electronics"),
    "bookshop": pgettext_lazy("category", "Books"),
    "stationery": pgettext_lazy("category", "Stationery"),
    "cinema": pgettext_lazy("category", "Cinema"),
    "sports": pgettext_lazy("category", "Sports"),
    "hotel": pgettext_lazy("category", "Hotel"),
    "home": pgettext_lazy("category", "Home"),
    "services": pgettext_lazy("category", "Services"),
}


@dataclass(frozen=True, slots=True)
class TypedOutlet:
    """What somebody typed: the facts that it makes, by their columns, and what is wrong with which field."""

    facts: dict[str, object]
    wrong: dict[str, str] = field(default_factory=dict)


def read_outlet(form: QueryDict, *, hours: Sequence[Window]) -> TypedOutlet:
    """Return what a form says of an outlet; `hours` are those that it has, which stay to the minute if untouched."""
    facts: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for name, longest in LONGEST.items():
        text = " ".join(clean(form.get(name, "")).split())
        facts[name] = text[:longest]
        if not text or len(text) > longest:
            wrong[name] = _("Write this, in at most %(most)s letters.") % {"most": longest}
    facts["category"] = form.get("category", "")
    if facts["category"] not in CATEGORIES:
        wrong["category"] = _("Choose what kind of place it is.")
    try:
        facts["location"] = Point.parse(form.get("location", ""))
    except ValueError:
        wrong["location"] = _("Say on the map where it is.")
    radius = form.get("radius_m", "").strip()
    number = int(radius) if radius.isascii() and radius.isdecimal() and len(radius) < 6 else 0  # noqa: PLR2004
    facts["radius_m"] = number
    if not MIN_RADIUS_M <= number <= MAX_RADIUS_M:
        wrong["radius_m"] = _("Write a number from %(least)s to %(most)s.") % {
            "least": MIN_RADIUS_M,
            "most": MAX_RADIUS_M,
        }
    cells = grid_in(form)
    facts["hours"] = tuple(hours) if cells == grid_of(tuple(hours)) else windows_in(cells)
    return TypedOutlet(facts, wrong)


def hours_of(outlet: Outlet | None) -> tuple[Window, ...]:
    """Return an outlet's opening hours; none where nobody told them."""
    return tuple(windows_from(outlet.hours)) if outlet else ()


def outlet_fields(outlet: Outlet | None, form: QueryDict | None = None) -> dict[str, object]:
    """Return what the fields show: what was typed, else the outlet's own facts."""
    if form is not None:
        names = ("name", "address", "category", "location", "radius_m")
        return {name: form.get(name, "") for name in names} | {"cells": grid_in(form)}
    if outlet is None:
        return {"radius_m": USUAL_RADIUS_M, "category": "cafe", "cells": frozenset()}
    place: Point = outlet.location
    return {
        "name": outlet.name,
        "address": outlet.address,
        "category": outlet.category,
        "location": f"{place.latitude:.6f},{place.longitude:.6f}",
        "radius_m": outlet.radius_m,
        "cells": grid_of(hours_of(outlet)),
    }


def place_words() -> dict[str, str]:
    """Return what the script of the map says."""
    return {
        "here": _("Where you are now"),
        "point": _("The place on the map"),
        "no_place": _("Your phone does not say where you are. Allow it for this page."),
        "no_map": _("This device cannot draw the map."),
    }


# What the services refuse about a business or an outlet, by the field that it stands beside.
BESIDE: Mapping[str, str] = {
    "gstin_invalid": "gstin",
    "gstin_taken": "gstin",
    "state_unknown": "gstin",
    "outside_every_zone": "location",
    "outlets_in_several_zones": "location",
    "outlet_moved_too_far": "location",
    "radius_not_allowed": "radius_m",
    "hours_invalid": "hours",
}
