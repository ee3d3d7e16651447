"""Every deal that a zone offers now, for whoever plans with all of them: no rider, no order of a list."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.campaigns.lifecycle import State
from apps.campaigns.models import Campaign
from apps.campaigns.selectors.facts import FROM_DEALS
from uma.kernel.geo import Point
from uma.kernel.zones import Window, windows_from


@dataclass(frozen=True, slots=True)
class Offered:
    """One campaign at one outlet; what is left of its budget in thousandths, 1000 without a limit."""

    campaign_id: UUID
    outlet_id: UUID
    merchant_id: UUID
    merchant_name: str
    title: str
    category: str
    location: Point
    windows: tuple[Window, ...]
    cap_paise: int
    discount_bps: int
    left_permille: int
    is_boosted: bool


def offered(*, zone_code: str, now: datetime, limit: int = 2_000) -> list[Offered]:
    """
    Return up to `limit` deals that can be booked in a zone on some hour of the day, by campaign and outlet.

    None that is kept from some riders: whoever plans with these tells everybody.
    """
    query = f"""
        SELECT c.id, o.id, m.id, m.brand, c.title, o.category, o.location, c.windows, c.cap_paise,
               c.discount_bps,
               CASE WHEN c.budget_paise IS NULL OR c.budget_paise = 0 THEN 1000
                    ELSE greatest(0, (c.budget_paise - coalesce(a.committed_paise, 0)) * 1000
                                     / c.budget_paise) END,
               coalesce(c.boosted_until > %s, false)
          FROM campaigns_deal d {FROM_DEALS}
          LEFT JOIN campaigns_allotment a ON a.campaign_id = c.id AND a.scope = 'all'
         WHERE d.is_live AND z.code = %s AND c.state = 'ACTIVE' AND c.holdout_bps = 0 AND z.bookings_paused_at IS NULL
           AND c.starts_at <= %s AND (c.ends_at IS NULL OR c.ends_at > %s)
           AND m.status = 'ACTIVE' AND o.status = 'OPEN'
         ORDER BY c.id, o.id LIMIT %s
    """  # noqa: S608 — text of our own
    with connection.cursor() as cursor:
        cursor.execute(query, [now, zone_code, now, now, limit])
        rows = cursor.fetchall()
    found = []
    for *head, location, windows, cap, discount, left, boosted in rows:
        longitude, latitude = str(location)[1:-1].split(",")
        stored = json.loads(windows) if isinstance(windows, str) else windows
        place = Point(float(latitude), float(longitude))
        terms = [place, windows_from(stored), cap, discount, left, boosted]
        found.append(Offered(*[*head, *terms]))
    return found


def live_among(*, campaign_ids: list[UUID]) -> set[UUID]:
    """Return which of these campaigns are sold now."""
    rows = Campaign.objects.filter(pk__in=campaign_ids, state=State.ACTIVE)
    return set(rows.values_list("pk", flat=True))
