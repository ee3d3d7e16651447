"""Rows of missed visits for tests that need some and are not about how they come to be."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.gamification import services
from apps.gamification.models import (
    Appeal,
    LeaderboardName,
    Mission,
    NoShow,
    Restriction,
    Strike,
    Visit,
)
from apps.handshake.models import Handshake
from apps.rides import services as rides
from apps.rides.models import Booking, RideFailure
from uma.kernel.ids import new_id


def make_strike(
    rider_id: UUID, *, zone: str = "MNP", merchant_name: str = "Corner Café", now: datetime
) -> Strike:
    missed = NoShow.objects.create(
        booking_id=new_id(), rider_id=rider_id, merchant_id=new_id(), outlet_id=new_id(),
        zone_code=zone, merchant_name=merchant_name, booked_at=now - timedelta(days=1),
        expired_at=now, decided_at=now,
    )  # fmt: skip
    return Strike.objects.create(
        no_show=missed, rider_id=rider_id, zone_code=zone, struck_at=now,
        lapses_at=now + timedelta(days=90),
    )  # fmt: skip


def make_appeal(rider_id: UUID, *, zone: str = "MNP", text: str = "x", now: datetime) -> Appeal:
    strike = make_strike(rider_id, zone=zone, now=now)
    return services.appeal(rider_id=rider_id, strike_id=strike.pk, text=text, evidence=[], now=now)


def make_restriction(rider_id: UUID, *, zone: str = "MNP", now: datetime) -> Restriction:
    return Restriction.objects.create(
        rider_id=rider_id, zone_code=zone, booking_id=new_id(), level=1, starts_at=now,
        until=now + timedelta(days=7),
    )  # fmt: skip


def make_mission(
    *,
    zone: str = "MNP",
    steps: Sequence[Mapping[str, object]] = ({"kind": "checkin", "title": "Any café"},),
    reward_paise: int = 0,
    lasts: timedelta = timedelta(days=1),
    now: datetime,
    **content: object,
) -> Mission:
    told: dict[str, object] = {
        "title": "Walk", "description": "Go there.", "why": "It is near.", "ordered": False,
        "distinct": False, "campaigns": [], "steps": list(steps),
    }  # fmt: skip
    return Mission.objects.create(
        id=new_id(), zone_code=zone, timezone="Asia/Kolkata", night=now.date(), kind="explore",
        content=told | content, reward_paise=reward_paise, score=1, starts_at=now,
        ends_at=now + lasts, created_at=now,
    )  # fmt: skip


def make_visit(
    rider_id: UUID,
    *,
    at: datetime,
    outlet_id: UUID | None = None,
    category: str = "cafe",
    zone: str = "MNP",
    timezone: str = "Asia/Kolkata",
    **facts: Any,  # Any: columns of many types
) -> Visit:
    return Visit.objects.create(
        handshake_id=new_id(), booking_id=new_id(), rider_id=rider_id, merchant_id=new_id(),
        outlet_id=outlet_id or new_id(), campaign_id=facts.pop("campaign_id", None) or new_id(),
        category=category, zone_code=zone, timezone=timezone, at=at, **facts,
    )  # fmt: skip


def fund(program: str, rupees: int, *, now: datetime) -> None:
    services.open_pools(zone_code=program.rpartition("-")[2].upper(), now=now)
    services.fund_pool(
        program=program, amount_paise=rupees * 100, reference=f"UTR-{new_id()}", actor_id=None,
        reason="rewards of the month", now=now,
    )  # fmt: skip


def count(handshake: Handshake) -> None:
    """Tell of a visit, as its follow-up does."""
    services.record_visit(
        handshake_id=handshake.pk, booking_id=handshake.booking_id,
        campaign_id=handshake.campaign_id, at=handshake.created_at,
    )  # fmt: skip


def fill_zone(
    zone: str, *, rider_id: UUID, other_id: UUID, visit: Handshake, booking: Booking, now: datetime
) -> None:
    """Leave a row of every kind in a zone."""
    count(visit)
    services.open_pools(zone_code=zone, now=now)
    # The first visit is a badge, and the pool is empty.
    services.settle_rider(rider_id=rider_id, now=now)
    mission = make_mission(zone=zone, now=now)
    services.join_mission(mission_id=mission.pk, rider_id=other_id, now=now)
    services.record_order(
        kind="ride", source=f"ticket-{zone}", rider_id=other_id, zone_code=zone, timezone="Asia/Kolkata",
        at=now,
    )  # fmt: skip
    LeaderboardName.objects.create(
        rider_id=other_id, pseudonym=f"Kite {zone}", zone_code=zone, joined_at=now
    )
    make_appeal(rider_id, zone=zone, now=now)
    make_restriction(other_id, zone=zone, now=now)
    services.declare_force_majeure(
        zone_code=zone, starts_at=now, ends_at=now + timedelta(hours=1), actor_id=new_id(),
        reason="flood", now=now,
    )  # fmt: skip
    services.set_policy(
        effective_from=now, clears="OLDEST", limit=3, window_days=90, ladder_days=[7, 30],
        actor_id=None, reason="as ever", now=now,
    )  # fmt: skip
    services.note_failed_scan(ref=booking.ref, code="system", now=now)
    services.plan_reminders(limit=100)
    with transaction.atomic():
        rides.record_ride_failure(
            booking_id=booking.pk, reason=RideFailure.Reason.NO_DRIVER, code="", now=now
        )
