"""Shops and bookings to measure with, made so that the books verify afterwards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from apps.accounts import services as accounts
from apps.campaigns import services as campaigns
from apps.campaigns.terms import Terms
from apps.merchants import services as merchants
from apps.rides import qr
from apps.rides import services as rides
from apps.wallet import codes
from uma.kernel.geo import Point
from uma.kernel.ids import new_id

ZONE = "BEN"
_PLACE = Point(13.3525, 74.7928)
_FUNDS_PAISE = 1_000_000_000
_CHUNK = 240
_BOOKINGS = """
    INSERT INTO rides_booking
    SELECT r.* FROM unnest(%(ids)s::uuid[], %(refs)s::text[], %(riders)s::uuid[],
                           %(templates)s::uuid[]) AS new (id, ref, rider, template)
      JOIN rides_booking b ON b.id = new.template
     CROSS JOIN LATERAL jsonb_populate_record(b, jsonb_build_object(
           'id', new.id, 'ref', new.ref, 'rider_id', new.rider, 'state', 'BOOKED',
           'redeemed_at', NULL, 'live_slot', 1, 'booked_at', %(now)s::timestamptz,
           'status_changed_at', %(now)s::timestamptz,
           'expires_at', %(now)s::timestamptz + interval '1 day')) r"""
_HOLDS = """
    SELECT count(wallet_post(uuidv7(), 'hold', 'hold:' || b.id, b.zone_code, b.booked_at,
                             b.rider_id, b.id, NULL, '', jsonb_build_array(jsonb_build_array(
               uuidv7(), 'merchant:' || b.merchant_id || ':wallet',
               'merchant:' || b.merchant_id || ':held', b.max_cost_paise))))
      FROM (SELECT * FROM rides_booking WHERE id = ANY (%(ids)s::uuid[])
             ORDER BY merchant_id) b"""
_RIDERS = """
    INSERT INTO accounts_user
    SELECT r.* FROM unnest(%(ids)s::uuid[]) AS new (id)
      JOIN accounts_user u ON u.id = %(template)s
     CROSS JOIN LATERAL jsonb_populate_record(u, jsonb_build_object(
           'id', new.id, 'username', 'bench-' || new.id,
           'display_name_sealed', '')) r"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant that can sell: ids, its scanner, and a booking whose terms others copy."""

    merchant_id: UUID
    outlet_id: UUID
    campaign_id: UUID
    scanner_id: UUID
    template_id: UUID


@dataclass(frozen=True, slots=True)
class Visit:
    """A booking that waits to be scanned."""

    booking_id: UUID
    ref: str
    shop: Shop
    rider_id: UUID


class City:
    """The prepared zone; `bookings` hands out fresh visits, each of a rider new to its shop."""

    def __init__(self, connection: psycopg.Connection[Any], *, now: datetime) -> None:
        self.connection = connection
        self._now = now
        self._round = 0
        self.riders: list[UUID] = []
        connection.execute((Path(__file__).parent / "sql" / "limit.sql").read_text())
        merchants.open_zone(
            code=ZONE,
            name="Bench",
            std_city_code="std:0820",
            state_code="29",
            platform_state_code="29",
            now=now,
        )
        campaigns.set_fees(
            zone_code=ZONE, effective_from=now - timedelta(days=30), actor_id=None, now=now
        )
        self._first_rider = self._register("first")

    def _register(self, name: str) -> UUID:
        return rides.register_rider(
            username=name, display_name="Rider", zone_code=ZONE, now=self._now
        ).pk

    def add_riders(self, count: int) -> None:
        """Add to the riders whose visits `bookings` sells."""
        self.riders += self.new_riders(count)

    def new_riders(self, count: int) -> list[UUID]:
        """Register riders with their purses, set-wise."""
        fresh = [new_id() for _ in range(count)]
        self.connection.execute(_RIDERS, {"ids": fresh, "template": self._first_rider})
        purses = [code for rider in fresh for code in codes.rider_accounts(rider)]
        self.connection.execute(
            "INSERT INTO wallet_account (code) SELECT unnest(%s::text[])", [purses]
        )
        return fresh

    def shop(self, name: str) -> Shop:
        """Open a funded shop with a live campaign (cap 150, CPT 20, CPA 50), by the services."""
        now = self._now
        merchant = merchants.register_merchant(
            legal_name=f"{name} LLP", brand=name, state_code="29", zone_code=ZONE, now=now
        )
        merchants.activate(merchant_id=merchant.pk, actor_id=None, now=now)
        merchants.top_up(
            merchant_id=merchant.pk,
            amount_paise=_FUNDS_PAISE,
            reference=f"utr-{merchant.pk}",
            actor_id=None,
            reason="bank transfer",
            now=now,
        )
        outlet = merchants.add_outlet(
            merchant_id=merchant.pk,
            name="Main Road",
            category="cafe",
            address="1 Main Road",
            location=_PLACE,
            now=now,
        )
        scanner = accounts.create_person(
            username=f"scanner-{merchant.pk}", display_name="Staff", zone_code=ZONE, now=now
        )
        merchants.add_staff(merchant_id=merchant.pk, user_id=scanner.pk, role="SCANNER", now=now)
        terms = Terms(
            title="Free ride up to ₹150", discount_bps=1000, cap_paise=150_00, cpa_enabled=True
        )
        campaign = campaigns.create(
            merchant_id=merchant.pk,
            wanted=terms,
            outlet_ids=(),
            submit=True,
            actor_id=None,
            now=now,
        )
        rider_id = self._register(f"template-{merchant.pk}")
        booked = rides.book(rider_id=rider_id, campaign_id=campaign.pk, qr_kid="A1", now=now)
        return Shop(merchant.pk, outlet.pk, campaign.pk, scanner.pk, booked.booking.pk)

    def bookings(self, count: int, shops: Sequence[Shop], *, now: datetime) -> list[Visit]:
        """
        Sell `count` visits over `shops`; the money of each is held by the real posting function.

        The shops are rotated, so that a rider meets another one each time.
        """
        self._round += 1
        if len(self.riders) < count:
            self.add_riders(count - len(self.riders))
        visits = [
            Visit(new_id(), qr.new_ref(), shops[(number + self._round * 13) % len(shops)], rider)
            for number, rider in enumerate(self.riders[:count])
        ]
        for start in range(0, count, _CHUNK):
            part = visits[start : start + _CHUNK]
            values = {
                "ids": [visit.booking_id for visit in part],
                "refs": [visit.ref for visit in part],
                "riders": [visit.rider_id for visit in part],
                "templates": [visit.shop.template_id for visit in part],
                "now": now,
            }
            with self.connection.transaction():
                self.connection.execute(_BOOKINGS, values)
                self.connection.execute(_HOLDS, values)
        return visits

    def queue_for_pgbench(self, scans: Sequence[Visit]) -> None:
        """Number the scans that pgbench will make, in their order."""
        self.connection.execute("TRUNCATE bench_scan")
        rows = json.dumps(
            [[number, scan.ref, str(scan.shop.scanner_id)] for number, scan in enumerate(scans)]
        )
        self.connection.execute(
            "INSERT INTO bench_scan SELECT (r ->> 0)::int, r ->> 1, (r ->> 2)::uuid"
            " FROM jsonb_array_elements(%s::jsonb) r",
            [rows],
        )
        self.connection.execute("VACUUM (ANALYZE) bench_scan")
