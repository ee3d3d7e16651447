"""
The documents of gamification: their shapes, their indexes, and the only reads and writes of them.

Every one of them is a copy that `rebuild_gamification` makes anew from PostgreSQL (reliability.md, INV-36).
A rider's document carries the instant its facts were read at, and is replaced only by a younger one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from pymongo import ASCENDING, DESCENDING, DeleteMany, ReplaceOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from uma.kernel import documents, mongo
from uma.kernel.documents import (
    MAYBE_TEXT,
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


BADGES = Kept(
    "gamification_badges",
    shape(
        _id=TEXT, version=NUMBER, name=TEXT, description=TEXT, icon=TEXT, family=TEXT,
        tier=NUMBER, reward_paise=NUMBER, order=NUMBER,
    ),
    ((("order", ASCENDING),),),
)  # fmt: skip
AWARDS = Kept(
    "gamification_awards",
    shape(
        _id=TEXT, as_of=TIME,
        badges=many(
            shape(
                code=TEXT, version=NUMBER, progress=NUMBER, count=NUMBER, award_id=MAYBE_TEXT,
                earned_at=MAYBE_TIME,
            )
        ),
    ),
)  # fmt: skip
MISSIONS = Kept(
    "gamification_missions",
    shape(
        _id=TEXT, zone_code=TEXT, kind=TEXT, title=TEXT, description=TEXT, why=TEXT,
        ordered=YES, reward_paise=NUMBER, score={"bsonType": ["int", "long"]},
        steps=many(
            shape(
                kind={"enum": ["ride", "deal", "commerce", "checkin"]}, title=TEXT,
                campaign_id=MAYBE_TEXT, outlet_id=MAYBE_TEXT, starts_at=MAYBE_TEXT,
                ends_at=MAYBE_TEXT,
            )
        ),
        campaigns=many(TEXT), starts_at=TIME, ends_at=TIME,
    ),
    ((("zone_code", ASCENDING), ("score", DESCENDING)), (("ends_at", ASCENDING),)),
)  # fmt: skip
RUNS = Kept(
    "gamification_runs",
    shape(
        _id=TEXT, as_of=TIME,
        runs=many(
            shape(
                mission_id=TEXT, state={"enum": ["JOINED", "COMPLETED", "ABANDONED"]},
                joined_at=TIME, steps_done=many(NUMBER),
            )
        ),
    ),
    ((("runs.mission_id", ASCENDING),),),
)  # fmt: skip
STREAKS = Kept(
    "gamification_streaks",
    shape(_id=TEXT, as_of=TIME, weeks=NUMBER, longest=NUMBER, freeze_used=YES),
)
COLLECTIONS = (BADGES, AWARDS, MISSIONS, RUNS, STREAKS)


def prepare() -> list[str]:
    """Make the collections with their shapes and indexes, or bring them up to date; return their names."""
    return documents.prepare(COLLECTIONS)


def drop() -> None:
    """Throw every document away; for a rebuild."""
    documents.drop(COLLECTIONS)


def replace_all(kept: Kept, rows: Iterable[Mapping[str, object]]) -> None:
    """Make a catalogue consist of exactly these documents."""
    wanted = [dict(row) for row in rows]
    keep = [row["_id"] for row in wanted]
    with mongo.within(mongo.JOB_MS):
        collection(kept).bulk_write(
            [
                *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in wanted),
                DeleteMany({"_id": {"$nin": keep}}),
            ]
        )


def replace_of_zone(zone_code: str, rows: Iterable[MissionDocument]) -> None:
    """Make the missions of one zone consist of exactly these."""
    wanted = [cast("Document", row) for row in rows]
    keep = [row["_id"] for row in wanted]
    with mongo.within(mongo.JOB_MS):
        collection(MISSIONS).bulk_write(
            [
                *(ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in wanted),
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
