"""What a rider looks for on the map."""

from dataclasses import dataclass
from enum import StrEnum

from uma.kernel.geo import Box, Point


class Sort(StrEnum):
    DISTANCE = "distance"
    CASHBACK = "cashback"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    What a rider looks for. `sort` by distance needs `near`, which needs `radius_m`.

    `after` is the `next_cursor` of the page before.
    """

    near: Point | None = None
    radius_m: int = 10_000
    box: Box | None = None
    category: str | None = None
    min_cashback_paise: int | None = None
    open_now: bool = False
    zone_code: str | None = None
    sort: Sort = Sort.NEWEST
    limit: int = 20
    after: str | None = None
