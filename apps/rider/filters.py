"""What a rider looks for, as the form of the first page says it; what cannot be read is left out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from apps.campaigns.selectors import Search, Sort
from apps.rider.wordings import CATEGORIES
from uma.kernel.geo import Box, Point
from uma.kernel.money import PAISE_PER_RUPEE

PAGE = 40
RADIUS_M = 20_000
LEAST_RUPEES = (0, 50, 100, 150)
MOST_DEGREES = 5.0
_LONGEST_CURSOR = 400
_CODE = re.compile(r"[A-Z0-9]{2,8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """A rider's wishes; `zone` is the city whose deals are shown."""

    zone: str
    near: Point | None
    box: Box | None
    category: str
    least_rupees: int
    open_now: bool
    sort: Sort
    after: str

    def search(self) -> Search:
        """Return the same as the map's selector takes it."""
        return Search(
            near=self.near,
            radius_m=RADIUS_M,
            box=self.box,
            category=self.category or None,
            min_cashback_paise=self.least_rupees * PAISE_PER_RUPEE or None,
            open_now=self.open_now,
            # Whoever says where they are, or looks at a part of the map, looks across borders.
            zone_code=None if self.near or self.box else self.zone,
            sort=self.sort,
            limit=PAGE,
            after=self.after or None,
        )

    def query(self, **more: str) -> str:
        """Return an address' query that says the same, with what is named changed."""
        facts = {
            "zone": self.zone,
            "near": f"{self.near.latitude:.5f},{self.near.longitude:.5f}" if self.near else "",
            "category": self.category,
            "least": str(self.least_rupees or ""),
            "open": "1" if self.open_now else "",
            "sort": self.sort.value,
            "bbox": _text(self.box),
            **more,
        }
        return urlencode({name: value for name, value in facts.items() if value})


def _text(box: Box | None) -> str:
    if box is None:
        return ""
    west, south = box.south_west.longitude, box.south_west.latitude
    east, north = box.north_east.longitude, box.north_east.latitude
    return f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"


def filters_from(query: Mapping[str, str], *, zone: str) -> Filters:
    """Return the wishes in a form's fields; `zone` where the form names none."""
    near = _point(query.get("near", ""))
    wanted = query.get("sort", "")
    sort = Sort(wanted) if wanted in set(Sort) else None
    if sort is None or (sort == Sort.DISTANCE and near is None):
        sort = Sort.DISTANCE if near else Sort.CASHBACK
    least = query.get("least", "")
    return Filters(
        zone=zone_from(query.get("zone", "")) or zone,
        near=near,
        box=_box(query.get("bbox", "")),
        category=query.get("category", "") if query.get("category") in CATEGORIES else "",
        least_rupees=int(least) if least in {str(amount) for amount in LEAST_RUPEES} else 0,
        open_now=query.get("open") == "1",
        sort=sort,
        after=query.get("after", "")[:_LONGEST_CURSOR],
    )


def zone_from(text: str) -> str:
    """Return a city's code, or nothing when it cannot be one."""
    return text if _CODE.fullmatch(text) else ""


def _point(text: str) -> Point | None:
    try:
        return Point.parse(text)
    except ValueError:
        return None


def _box(text: str) -> Box | None:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        box = Box(Point(south, west), Point(north, east))
    except ValueError:
        return None
    is_sane = 0 <= east - west <= MOST_DEGREES and 0 <= north - south <= MOST_DEGREES
    return box if is_sane else None
