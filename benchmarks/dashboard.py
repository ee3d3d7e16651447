"""
The dashboard of a merchant with a million visits beside that of one with a thousand: its figures over the
API, and the page of the business app that draws them with alerts, check-ins, paces and refusals.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from psycopg import sql

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
_PAGE = "/business/figures?margin=60"
# What a page of somebody who is not signed in, or of a shop without visits, does not have.
_TILES = (b'id="tile-check-ins"', b'id="tile-refused"', b'id="tile-payback"')
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
# One guest in ten visits comes without a deal, a booking in ten is refused, some scans fail.
_CHECK_INS = """
    INSERT INTO handshake_checkin (
        id, merchant_id, outlet_id, rider_id, actor_id, zone_code, day, is_new_customer, bill_paise, created_at)
    SELECT uuidv7(), merchant_id, outlet_id, rider_id, actor_id, zone_code, day, false, bill_paise, at
      FROM (SELECT DISTINCT ON (outlet_id, rider_id, day) h.*, at, (at AT TIME ZONE 'Asia/Kolkata')::date AS day
              FROM handshake_handshake h, LATERAL (SELECT h.created_at + interval '40 hours' AS at) AS later
             WHERE merchant_id = %(merchant)s AND get_byte(uuid_send(rider_id), 0) < 26 AND at < %(now)s) AS came
"""
_REFUSED = """
    INSERT INTO rides_refusedbookings (merchant_id, day, campaign_id, outlet_id, code, times)
    SELECT %(merchant)s, day::date, %(campaign)s, %(outlet)s, code, greatest(%(visits)s / 10 / 365 / 4, 1)
      FROM generate_series(%(now)s::timestamptz - %(days)s::interval, %(now)s, interval '1 day') AS day,
           unnest(ARRAY['seats_exhausted', 'outside_window', 'rider_cap_reached', 'rider_banned']) AS code
"""
_FAILED = """
    INSERT INTO gamification_failedscan (id, booking_id, merchant_id, outlet_id, code, at)
    SELECT uuidv7(), uuidv7(), %(merchant)s, %(outlet)s, 'wallet_frozen',
           %(now)s::timestamptz - %(days)s::interval * (n::float / (%(visits)s::int / 100))
      FROM generate_series(1, %(visits)s::int / 100) AS n
"""


def fill(city: City, shop: Shop, *, visits: int, now: datetime) -> str:
    """Give a shop a year of visits, count its days, and return its owner's access token."""
    connection, year = city.connection, timedelta(days=_DAYS)
    connection.execute(
        "UPDATE merchants_merchant SET created_at = %s WHERE id = %s",
        [now - year, shop.merchant_id],
    )
    facts = {
        "merchant": shop.merchant_id,
        "outlet": shop.outlet_id,
        "campaign": shop.campaign_id,
        "actor": shop.scanner_id,
        "zone": ZONE,
        "visits": visits,
        "days": year,
        "now": now,
    }
    for statement in (_VISITS, _CHECK_INS, _REFUSED, _FAILED):
        connection.execute(statement, facts)
    for table in ("handshake_handshake", "handshake_checkin", "gamification_failedscan"):
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
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


def page_p95_ms(tokens: Mapping[int, str], visits: int, *, looks: int, port: int) -> float:
    """Return the p95 of so many looks at the business app's page of the last month, by whoever is signed in."""
    asked = [load.visit(_PAGE, role="merchant", token=tokens[visits])] * looks
    answers = load.send(asked, port=port, connections=1).answers
    for answer in answers:
        if answer.status != 200 or not all(tile in answer.body for tile in _TILES):
            raise BrokenBenchError(f"{answer.status}: {answer.body[:300]!r}")
    return percentile([answer.latency_ms for answer in answers], 95)
