"""What trips like this one cost of late, while the sellers of today have not answered yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.ondc import documents
from apps.ondc.squares import around, is_same
from uma.kernel.geo import Point
from uma.kernel.mongo import DocumentsAway


@dataclass(frozen=True, slots=True)
class Lately:
    """One seller's prices for one kind of vehicle; `is_same` of the same way, else of one near it."""

    provider: str
    category: str
    lowest_paise: int
    highest_paise: int
    told_at: datetime
    is_same: bool


def prices_of_late(
    *,
    city: str,
    pickup: Point,
    drop: Point | None,
    via: Sequence[Point] = (),
    at: datetime | None = None,
    category: str,
    now: datetime,
) -> list[Lately]:
    """
    Return each seller's newest prices, of the same way where there are any, the lowest first.

    Nothing for a trip that is unlike others (a rental, with stops, for later), and while the store is away.
    """
    if drop is None or via or at is not None:
        return []
    try:
        rows = documents.prices(city=city, starts=around(pickup), ends=around(drop), now=now)
    except DocumentsAway:
        return []
    found: dict[tuple[str, str], Lately] = {}
    # The newest come first, and of equal rows the order stays.
    for row in sorted(rows, key=lambda one: not is_same((one["start"], one["end"]), pickup, drop)):
        if category and row["category"] != category:
            continue
        told = Lately(
            provider=row["provider"],
            category=row["category"],
            lowest_paise=row["lowest_paise"],
            highest_paise=row["highest_paise"],
            told_at=row["told_at"],
            is_same=is_same((row["start"], row["end"]), pickup, drop),
        )
        found.setdefault((row["bpp_id"], row["category"]), told)
    return sorted(found.values(), key=lambda one: (one.lowest_paise, one.provider, one.category))
