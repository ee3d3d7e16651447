"""What a merchant's visits add up to: by hour, one by one, by cohort and by rider."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.handshake.models import CheckIn, Handshake
from apps.merchants.selectors import pseudonym


@dataclass(frozen=True, slots=True)
class HourOfVisits:
    """
    What one campaign did at one outlet in one hour of a zone's clock; paise, and what was taken back as
    negatives in the hour in which it was taken back. Spend is without the tax, `new_spend` that part of it
    which first visits cost; bills are those that were keyed in, `discount` what was taken off them.
    """

    day: date
    hour: int
    campaign_id: UUID
    outlet_id: UUID
    visits: int
    new_customers: int
    spend_paise: int
    gst_paise: int
    new_spend_paise: int
    bills: int
    bill_paise: int
    discount_paise: int


# Everything that moved a merchant's figures, at the instant at which it did.
EVENTS = """
    WITH ours AS NOT MATERIALIZED (
        SELECT h.id, h.rider_id, h.campaign_id, h.outlet_id, h.actor_id, h.is_new_customer AS is_new, h.gst_paise,
               h.bill_paise, h.merchant_debit_paise AS debit, h.created_at,
               round(h.bill_paise * h.discount_bps / 10000.0)::bigint AS discount
          FROM handshake_handshake h WHERE h.merchant_id = %(merchant)s
    ), event AS (
        SELECT created_at AS at, id, rider_id, campaign_id, outlet_id, actor_id, is_new, 1 AS visits,
               is_new::int AS fresh, debit, gst_paise AS gst, bill_paise AS bill, discount, 1 AS sign
          FROM ours WHERE created_at >= %(since)s AND created_at < %(until)s
        UNION ALL
        SELECT r.created_at, o.id, o.rider_id, o.campaign_id, o.outlet_id, o.actor_id, o.is_new, -r.full::int,
               -(r.full AND o.is_new)::int, -r.merchant_credit_paise,
               CASE WHEN r.full THEN -o.gst_paise ELSE 0 END,
               CASE WHEN r.full THEN o.bill_paise END, o.discount, -1
          FROM handshake_reversal r JOIN ours o ON o.id = r.handshake_id
         WHERE r.created_at >= %(since)s AND r.created_at < %(until)s
        UNION ALL
        -- The fees stay, so the customer stays a new one.
        SELECT d.decided_at, o.id, o.rider_id, o.campaign_id, o.outlet_id, o.actor_id, o.is_new, -1, 0,
               -d.parked_paise, 0, o.bill_paise, o.discount, -1
          FROM handshake_dispute d JOIN ours o ON o.id = d.handshake_id
         WHERE d.state = 'FOR_MERCHANT' AND d.decided_at >= %(since)s AND d.decided_at < %(until)s
    )
"""
_SUMS = """
           sum(visits), sum(fresh), sum(debit - gst), sum(gst),
           sum(debit - gst) FILTER (WHERE is_new), sum(sign) FILTER (WHERE bill IS NOT NULL),
           sum(sign * bill), sum(sign * discount) FILTER (WHERE bill IS NOT NULL)
"""
_HERE = """
       (%(campaign)s::uuid IS NULL OR campaign_id = %(campaign)s)
       AND (cardinality(%(outlets)s::uuid[]) = 0 OR outlet_id = ANY (%(outlets)s::uuid[]))
"""
_HOURS = f"""{EVENTS}
    SELECT (at AT TIME ZONE %(clock)s)::date, extract(hour FROM at AT TIME ZONE %(clock)s)::int,
           campaign_id, outlet_id, {_SUMS}
      FROM event GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""  # noqa: S608  # our own constant


def hours_of_visits(
    *, merchant_id: UUID, timezone: str, since: datetime, until: datetime
) -> list[HourOfVisits]:
    """Return the merchant's visits from `since`, included, to `until`, excluded, by hour."""
    given: dict[str, Any] = {  # Any: what the driver takes
        "merchant": merchant_id,
        "clock": timezone,
        "since": since,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, given)
        return [
            HourOfVisits(*row[:4], *(int(figure or 0) for figure in row[4:]))
            for row in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class Event:
    """
    A visit (`sign` 1) or what was taken back of one (-1), with what it added to the figures, in paise.

    The guest is a pseudonym that only this merchant sees.
    """

    at: datetime
    handshake_id: UUID
    guest: str
    campaign_id: UUID
    outlet_id: UUID
    is_new: bool
    visits: int
    spend_paise: int
    gst_paise: int
    bill_paise: int | None
    sign: int

    @property
    def debit_paise(self) -> int:
        return self.spend_paise + self.gst_paise


_ONE_BY_ONE = f"""{EVENTS}
    SELECT at, id, rider_id, campaign_id, outlet_id, is_new, visits, debit - gst, gst, bill, sign
      FROM event
     WHERE {_HERE}
     ORDER BY at DESC, id DESC, sign DESC OFFSET %(skip)s LIMIT %(limit)s
"""  # noqa: S608  # our own constant


def events_of(
    *,
    merchant_id: UUID,
    since: datetime,
    until: datetime,
    limit: int,
    skip: int = 0,
    outlet_ids: Collection[UUID] = (),
    campaign_id: UUID | None = None,
) -> list[Event]:
    """Return what the figures of a time are made of, the newest first: they sum to them."""
    given: dict[str, Any] = {  # Any: what the driver takes
        "merchant": merchant_id,
        "since": since,
        "until": until,
        "campaign": campaign_id,
        "outlets": list(outlet_ids),
        "limit": limit,
        "skip": skip,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ONE_BY_ONE, given)
        return [
            Event(at, key, pseudonym(merchant_id=merchant_id, rider_id=rider), *rest)
            for at, key, rider, *rest in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class VisitsByScanner:
    """What one person or key at the counter scanned in a time, as `HourOfVisits` counts it."""

    actor_id: UUID
    visits: int
    new_customers: int
    spend_paise: int
    gst_paise: int
    new_spend_paise: int
    bills: int
    bill_paise: int
    discount_paise: int


_SCANNERS = f"""{EVENTS}
    SELECT actor_id, {_SUMS} FROM event WHERE {_HERE} GROUP BY actor_id ORDER BY 2 DESC, 1
"""  # noqa: S608  # our own constants


def visits_by_scanner(
    *,
    merchant_id: UUID,
    since: datetime,
    until: datetime,
    outlet_ids: Collection[UUID] = (),
    campaign_id: UUID | None = None,
) -> list[VisitsByScanner]:
    """Return the visits of a time by who scanned them, most first; what was taken back is its scanner's."""
    given: dict[str, Any] = {  # Any: what the driver takes
        "merchant": merchant_id,
        "since": since,
        "until": until,
        "campaign": campaign_id,
        "outlets": list(outlet_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SCANNERS, given)
        return [
            VisitsByScanner(actor, *(int(figure or 0) for figure in figures))
            for actor, *figures in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class Cohort:
    """
    The customers who came for the first time on one day, and how many came again in time: `returned` by a
    deal or without, `organic` of them at least once without.
    """

    day: date
    size: int
    returned: int
    organic: int


_COHORTS = """
    WITH gone AS (
        SELECT handshake_id FROM handshake_reversal WHERE "full"
        UNION ALL SELECT handshake_id FROM handshake_dispute WHERE state = 'FOR_MERCHANT'
    )
    SELECT (h.created_at AT TIME ZONE %(clock)s)::date, count(*),
           count(*) FILTER (WHERE paid OR unpaid), count(*) FILTER (WHERE unpaid)
      FROM handshake_handshake h
     CROSS JOIN LATERAL (SELECT EXISTS (
               SELECT FROM handshake_handshake n
                WHERE n.rider_id = h.rider_id AND n.merchant_id = h.merchant_id
                  AND n.created_at > h.created_at AND n.created_at <= h.created_at + %(within)s
                  AND NOT EXISTS (SELECT FROM gone g WHERE g.handshake_id = n.id)) AS paid,
           EXISTS (
               SELECT FROM handshake_checkin c
                WHERE c.rider_id = h.rider_id AND c.merchant_id = h.merchant_id
                  AND c.created_at > h.created_at AND c.created_at <= h.created_at + %(within)s) AS unpaid) again
     WHERE h.merchant_id = %(merchant)s AND h.is_new_customer
       AND h.created_at >= %(since)s AND h.created_at < %(until)s
       AND NOT EXISTS (SELECT FROM gone g WHERE g.handshake_id = h.id)
     GROUP BY 1 ORDER BY 1
"""


def cohorts_of(
    *, merchant_id: UUID, timezone: str, since: datetime, until: datetime, within: timedelta
) -> list[Cohort]:
    """Return the merchant's first-visit cohorts by day, and how many came again in time, by a deal or without."""
    given: dict[str, Any] = {  # Any: as above
        "merchant": merchant_id,
        "clock": timezone,
        "since": since,
        "until": until,
        "within": within,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COHORTS, given)
        return [Cohort(*row) for row in cursor.fetchall()]


def first_visit_at(*, merchant_id: UUID) -> datetime | None:
    """Return when the merchant's first visit ever was proved."""
    rows = Handshake.objects.filter(merchant_id=merchant_id).order_by("created_at")
    return rows.values_list("created_at", flat=True).first()


def newest_of(*, merchant_id: UUID) -> str:
    """Return what changes whenever a guest was proved to be there, by a deal or without."""
    newest = [
        rows.filter(merchant_id=merchant_id).order_by("-created_at").values_list("pk", flat=True)
        for rows in (Handshake.objects.all(), CheckIn.objects.all())
    ]
    return "".join(found.hex[-12:] for rows in newest if (found := rows.first()))


@dataclass(frozen=True, slots=True)
class RiderVisits:
    """How often one rider came to a merchant in a time: by deals, without, and whether for the first time."""

    rider_id: UUID
    by_deal: int
    check_ins: int
    is_new: bool

    @property
    def visits(self) -> int:
        return self.by_deal + self.check_ins


_RIDERS = f"""{EVENTS}
    SELECT rider_id, greatest(sum(visits), 0), sum(check_ins), sum(fresh) > 0
      FROM (SELECT rider_id, visits, 0 AS check_ins, fresh FROM event
            UNION ALL
            SELECT rider_id, 0, 1, is_new_customer::int FROM handshake_checkin
             WHERE merchant_id = %(merchant)s AND created_at >= %(since)s AND created_at < %(until)s) e
     GROUP BY rider_id
"""  # noqa: S608  # our own constant


def visits_of_riders(*, merchant_id: UUID, since: datetime, until: datetime) -> list[RiderVisits]:
    """Return who came in a time and how often; what was taken back in it is not counted."""
    given: dict[str, Any] = {  # Any: as above
        "merchant": merchant_id,
        "since": since,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RIDERS, given)
        found = [
            RiderVisits(rider, int(by_deal), int(check_ins), is_new)
            for rider, by_deal, check_ins, is_new in cursor.fetchall()
        ]
    return [one for one in found if one.visits]
