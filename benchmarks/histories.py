"""Ninety days of a zone's riders, made of SQL: visits, badges, missions joined, visits missed and struck for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.campaigns import services as campaigns
from apps.campaigns.terms import Terms
from apps.gamification.badges import BADGES
from apps.gamification.measuring import measure
from apps.gamification.models import Award, Mission, NoShow, Reminder, Strike
from apps.gamification.selectors.histories import histories
from apps.merchants import services as merchants
from apps.merchants.models import Merchant
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage
from apps.rides import services as rides
from uma.kernel.geo import Point
from uma.kernel.ids import new_id

ZONE, INDIA = "BEN", "Asia/Kolkata"
EVERY_DAYS, OUTLETS = 3, 60
KINDS = ("cafe", "gym", "restaurant", "salon")
_VISITS = """
    INSERT INTO gamification_visit (
        handshake_id, booking_id, rider_id, merchant_id, outlet_id, campaign_id, category, zone_code,
        timezone, by_ride, at, settled_at)
    SELECT gen_random_uuid(), gen_random_uuid(), rider, gen_random_uuid(),
           ('00000000-0000-7000-8000-' || lpad(place::text, 12, '0'))::uuid, gen_random_uuid(),
           (ARRAY['cafe', 'gym', 'restaurant', 'salon'])[1 + place %% 4], 'BEN', 'Asia/Kolkata', false,
           %(now)s - day * interval '1 day', %(now)s
      FROM unnest(%(riders)s::uuid[]) WITH ORDINALITY AS r (rider, number),
           generate_series(1, %(days)s, %(every)s) AS day,
           LATERAL (SELECT (number * 7 + day) %% %(outlets)s AS place) AS p
"""
_RUNS = """
    INSERT INTO gamification_missionrun (
        id, mission_id, rider_id, zone_code, state, budgeted_paise, joined_at)
    SELECT gen_random_uuid(), m.id, rider, 'BEN', 'JOINED', 0, %(now)s
      FROM unnest(%(riders)s::uuid[]) WITH ORDINALITY AS r (rider, number)
      JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS all_of_them
              FROM gamification_mission WHERE ends_at > %(now)s) AS m ON place = number %% all_of_them
"""


def open_zone(*, shops: int, now: datetime) -> None:
    """Open a zone whose shops, of four kinds and a few hundred metres apart, have a deal each."""
    merchants.open_zone(
        code=ZONE, name="Bench", std_city_code="std:0820", state_code="29",
        platform_state_code="29", now=now,
    )  # fmt: skip
    campaigns.set_fees(zone_code=ZONE, effective_from=now, actor_id=None, now=now)
    for number in range(shops):
        merchant = merchants.register_merchant(
            legal_name=f"Shop {number} LLP", brand=f"Shop {number}", state_code="29", zone_code=ZONE,
            now=now,
        )  # fmt: skip
        merchants.activate(merchant_id=merchant.pk, actor_id=None, now=now)
        merchants.top_up(
            merchant_id=merchant.pk, amount_paise=10_000_00, reference=f"utr-{number}", actor_id=None,
            reason="bank transfer", now=now,
        )  # fmt: skip
        merchants.add_outlet(
            merchant_id=merchant.pk, name="Main Road", category=KINDS[number % len(KINDS)],
            address="1 Main Road", location=Point(13.33 + 0.002 * number, 74.79), now=now,
        )  # fmt: skip
        campaigns.create(
            merchant_id=merchant.pk, outlet_ids=(), submit=True, actor_id=None, now=now,
            wanted=Terms(title="Free ride up to ₹150", discount_bps=1000, cap_paise=150_00),
        )  # fmt: skip


def crowd(count: int, *, days: int, now: datetime) -> list[UUID]:
    """
    Let riders have visited all along, with the badges and the missions that follow.

    They need no account: nothing about them is written by a night on which all went well.
    """
    fresh = [new_id() for _ in range(count)]
    facts: dict[str, Any] = {  # Any: what the driver takes
        "riders": fresh, "days": days, "every": EVERY_DAYS, "outlets": OUTLETS, "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_VISITS, facts)
        if Mission.objects.exists():
            cursor.execute(_RUNS, facts)
        # As the server does by itself in production, some minutes later.
        cursor.execute("ANALYZE gamification_visit")
        cursor.execute("ANALYZE gamification_missionrun")
    for start in range(0, count, 500):
        _award(fresh[start : start + 500], now=now)
    return fresh


def _award(riders: Sequence[UUID], *, now: datetime) -> None:
    Award.objects.bulk_create(
        Award(
            rider_id=rider_id, badge=badge.code, version=badge.version, zone_code=ZONE,
            earned_at=found.reached_at, awarded_at=now,
        )
        for rider_id, known in histories(rider_ids=riders).items()
        for badge in BADGES
        if (found := measure(badge.requirement, visits=known.visits, steps=[], now=now)).reached_at
    )  # fmt: skip


def lost(count: int, *, days: int, now: datetime) -> list[UUID]:
    """Register riders who visited all along and of whom nothing was ever worked out."""
    fresh = [rides.register_rider(zone_code=ZONE, now=now).pk for _ in range(count)]
    facts: dict[str, Any] = {  # Any: as above
        "riders": fresh, "days": days, "every": EVERY_DAYS, "outlets": OUTLETS, "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_VISITS, facts)
    return fresh


def missed(count: int, *, days: int, now: datetime) -> None:
    """Let riders with two strikes and ninety days of visits have missed another visit today."""
    merchant_id = Merchant.objects.order_by("pk").values_list("pk", flat=True)[0]
    for rider_id in lost(count, days=days, now=now - timedelta(days=days)):
        for ago in (20, 10):
            # After the last visit, which would have cleared it.
            row = _no_show(rider_id, merchant_id, at=now - timedelta(days=ago), decided=True)
            Strike.objects.create(
                no_show=row, rider_id=rider_id, zone_code=ZONE, struck_at=row.expired_at,
                lapses_at=row.expired_at + timedelta(days=90),
            )  # fmt: skip
        today = _no_show(rider_id, merchant_id, at=now, decided=False)
        message = notifications.notify(
            person_id=rider_id, kind="reminder.booking", say=lambda: ("Your deal ends", "Come."), data={},
            dedupe_key=f"reminder:{today.pk}", now=now - timedelta(hours=1), timezone=INDIA,
        )  # fmt: skip
        Reminder.objects.create(
            booking_id=today.pk, rider_id=rider_id, merchant_name="Shop", timezone=INDIA,
            expires_at=now, late_due_at=now - timedelta(hours=1), late_message_id=message.pk,
        )  # fmt: skip
    InboxMessage.objects.filter(push_state="WAITING").update(push_state="SENT", pushed_at=now)


def _no_show(rider_id: UUID, merchant_id: UUID, *, at: datetime, decided: bool) -> NoShow:
    return NoShow.objects.create(
        booking_id=new_id(), rider_id=rider_id, merchant_id=merchant_id, outlet_id=new_id(), zone_code=ZONE,
        merchant_name="Shop", booked_at=at - timedelta(days=1), expired_at=at,
        decided_at=at if decided else None,
    )  # fmt: skip
