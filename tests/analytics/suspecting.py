"""Visits that look odd, for tests: habits by the field, devices shared, and a case with all that belongs to it."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from apps.accounts.models import KnownDevice
from apps.analytics import tables
from apps.analytics.models import Assessment, RiskCase, RiskSignal
from apps.handshake.selectors import Habit
from apps.rides import services as rides
from tests.merchants.making import NOON
from uma.kernel.ids import new_id

OPERATOR = UUID(int=42)


def habit(**facts: Any) -> Habit:  # Any: fields of many types
    """Return an ordinary first visit, but for the facts that are named."""
    usual: dict[str, Any] = {  # Any: as above
            "handshake_id": new_id(), "booking_id": new_id(), "zone_code": "MNP", "rider_id": uuid4(),
            "merchant_id": uuid4(), "outlet_id": uuid4(), "actor_id": uuid4(), "at": NOON,
            "paise": 150_00, "scan_distance_m": 10, "rider_hour": 1, "pair_two_hours": 1,
            "pair_week": 1, "rider_month": 1, "pair_month": 1, "rider_paise": 150_00,
            "pair_paise": 150_00, "rider_remote": 0, "before_outlet_id": None, "before_at": None,
            "scanner_hour": 1, "pair_scans": 1, "pair_blind": 0,
        "rest_scans": 20, "rest_blind": 0, "pair_doubles": 0,
    }  # fmt: skip
    return Habit(**usual | facts)


def use_device(name: str, *person_ids: UUID, at: datetime = NOON) -> None:
    """Let people have signed in on one device."""
    for person_id in person_ids:
        KnownDevice.objects.create(
            person_id=person_id,
            device_hash=hashlib.sha256(name.encode()).hexdigest(),
            first_seen_at=at,
            last_seen_at=at,
        )


def suspect(code: str, *, rider_id: UUID, merchant_id: UUID, now: datetime) -> RiskCase:
    """Open a case with an assessment, a signal, a watch and a table of the zone's own behind it."""
    whose: dict[str, Any] = {"rider_id": rider_id, "merchant_id": merchant_id, "zone_code": code}
    judged = Assessment.objects.create(
        handshake_id=new_id(), **whose, cashback_paise=150_00, score=60, band="REVIEW",
        by_table="* 1", visited_at=now, assessed_at=now,
    )  # fmt: skip
    RiskSignal.objects.create(
        handshake_id=judged.pk, **whose, rule="travel", points=60, facts={"km": 40, "minutes": 5},
        by_table="* 1", at=now,
    )  # fmt: skip
    rides.watch(**whose, now=now)
    tables.set_threshold(
        zone_code=code, name="pair_week", number=5, actor_id=OPERATOR, reason="students", now=now
    )
    return RiskCase.objects.create(**whose, score=60, band="REVIEW", opened_at=now)
