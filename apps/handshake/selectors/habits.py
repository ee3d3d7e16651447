"""What a visit looks like beside others of its rider, its pair and its scanner: facts to judge it by."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, Sum

from apps.handshake.models import Handshake
from apps.handshake.rules import REMOTE_SCAN_M
from uma.kernel.ids import first_id_of

# A settlement whose clock was read at this moment has committed this much later, or never will.
SETTLED_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Habit:
    """
    A visit, and counts that include it: of its rider, of the rider at this merchant (the pair), and of
    whoever scanned. Windows end at the visit itself, so that a later look finds the same.

    `month` is 30 days, for scans 14. Amounts are paise of cashback. `pair_doubles` followed another visit
    within two hours, in a week. A scan is blind when the scanner did not say where it stood, remote when
    it stood further away than a scan is settled without a look. `pair_scans` are this scanner's of this
    rider, `rest_scans` the merchant's of everybody else.
    """

    handshake_id: UUID
    booking_id: UUID
    zone_code: str
    rider_id: UUID
    merchant_id: UUID
    outlet_id: UUID
    actor_id: UUID
    at: datetime
    paise: int
    scan_distance_m: int | None
    rider_hour: int
    pair_two_hours: int
    pair_week: int
    pair_doubles: int
    rider_month: int
    pair_month: int
    rider_paise: int
    pair_paise: int
    rider_remote: int
    before_outlet_id: UUID | None
    before_at: datetime | None
    scanner_hour: int
    pair_scans: int
    pair_blind: int
    rest_scans: int
    rest_blind: int


# Each inner look walks along `handshake_by_rider` or `handshake_by_merchant`, within its window.
_HABITS = """
    SELECT h.id, h.booking_id, h.zone_code, h.rider_id, h.merchant_id, h.outlet_id, h.actor_id,
           h.created_at, h.reimbursement_paise, h.scan_distance_m,
           r.hour, r.pair_two_hours, r.pair_week, r.pair_doubles,
           r.month, r.pair_month, r.paise, r.pair_paise, r.remote,
           b.outlet_id, b.created_at,
           s.hour, s.pair, s.pair_blind, s.rest, s.rest_blind
      FROM handshake_handshake h
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE o.created_at > h.created_at - interval '1 hour') AS hour,
                  count(*) FILTER (WHERE o.merchant_id = h.merchant_id
                                     AND o.created_at > h.created_at - interval '2 hours') AS pair_two_hours,
                  count(*) FILTER (WHERE o.merchant_id = h.merchant_id
                                     AND o.created_at > h.created_at - interval '7 days') AS pair_week,
                  count(*) FILTER (WHERE o.merchant_id = h.merchant_id AND o.since_before < interval '2 hours'
                                     AND o.created_at > h.created_at - interval '7 days') AS pair_doubles,
                  count(*) AS month,
                  count(*) FILTER (WHERE o.merchant_id = h.merchant_id) AS pair_month,
                  sum(o.reimbursement_paise)::bigint AS paise,
                  sum(o.reimbursement_paise) FILTER (WHERE o.merchant_id = h.merchant_id)::bigint AS pair_paise,
                  count(*) FILTER (WHERE o.scan_distance_m > %(remote_m)s) AS remote
             FROM (SELECT x.merchant_id, x.created_at, x.reimbursement_paise, x.scan_distance_m,
                          x.created_at - lag(x.created_at) OVER (
                              PARTITION BY x.merchant_id ORDER BY x.created_at) AS since_before
                     FROM handshake_handshake x
                    WHERE x.rider_id = h.rider_id
                      AND x.created_at > h.created_at - interval '30 days'
                      AND x.created_at <= h.created_at) o) r
      LEFT JOIN LATERAL (
           SELECT o.outlet_id, o.created_at
             FROM handshake_handshake o
            WHERE o.rider_id = h.rider_id AND o.id <> h.id
              AND o.created_at > h.created_at - interval '1 day' AND o.created_at <= h.created_at
            ORDER BY o.created_at DESC LIMIT 1) b ON true
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE mine AND o.created_at > h.created_at - interval '1 hour') AS hour,
                  count(*) FILTER (WHERE mine AND o.rider_id = h.rider_id) AS pair,
                  count(*) FILTER (WHERE mine AND o.rider_id = h.rider_id
                                     AND o.scan_distance_m IS NULL) AS pair_blind,
                  count(*) FILTER (WHERE o.rider_id <> h.rider_id) AS rest,
                  count(*) FILTER (WHERE o.rider_id <> h.rider_id AND o.scan_distance_m IS NULL) AS rest_blind
             FROM (SELECT x.created_at, x.rider_id, x.scan_distance_m, x.actor_id = h.actor_id AS mine
                     FROM handshake_handshake x
                    WHERE x.merchant_id = h.merchant_id
                      AND x.created_at > h.created_at - interval '14 days'
                      AND x.created_at <= h.created_at) o) s
     WHERE h.id = ANY(%(ids)s)
     ORDER BY h.id
"""


def settled_since(*, since: datetime, now: datetime) -> Iterator[UUID]:
    """Yield the visits settled since an instant and some seconds ago at the latest, the oldest first."""
    rows = Handshake.objects.filter(
        pk__gte=first_id_of(since), created_at__lte=now - SETTLED_WITHIN
    )
    return rows.order_by("pk").values_list("pk", flat=True).iterator()


def habits(*, handshake_ids: Collection[UUID]) -> list[Habit]:
    """Return these visits beside what surrounds them, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_HABITS, {"ids": list(handshake_ids), "remote_m": REMOTE_SCAN_M})
        return [Habit(*row) for row in cursor.fetchall()]


def cashback_at(
    *, merchant_id: UUID, since: datetime, until: datetime, rider_ids: Collection[UUID] = ()
) -> int:
    """Return the paise of cashback a merchant's visits brought from `since` to `until`, included."""
    rows = Handshake.objects.filter(
        merchant_id=merchant_id, created_at__gt=since, created_at__lte=until
    )
    rows = rows.filter(rider_id__in=rider_ids) if rider_ids else rows
    paise: int | None = rows.aggregate(paise=Sum("reimbursement_paise"))["paise"]
    return paise or 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many visits of a rider wait for a look, and how many paise of cashback with them."""

    visits: int
    paise: int


def waiting_of(
    *, rider_ids: Collection[UUID], within: Collection[str] | None
) -> dict[UUID, Waiting]:
    """
    Return by rider what of the cashback is parked until somebody looks at the visit.

    Visits in the zones `within` are counted; None is all. Whose visits do not wait is left out.
    """
    rows = Handshake.objects.filter(
        rider_id__in=rider_ids, review=True, review_decided_at__isnull=True
    )
    if within is not None:
        rows = rows.filter(zone_code__in=within)
    left = F("reimbursement_paise") - F("reversed_paise")
    found = rows.values("rider_id").annotate(visits=Count("pk"), paise=Sum(left))
    return {row["rider_id"]: Waiting(row["visits"], row["paise"]) for row in found}
