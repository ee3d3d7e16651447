"""The customers of a time, by the names that only their merchant sees: how many, and one after the other."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.handshake.selectors.figures import EVENTS
from apps.merchants.selectors import pseudonym


@dataclass(frozen=True, slots=True)
class Guest:
    """
    A customer of a time, by the name that only this merchant sees; what was taken back is not counted.

    `last_id` is the visit of `last_at`: both together say where a page of guests ends.
    """

    name: str
    visits: int
    is_new: bool
    last_at: datetime
    last_id: UUID
    spend_paise: int


@dataclass(frozen=True, slots=True)
class GuestTotals:
    """How many customers a time had, how many came for the first time in it, and how many more than once."""

    guests: int
    new: int
    again: int


_EACH = f"""{EVENTS}, guest AS (
    SELECT rider_id, sum(visits)::int AS visits, sum(fresh) > 0 AS is_new, max(at) AS last_at,
           (array_agg(id ORDER BY at DESC, id DESC))[1] AS last_id, sum(debit)::bigint AS debit
      FROM event
     WHERE cardinality(%(outlets)s::uuid[]) = 0 OR outlet_id = ANY (%(outlets)s::uuid[])
     GROUP BY rider_id HAVING sum(visits) > 0
)"""  # noqa: S608  # our own constant
_TOTALS = f"""{_EACH}
    SELECT count(*), count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE visits > 1) FROM guest
"""  # noqa: S608  # our own constant
_PAGE = f"""{_EACH}
    SELECT rider_id, visits, is_new, last_at, last_id, debit FROM guest
     WHERE %(after_at)s::timestamptz IS NULL OR (last_at, last_id) < (%(after_at)s, %(after_id)s::uuid)
     ORDER BY last_at DESC, last_id DESC LIMIT %(limit)s
"""  # noqa: S608  # our own constant


def guest_totals(
    *, merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID] = ()
) -> GuestTotals:
    """Return how many customers a time had: every one of them, however many are shown."""
    given = _given(merchant_id, since, until, outlet_ids)
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, given)
        return GuestTotals(*cursor.fetchone())


def guests_of(
    *,
    merchant_id: UUID,
    since: datetime,
    until: datetime,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
    outlet_ids: Collection[UUID] = (),
) -> list[Guest]:
    """Return the customers of a time, who came last first; `after` is the last visit of the page before."""
    at, key = after or (None, None)
    given = _given(merchant_id, since, until, outlet_ids)
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, given | {"after_at": at, "after_id": key, "limit": limit})
        return [
            Guest(pseudonym(merchant_id=merchant_id, rider_id=rider), *rest)
            for rider, *rest in cursor.fetchall()
        ]


def _given(
    merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID]
) -> dict[str, Any]:  # Any: what the driver takes
    return {
        "merchant": merchant_id,
        "since": since,
        "until": until,
        "outlets": list(outlet_ids),
    }
