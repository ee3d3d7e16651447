"""Discovery over HTTP beside the same searches' SQL alone, over a full map."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.campaigns.selectors import Search, Sort, discover
from benchmarks import load
from benchmarks.data import City, Shop
from benchmarks.figures import percentile
from benchmarks.scans import BrokenBenchError
from uma.kernel.geo import Point
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

OUTLETS_PER_CHAIN = 4
NEAREST = 50
RADIUS_M = 10_000
_WEST, _SOUTH, _DEGREES = 74.5, 13.0, 1.0

_MERCHANTS = """
    CREATE TEMPORARY TABLE bench_chain AS
    SELECT uuidv7() AS merchant, uuidv7() AS campaign FROM generate_series(1, %(chains)s);
    INSERT INTO merchants_merchant
    SELECT r.* FROM bench_chain n, merchants_merchant t, LATERAL jsonb_populate_record(t,
           jsonb_build_object('id', n.merchant)) r WHERE t.id = %(merchant)s;
    INSERT INTO wallet_account (code)
    SELECT 'merchant:' || merchant || ':' || name
      FROM bench_chain, unnest(ARRAY['wallet', 'held', 'released']) AS name;
    SELECT count(wallet_post(uuidv7(), 'topup', 'bench-topup:' || merchant, %(zone)s, now(), NULL,
                 NULL, NULL, '', jsonb_build_array(jsonb_build_array(uuidv7(),
                 'zone:' || %(zone)s || ':bank_nodal', 'merchant:' || merchant || ':wallet',
                 100000)))) FROM bench_chain;
    INSERT INTO campaigns_campaign
    SELECT r.* FROM bench_chain n, campaigns_campaign t, LATERAL jsonb_populate_record(t,
           jsonb_build_object('id', n.campaign, 'merchant_id', n.merchant)) r
     WHERE t.id = %(campaign)s;
    INSERT INTO campaigns_allotment (campaign_id, scope, seats_taken, visits, committed_paise,
                                     spent_paise)
    SELECT campaign, 'all', 0, 0, 0, 0 FROM bench_chain;
"""
_OUTLETS = """
    CREATE TEMPORARY TABLE bench_outlet AS
    SELECT uuidv7() AS outlet, n.*,
           point(%(west)s + random() * %(degrees)s, %(south)s + random() * %(degrees)s) AS place
      FROM bench_chain n, generate_series(1, %(per_chain)s);
    INSERT INTO merchants_outlet
    SELECT r.* FROM bench_outlet n, merchants_outlet t, LATERAL jsonb_populate_record(t,
           jsonb_build_object('id', n.outlet, 'merchant_id', n.merchant,
                              'location', n.place::text)) r WHERE t.id = %(outlet)s;
    INSERT INTO campaigns_deal
    SELECT r.* FROM bench_outlet n, campaigns_deal t, LATERAL jsonb_populate_record(t,
           jsonb_build_object('id', uuidv7(), 'outlet_id', n.outlet, 'campaign_id', n.campaign,
                              'is_alone', false, 'location', n.place::text)) r
     WHERE t.campaign_id = %(campaign)s;
"""


def fill_map(city: City, template: Shop, *, outlets: int) -> None:
    """Copy a shop's listing to so many outlets of funded chains, over about a hundred kilometres."""
    values = {
        "zone": "BEN",
        "chains": outlets // OUTLETS_PER_CHAIN,
        "per_chain": OUTLETS_PER_CHAIN,
        "merchant": template.merchant_id,
        "campaign": template.campaign_id,
        "outlet": template.outlet_id,
        "west": _WEST,
        "south": _SOUTH,
        "degrees": _DEGREES,
    }
    for script in (_MERCHANTS, _OUTLETS):
        for statement in script.split(";\n"):
            if statement.strip():
                city.connection.execute(statement, values)
    city.connection.execute("VACUUM (ANALYZE)")


class Searches:
    """The nearest fifty deals at random places, over HTTP and as SQL alone."""

    def __init__(self, rider_id: UUID, *, count: int, seed: int) -> None:
        self._rider_id = rider_id
        chance = random.Random(seed)  # noqa: S311  # places on a map
        self._places = [
            Point(
                round(_SOUTH + chance.uniform(0.1, 0.9) * _DEGREES, 5),
                round(_WEST + chance.uniform(0.1, 0.9) * _DEGREES, 5),
            )
            for _ in range(count)
        ]

    def over_http(self, port: int) -> float:
        """Return the p95 in milliseconds of the searches over one connection."""
        token = issue_access_token(
            user_id=self._rider_id, role="rider", session_id=new_id(), now=datetime.now(UTC)
        )
        requests = [
            load.request(
                "GET",
                f"/api/campaigns?near={place.latitude},{place.longitude}"
                f"&radius={RADIUS_M}&limit={NEAREST}&sort=distance",
                token=token,
            )
            for place in self._places
        ]
        answers = load.send(requests, port=port, connections=1).answers
        for answer in answers:
            if answer.status != 200 or answer.body.count(b'"merchantId"') != NEAREST:
                raise BrokenBenchError(f"{answer.status}: {answer.body[:300]!r}")
        return percentile([answer.latency_ms for answer in answers], 95)

    def sql_alone(self) -> float:
        """Return the p95 in milliseconds of what the same searches spend in statements."""
        spent: list[float] = []
        for place in self._places:
            watch = _StopWatch()
            with connection.execute_wrapper(watch):
                found = discover(
                    search=Search(near=place, radius_m=RADIUS_M, sort=Sort.DISTANCE, limit=NEAREST),
                    rider_id=self._rider_id,
                    now=datetime.now(UTC),
                )
            if len(found.deals) != NEAREST:
                raise BrokenBenchError(f"{len(found.deals)} deals near {place}")
            spent.append(watch.seconds * 1000)
        return percentile(spent, 95)


class _StopWatch:
    """Adds up the time between a statement's departure and its rows' arrival."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(
        self,
        execute: Callable[..., Any],  # Any: Django's own signature of a wrapper
        sql: str,
        params: Sequence[Any],
        many: bool,  # noqa: FBT001  # as above
        context: dict[str, Any],
    ) -> object:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - started
