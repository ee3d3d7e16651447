"""
What sellers told, for as long as it is of use: the network's cache. Shapes, indexes, the only reads and writes.

It is never the truth: nothing is bought, paid or counted by it, and what is lost is asked for again. Whoever
reads it while the store is away is told so and goes on without (decisions/0046).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypedDict, TypeVar, cast

from pymongo import ASCENDING, ReplaceOne, UpdateOne

from uma.kernel import documents, mongo
from uma.kernel.documents import (
    DEGREES,
    MAYBE_NUMBER,
    MAYBE_TIME,
    NUMBER,
    TEXT,
    TIME,
    YES,
    Kept,
    collection,
    many,
    shape,
)
from uma.kernel.mongo import Document

T = TypeVar("T")
CHUNK = 500
# What a document is told by and when: no part of what it says.
_ABOUT = frozenset({"digest", "told_at", "seen_at", "changed_at", "expires_at"})


class Hours(TypedDict):
    """A weekly window: the day it opens on (Monday 0), and minutes of the zone's day."""

    dow: int
    start: int
    end: int


class About(TypedDict):
    """Whose word a document is, since when, and for how long."""

    _id: str
    city: str
    bpp_id: str
    provider_id: str
    digest: str
    # When the seller said so; when a whole catalogue had it last; when it said something new.
    told_at: datetime
    seen_at: datetime
    changed_at: datetime
    expires_at: datetime


class ShopDocument(About):
    """One shop of a catalogue, at one place."""

    location_id: str
    name: str
    about: str
    latitude: float
    longitude: float
    hours: list[Hours]
    is_enabled: bool
    is_place_enabled: bool
    closed_from: datetime | None
    closed_until: datetime | None


class GoodsDocument(About):
    """One thing that a shop sells; `location_id` is empty of what all its places have."""

    location_id: str
    item_id: str
    name: str
    price_paise: int | None
    is_available: bool


class StationDocument(About):
    """One stop of a line of buses or of a metro."""

    sale: str
    provider_name: str
    line: str
    code: str
    name: str
    latitude: float
    longitude: float
    hours: list[Hours]
    fare_paise: int | None


class PriceDocument(TypedDict):
    """What one seller asked of late for one kind of vehicle between two squares of the map."""

    _id: str
    city: str
    bpp_id: str
    start: str
    end: str
    category: str
    provider: str
    lowest_paise: int
    highest_paise: int
    told_at: datetime
    expires_at: datetime


_TOLD = {
    "_id": TEXT, "city": TEXT, "bpp_id": TEXT, "provider_id": TEXT, "digest": TEXT, "told_at": TIME,
    "seen_at": TIME, "changed_at": TIME, "expires_at": TIME,
}  # fmt: skip
_HOURS = many(shape(dow=NUMBER, start=NUMBER, end=NUMBER))
_OF_SELLER = (("city", ASCENDING), ("bpp_id", ASCENDING), ("provider_id", ASCENDING))

SHOPS = Kept(
    "ondc_shops",
    shape(
        **_TOLD, location_id=TEXT, name=TEXT, about=TEXT, latitude=DEGREES, longitude=DEGREES,
        hours=_HOURS, is_enabled=YES, is_place_enabled=YES, closed_from=MAYBE_TIME,
        closed_until=MAYBE_TIME,
    ),
    (_OF_SELLER,),
    expires="expires_at",
)  # fmt: skip
GOODS = Kept(
    "ondc_goods",
    shape(
        **_TOLD, location_id=TEXT, item_id=TEXT, name=TEXT, price_paise=MAYBE_NUMBER,
        is_available=YES,
    ),
    (_OF_SELLER,),
    expires="expires_at",
)  # fmt: skip
STATIONS = Kept(
    "ondc_stations",
    shape(
        **_TOLD, sale={"enum": ["BUS", "METRO"]}, provider_name=TEXT, line=TEXT, code=TEXT, name=TEXT,
        latitude=DEGREES, longitude=DEGREES, hours=_HOURS, fare_paise=MAYBE_NUMBER,
    ),
    ((("city", ASCENDING), ("sale", ASCENDING), ("bpp_id", ASCENDING)),),
    expires="expires_at",
)  # fmt: skip
PRICES = Kept(
    "ondc_prices",
    shape(
        _id=TEXT, city=TEXT, bpp_id=TEXT, start=TEXT, end=TEXT, category=TEXT, provider=TEXT,
        lowest_paise=NUMBER, highest_paise=NUMBER, told_at=TIME, expires_at=TIME,
    ),
    ((("start", ASCENDING), ("end", ASCENDING)),),
    expires="expires_at",
)  # fmt: skip
COLLECTIONS = (SHOPS, GOODS, STATIONS, PRICES)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents were told, and how many of them say something new."""

    told: int = 0
    changed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.told + other.told, self.changed + other.changed)


def key(*parts: str) -> str:
    """Return the id of what sellers name by several ids: theirs may be long and hold anything."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def prepare() -> list[str]:
    """Make the collections with their shapes and indexes, or bring them up to date; return their names."""
    return documents.prepare(COLLECTIONS)


def drop() -> None:
    """Throw every document away: it is told again."""
    documents.drop(COLLECTIONS)


def tell(kept: Kept, rows: Iterable[Mapping[str, object]]) -> Counts:
    """
    Write what was told: what says the same as before is only dated anew, and what was told later stands.

    A row is a whole document but for `digest` and `changed_at`, which follow from it.
    """
    counts = Counts()
    for chunk in _chunks(_last_word(rows)):
        with mongo.within(mongo.JOB_MS):
            counts += _tell(kept, chunk)
    return counts


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


def _last_word(rows: Iterable[Mapping[str, object]]) -> Iterable[Mapping[str, object]]:
    # The same thing twice in one message would be two writes of one document.
    return {row["_id"]: row for row in rows}.values()


def _tell(kept: Kept, rows: Sequence[Mapping[str, object]]) -> Counts:
    wanted = collection(kept)
    ids = {"_id": {"$in": [row["_id"] for row in rows]}}
    known = {one["_id"]: one for one in wanted.find(ids, {"digest": 1, "told_at": 1})}
    writes: list[ReplaceOne[Document] | UpdateOne] = []
    counts = Counts()
    for row in rows:
        old = known.get(row["_id"])
        if old is not None and old["told_at"] > row["told_at"]:
            continue
        digest = _digest(row)
        is_news = old is None or old["digest"] != digest
        counts += Counts(1, int(is_news))
        if is_news:
            whole = {**row, "digest": digest, "changed_at": row["told_at"]}
            writes.append(ReplaceOne({"_id": row["_id"]}, whole, upsert=True))
        else:
            dated = {name: row[name] for name in ("told_at", "seen_at", "expires_at")}
            writes.append(UpdateOne({"_id": row["_id"]}, {"$set": dated}))
    if writes:
        wanted.bulk_write(writes, ordered=False)
    return counts


def _digest(row: Mapping[str, object]) -> str:
    says = {name: value for name, value in row.items() if name not in _ABOUT}
    text = json.dumps(says, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_seller(
    kept: Kept, *, city: str, bpp_id: str, provider_ids: Sequence[str]
) -> dict[str, Document]:
    """Return what some shops of a seller told before, by id."""
    asked = {"city": city, "bpp_id": bpp_id, "provider_id": {"$in": list(provider_ids)}}
    with mongo.within(mongo.JOB_MS):
        return {one["_id"]: one for one in collection(kept).find(asked)}


def forget_untold(kept: Kept, *, since: datetime, **of: object) -> int:
    """Delete what a seller did not tell again in a catalogue that was asked for then; return how much."""
    with mongo.within(mongo.JOB_MS):
        return collection(kept).delete_many({**of, "seen_at": {"$lt": since}}).deleted_count


def count(kept: Kept, **of: object) -> int:
    """Return how many documents there are of something; for a job."""
    with mongo.within(mongo.JOB_MS):
        return collection(kept).count_documents(dict(of))


def shops(*, city: str, now: datetime) -> list[ShopDocument]:
    """Return the shops of a city whose word still holds, whether they are open or not."""
    with mongo.within(mongo.JOB_MS):
        found = list(collection(SHOPS).find({"city": city, "expires_at": {"$gt": now}}).sort("_id"))
    return cast("list[ShopDocument]", found)


def goods(*, city: str, provider_ids: Sequence[str], now: datetime) -> list[GoodsDocument]:
    """Return what some shops of a city have."""
    asked = {
        "city": city, "provider_id": {"$in": list(provider_ids)}, "is_available": True,
        "expires_at": {"$gt": now},
    }  # fmt: skip
    with mongo.within(mongo.JOB_MS):
        found = list(collection(GOODS).find(asked).sort("_id"))
    return cast("list[GoodsDocument]", found)


def stations(*, city: str, now: datetime) -> list[StationDocument]:
    """Return the stops of a city's buses and metros."""
    asked = {"city": city, "expires_at": {"$gt": now}}
    with mongo.within(mongo.JOB_MS):
        found = list(collection(STATIONS).find(asked).sort("_id"))
    return cast("list[StationDocument]", found)


def remember_prices(rows: Iterable[PriceDocument]) -> None:
    """Write what rides cost just now, in place of what they cost before."""
    writes = [ReplaceOne({"_id": row["_id"]}, cast("Document", row), upsert=True) for row in rows]
    for chunk in _chunks(writes):
        with mongo.within(mongo.JOB_MS):
            collection(PRICES).bulk_write(chunk, ordered=False)


def prices(
    *, city: str, starts: Sequence[str], ends: Sequence[str], now: datetime
) -> list[PriceDocument]:
    """Return what rides between some squares of the map cost of late, the newest first; for an answer."""
    asked = {
        "start": {"$in": list(starts)}, "end": {"$in": list(ends)}, "city": city,
        "expires_at": {"$gt": now},
    }  # fmt: skip
    with mongo.within(mongo.ANSWER_MS):
        found = list(collection(PRICES).find(asked).sort([("told_at", -1), ("_id", 1)]).limit(100))
    return cast("list[PriceDocument]", found)
