"""
The documents of gamification: their shapes, their indexes, and the only reads and writes of them.

Every one of them is a copy that `rebuild_gamification` makes anew from PostgreSQL (reliability.md, INV-36).
A rider's document carries the instant its facts were read at, and is replaced only by a younger one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING, DeleteMany, ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, CollectionInvalid, DuplicateKeyError

from uma.kernel import mongo
from uma.kernel.mongo import Document, DocumentsAway

# The store's word for a second document with one key.
ALREADY_THERE = 11_000


class BadgeDocument(TypedDict):
    """One badge of the catalogue."""

    _id: str
    version: int
    name: str
    description: str
    icon: str
    family: str
    tier: int
    reward_paise: int
    order: int


class HeldBadge(TypedDict):
    """What one rider has of one badge."""

    code: str
    version: int
    progress: int
    count: int
    award_id: str | None
    earned_at: datetime | None


class AwardsDocument(TypedDict):
    """What one rider has of every badge."""

    _id: str
    as_of: datetime
    badges: list[HeldBadge]


class StepDocument(TypedDict):
    """One step of a mission."""

    kind: str
    title: str
    campaign_id: str | None
    outlet_id: str | None
    starts_at: str | None
    ends_at: str | None


class MissionDocument(TypedDict):
    """One mission of the catalogue."""

    _id: str
    zone_code: str
    kind: str
    title: str
    description: str
    why: str
    ordered: bool
    reward_paise: int
    score: int
    steps: list[StepDocument]
    campaigns: list[str]
    starts_at: datetime
    ends_at: datetime


class RunDocument(TypedDict):
    """One rider's try at one mission."""

    mission_id: str
    state: str
    joined_at: datetime
    steps_done: list[int]


class RunsDocument(TypedDict):
    """What one rider is on."""

    _id: str
    as_of: datetime
    runs: list[RunDocument]


class StreakDocument(TypedDict):
    """How many weeks in a row one rider has visited."""

    _id: str
    as_of: datetime
    weeks: int
    longest: int
    freeze_used: bool


_NUMBER = {"bsonType": ["int", "long"], "minimum": 0}
_TEXT, _TIME, _YES = {"bsonType": "string"}, {"bsonType": "date"}, {"bsonType": "bool"}
_MAYBE_TEXT, _MAYBE_TIME = {"bsonType": ["string", "null"]}, {"bsonType": ["date", "null"]}


def _shape(**fields: object) -> dict[str, object]:
    return {
        "bsonType": "object",
        "required": sorted(fields),
        "properties": fields,
        "additionalProperties": False,
    }


def _list(of: object) -> dict[str, object]:
    return {"bsonType": "array", "items": of}


@dataclass(frozen=True, slots=True)
class Kept:
    """A collection: its name, what a document of it must look like, and how it is looked up."""

    name: str
    shape: Mapping[str, object]
    indexes: tuple[tuple[tuple[str, int], ...], ...] = ()


BADGES = Kept(
    "gamification_badges",
    _shape(
        _id=_TEXT, version=_NUMBER, name=_TEXT, description=_TEXT, icon=_TEXT, family=_TEXT,
        tier=_NUMBER, reward_paise=_NUMBER, order=_NUMBER,
    ),
    ((("order", ASCENDING),),),
)  # fmt: skip
AWARDS = Kept(
    "gamification_awards",
    _shape(
        _id=_TEXT, as_of=_TIME,
        badges=_list(
            _shape(
                code=_TEXT, version=_NUMBER, progress=_NUMBER, count=_NUMBER, award_id=_MAYBE_TEXT,
                earned_at=_MAYBE_TIME,
            )
        ),
    ),
)  # fmt: skip
MISSIONS = Kept(
    "gamification_missions",
    _shape(
        _id=_TEXT, zone_code=_TEXT, kind=_TEXT, title=_TEXT, description=_TEXT, why=_TEXT,
        ordered=_YES, reward_paise=_NUMBER, score={"bsonType": ["int", "long"]},
        steps=_list(
            _shape(
                kind={"enum": ["ride", "deal", "commerce", "checkin"]}, title=_TEXT,
                campaign_id=_MAYBE_TEXT, outlet_id=_MAYBE_TEXT, starts_at=_MAYBE_TEXT,
                ends_at=_MAYBE_TEXT,
            )
        ),
        campaigns=_list(_TEXT), starts_at=_TIME, ends_at=_TIME,
    ),
    ((("zone_code", ASCENDING), ("score", DESCENDING)), (("ends_at", ASCENDING),)),
)  # fmt: skip
RUNS = Kept(
    "gamification_runs",
    _shape(
        _id=_TEXT, as_of=_TIME,
        runs=_list(
            _shape(
                mission_id=_TEXT, state={"enum": ["JOINED", "COMPLETED", "ABANDONED"]},
                joined_at=_TIME, steps_done=_list(_NUMBER),
            )
        ),
    ),
    ((("runs.mission_id", ASCENDING),),),
)  # fmt: skip
STREAKS = Kept(
    "gamification_streaks",
    _shape(_id=_TEXT, as_of=_TIME, weeks=_NUMBER, longest=_NUMBER, freeze_used=_YES),
)
COLLECTIONS = (BADGES, AWARDS, MISSIONS, RUNS, STREAKS)


def collection(kept: Kept) -> Collection[Document]:
    """Return a collection whose instants carry their time zone and whose writes are durable."""
    options: CodecOptions[Document] = CodecOptions(tz_aware=True)
    return mongo.database().get_collection(
        kept.name, codec_options=options, write_concern=mongo.DURABLE
    )


def prepare() -> list[str]:
    """Make the collections with their shapes and indexes, or bring them up to date; return their names."""
    with mongo.within(mongo.JOB_MS):
        database = mongo.database()
        for kept in COLLECTIONS:
            validator = {"$jsonSchema": dict(kept.shape)}
            try:
                database.create_collection(kept.name, validator=validator)
            except CollectionInvalid:
                database.command("collMod", kept.name, validator=validator)
            for index in kept.indexes:
                collection(kept).create_index(list(index))
    return [kept.name for kept in COLLECTIONS]


def drop() -> None:
    """Throw every document away; for a rebuild."""
    with mongo.within(mongo.JOB_MS):
        for kept in COLLECTIONS:
            mongo.database().drop_collection(kept.name)


def replace_all(kept: Kept, rows: Iterable[Mapping[str, object]]) -> None:
    """Make a catalogue consist of exactly these documents."""
    documents = [dict(row) for row in rows]
    keep = [row["_id"] for row in documents]
    with mongo.within(mongo.JOB_MS):
        collection(kept).bulk_write(
            [
                *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in documents),
                DeleteMany({"_id": {"$nin": keep}}),
            ]
        )


def replace_of_zone(zone_code: str, rows: Iterable[MissionDocument]) -> None:
    """Make the missions of one zone consist of exactly these."""
    documents = [cast("Document", row) for row in rows]
    keep = [row["_id"] for row in documents]
    with mongo.within(mongo.JOB_MS):
        collection(MISSIONS).bulk_write(
            [
                *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in documents),
                DeleteMany({"zone_code": zone_code, "_id": {"$nin": keep}}),
            ]
        )


def replace_rider(kept: Kept, row: AwardsDocument | RunsDocument | StreakDocument) -> None:
    """Write a rider's document unless a younger one is there."""
    older = {"_id": row["_id"], "as_of": {"$lte": row["as_of"]}}
    with mongo.within(mongo.JOB_MS):
        try:
            collection(kept).replace_one(older, cast("Document", row), upsert=True)
        except DuplicateKeyError:
            # The one that is there was read later than ours.
            return


def add_riders(kept: Kept, rows: Sequence[AwardsDocument | RunsDocument | StreakDocument]) -> None:
    """Write many riders' documents into an empty collection; of one that is there the younger stands."""
    if not rows:
        return
    there: list[int] = []
    with mongo.within(mongo.JOB_MS):
        try:
            collection(kept).insert_many([cast("Document", row) for row in rows], ordered=False)
        except BulkWriteError as errors:
            told = errors.details["writeErrors"]
            if any(one["code"] != ALREADY_THERE for one in told):
                raise
            there = [one["index"] for one in told]
    for place in there:
        # Somebody wrote it while everything was made anew.
        replace_rider(kept, rows[place])


def badges() -> list[BadgeDocument]:
    """
    Return the catalogue of badges in its order.

    Raises:
        DocumentsAway: also when nobody has written it yet
    """
    with mongo.within(mongo.ANSWER_MS):
        found = list(collection(BADGES).find().sort("order"))
    if not found:
        raise DocumentsAway
    return cast("list[BadgeDocument]", found)


def missions(*, zone_code: str, now: datetime) -> list[MissionDocument]:
    """Return a zone's missions that are not over, the best first."""
    with mongo.within(mongo.ANSWER_MS):
        rows = collection(MISSIONS).find({"zone_code": zone_code, "ends_at": {"$gt": now}})
        found = list(rows.sort([("score", DESCENDING), ("_id", ASCENDING)]).limit(100))
    return cast("list[MissionDocument]", found)


def of_rider(kept: Kept, rider_id: UUID) -> Mapping[str, Any] | None:
    """Return a rider's document of one kind."""
    with mongo.within(mongo.ANSWER_MS):
        return collection(kept).find_one({"_id": str(rider_id)})


def everything() -> dict[str, list[Document]]:
    """Return every document of every collection, for a comparison."""
    with mongo.within(mongo.JOB_MS):
        return {kept.name: list(collection(kept).find().sort("_id")) for kept in COLLECTIONS}
