"""The dashboard of a merchant with a million visits beside that of one with a thousand."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from apps.accounts import services as accounts
from apps.analytics import services as analytics
from apps.merchants import services as merchants
from benchmarks import load
from benchmarks.data import ZONE, City, Shop
from benchmarks.figures import percentile
from benchmarks.scans import BrokenBenchError
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

_DAYS = 365
# Of three visits one is a customer's first; a cohort needs those who come again.
_VISITS = """
    INSERT INTO handshake_handshake (
        id, booking_id, merchant_id, outlet_id, campaign_id, rider_id, actor_id, zone_code,
        is_new_customer, review, discount_bps, reimbursement_paise, cpt_fee_paise, cpa_fee_paise,
        gst_paise, merchant_debit_paise, released_paise, bill_paise, created_at, announced_at)
    SELECT uuidv7(), uuidv7(), %(merchant)s::uuid, %(outlet)s, %(campaign)s,
           md5(%(merchant)s::uuid::text || CASE n %% 3 WHEN 0 THEN n / 3
               ELSE (n::bigint * 7919) %% (n / 3 + 1) END)::uuid,
           %(actor)s, %(zone)s, n %% 3 = 0, false, 1000, 15000, 2000,
           CASE n %% 3 WHEN 0 THEN 5000 ELSE 0 END, CASE n %% 3 WHEN 0 THEN 1260 ELSE 360 END,
           CASE n %% 3 WHEN 0 THEN 23260 ELSE 17360 END, 0,
           CASE WHEN n %% 2 = 0 THEN 40000 END, at, at
      FROM generate_series(0, %(visits)s::int - 1) AS n,
           LATERAL (SELECT %(now)s::timestamptz - %(days)s::interval * (1 - n::float / %(visits)s::int) AS at) AS moment
"""


def fill(city: City, shop: Shop, *, visits: int, now: datetime) -> str:
    """Give a shop a year of visits, count its days, and return its owner's access token."""
    connection, year = city.connection, timedelta(days=_DAYS)
    connection.execute(
        "UPDATE merchants_merchant SET created_at = %s WHERE id = %s",
        [now - year, shop.merchant_id],
    )
    connection.execute(
        _VISITS,
        {
            "merchant": shop.merchant_id,
            "outlet": shop.outlet_id,
            "campaign": shop.campaign_id,
            "actor": shop.scanner_id,
            "zone": ZONE,
            "visits": visits,
            "days": year,
            "now": now,
        },
    )
    connection.execute("VACUUM (ANALYZE) handshake_handshake")
    analytics.count_days(now=now, limit=1_000_000)
    owner = accounts.create_person(display_name="Owner", zone_code=ZONE, now=now)
    merchants.add_staff(merchant_id=shop.merchant_id, user_id=owner.pk, role="OWNER", now=now)
    return issue_access_token(
        user_id=owner.pk, role="merchant", session_id=new_id(), now=datetime.now(UTC)
    )


def p95_ms(tokens: Mapping[int, str], visits: int, *, looks: int, port: int) -> float:
    """Return the p95 of so many looks at the last month, one after the other."""
    asked = [load.request("GET", "/api/analytics", token=tokens[visits])] * looks
    answers = load.send(asked, port=port, connections=1).answers
    for answer in answers:
        shown = json.loads(answer.body) if answer.status == 200 else {}
        if not 0 < shown.get("totalVisits", 0) < visits:
            raise BrokenBenchError(f"{answer.status}: {answer.body[:300]!r}")
    return percentile([answer.latency_ms for answer in answers], 95)
