"""
Badges and missions as a rider sees them: from documents, or the last good copy while the store is away.

What is a rider's own is computed from PostgreSQL then, and so is a catalogue of which this process has no
copy yet.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from apps.gamification import documents
from apps.gamification.documents import BadgeDocument, MissionDocument
from apps.gamification.selectors import projections
from uma.kernel.documents import Kept
from uma.kernel.mongo import DocumentsAway

T = TypeVar("T")
# Zones are few; a copy of each is small.
COPIES_MOST = 256
# Then it is made anew, from PostgreSQL: missions come and go.
COPY_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What was read, and of when it is when it is a copy."""

    value: T
    copy_of: datetime | None = None


_copies: dict[str, tuple[datetime, Any]] = {}
_lock = threading.Lock()


def forget_copies() -> None:
    """Forget every copy of this process."""
    with _lock:
        _copies.clear()


def _or_copy(
    name: str, read: Callable[[], T], *, otherwise: Callable[[], T], now: datetime
) -> Seen[T]:
    try:
        value = read()
    except DocumentsAway:
        with _lock:
            known = _copies.get(name)
        if known is not None and now - known[0] < COPY_LASTS:
            return Seen(known[1], copy_of=known[0])
        value, away = otherwise(), True
    else:
        away = False
    with _lock:
        if name in _copies or len(_copies) < COPIES_MOST:
            _copies[name] = (now, value)
    return Seen(value, copy_of=now if away else None)


def badges(*, now: datetime) -> Seen[list[BadgeDocument]]:
    """Return the catalogue of badges."""
    return _or_copy("badges", documents.badges, otherwise=projections.badges, now=now)


def missions(*, zone_code: str, now: datetime) -> Seen[list[MissionDocument]]:
    """Return a zone's missions, the best first; of a copy, those that are not over."""
    seen = _or_copy(
        f"missions:{zone_code}",
        lambda: documents.missions(zone_code=zone_code, now=now),
        otherwise=lambda: projections.missions(zone_code=zone_code, now=now),
        now=now,
    )
    return Seen([row for row in seen.value if row["ends_at"] > now], seen.copy_of)


def own_badges(*, rider_id: UUID, now: datetime) -> Mapping[str, Any]:
    """Return what the rider has of each badge."""
    return (
        _own(documents.AWARDS, rider_id, now=now)
        or projections.rider(rider_id=rider_id, now=now).awards
    )


def own_runs(*, rider_id: UUID, now: datetime) -> Mapping[str, Any]:
    """Return the missions that the rider is on."""
    return (
        _own(documents.RUNS, rider_id, now=now)
        or projections.rider(rider_id=rider_id, now=now).runs
    )


def own_streak(*, rider_id: UUID, now: datetime) -> Mapping[str, Any]:
    """Return the rider's streak, of now: a document is only as old as the last visit, a week may be over."""
    return projections.rider(rider_id=rider_id, now=now).streak


def _own(kept: Kept, rider_id: UUID, *, now: datetime) -> Mapping[str, Any] | None:
    """Return the rider's document, None when it is away, missing, due to be written, or of another day."""
    if projections.is_due(rider_id=rider_id):
        return None
    try:
        found = documents.of_rider(kept, rider_id)
    except DocumentsAway:
        return None
    # A window of days moves on without a visit: yesterday's progress may be too much.
    if found is None or found["as_of"].astimezone(UTC).date() != now.astimezone(UTC).date():
        return None
    return found
