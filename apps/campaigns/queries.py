"""Reading the query of the map; part of the interface."""

import re

from rest_framework.request import Request

from apps.campaigns.selectors import Search, Sort
from uma.kernel.geo import Box, Point
from uma.kernel.http.errors import InvalidParameter
from uma.kernel.http.pagination import Page
from uma.kernel.money import PAISE_PER_RUPEE

DEFAULT_RADIUS_M, MAX_RADIUS_M = 10_000, 50_000
MAX_BOX_DEGREES = 5.0
LONGEST_WORD = 40
_AMOUNT = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?")


def place_from(request: Request) -> Point | None:
    """
    Return where the rider is, by `near=lat,lng`.

    Raises:
        InvalidParameter
    """
    text = request.query_params.get("near")
    if text is None:
        return None
    try:
        return Point.parse(text)
    except ValueError:
        raise InvalidParameter("near is latitude,longitude in degrees.") from None


def search_from(request: Request, page: Page) -> Search:
    """
    Return what a rider's query looks for.

    Raises:
        InvalidParameter
    """
    near, query = place_from(request), request.query_params
    return Search(
        near=near,
        radius_m=_radius(query.get("radius")),
        box=_box(query.get("bbox")),
        category=_word("category", query.get("category")),
        min_cashback_paise=_paise(query.get("minCashback")),
        open_now=_flag(query.get("openNow")),
        zone_code=_word("zone", query.get("zone")),
        sort=_sort(query.get("sort"), near=near),
        limit=page.limit,
        after=page.after,
    )


def _radius(text: str | None) -> int:
    if text is None:
        return DEFAULT_RADIUS_M
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= MAX_RADIUS_M):
        raise InvalidParameter(f"radius is a whole number of metres, 1 to {MAX_RADIUS_M}.")
    return int(text)


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    wrong = "bbox is west,south,east,north in degrees, at most 5 degrees wide and high."
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        box = Box(Point(south, west), Point(north, east))
    except ValueError:
        raise InvalidParameter(wrong) from None
    if not (0 <= east - west <= MAX_BOX_DEGREES and 0 <= north - south <= MAX_BOX_DEGREES):
        raise InvalidParameter(wrong)
    return box


def _word(name: str, text: str | None) -> str | None:
    if text is not None and (not text.isprintable() or not 1 <= len(text) <= LONGEST_WORD):
        raise InvalidParameter(f"{name} is a word of at most {LONGEST_WORD} characters.")
    return text


def _paise(text: str | None) -> int | None:
    if text is None:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise InvalidParameter("minCashback is an amount in rupees with at most two decimals.")
    return int(found[1]) * PAISE_PER_RUPEE + int((found[2] or "").ljust(2, "0"))


def _flag(text: str | None) -> bool:
    if text not in (None, "true", "false"):
        raise InvalidParameter("openNow is true or false.")
    return text == "true"


def _sort(text: str | None, *, near: Point | None) -> Sort:
    if text is None:
        return Sort.DISTANCE if near else Sort.NEWEST
    if text not in set(Sort):
        raise InvalidParameter("sort is distance, cashback or newest.")
    if text == Sort.DISTANCE and near is None:
        raise InvalidParameter("sort=distance needs near.")
    return Sort(text)
