"""What others say can be ordered in a zone, as the planning of missions reads it. Pure."""

import unicodedata
from dataclasses import dataclass

from uma.kernel.geo import Point, distance_m
from uma.kernel.zones import Window

# Two catalogues rarely agree on a place to the metre.
SAME_PLACE_M = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One thing of a catalogue or a timetable: where it is had, and when, always without `hours`.

    `source_id` names it for as long as it is the same thing. `is_sold_here` says that whoever buys it buys it
    through us, so that its order is told to `record_order`; of what is only shown here no order is known.
    """

    source_id: str
    name: str
    provider: str
    latitude: float
    longitude: float
    price_paise: int | None = None
    hours: tuple[Window, ...] = ()
    category: str = ""
    is_sold_here: bool = False


def is_had_at(told: Candidate, *, name: str, place: Point) -> bool:
    """Say whether a seller of a catalogue is a place that we know: there, and by the same name."""
    if distance_m(Point(told.latitude, told.longitude), place) > SAME_PLACE_M:
        return False
    theirs, ours = _plain(told.provider), _plain(name)
    return bool(theirs and ours) and (theirs in ours or ours in theirs)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
