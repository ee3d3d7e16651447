"""The operators' pages: appeals by the time that is left, evidence and missions in words, events declared."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.gamification import services
from apps.gamification.models import Appeal, ForceMajeure
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import NOON, make_rider, make_shop, make_zone
from tests.gamification.making import fund, make_appeal, make_mission
from tests.gamification.missing import make_misser

pytestmark = pytest.mark.django_db


def page_of(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"admin:gamification_{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_queue_begins_with_the_appeal_whose_time_runs_out() -> None:
    now = timezone.now()
    decided, late, early = (
        make_appeal(make_rider().pk, text=text, now=now - timedelta(hours=hours))
        for text, hours in (("Done and over", 71), ("There is time", 1), ("Hurry", 70))
    )
    services.decide_appeal(
        appeal_id=decided.pk, for_rider=True, actor_id=make_operator().pk, reason="x", now=now
    )

    page = page_of(at_the_desk(make_operator()), "appeal_changelist")

    assert page.index("Hurry") < page.index("There is time") < page.index("Done and over")
    assert page.index("<strong>1 h 5") < page.index("70 h 5")
    assert Appeal.objects.get(pk=early.pk).due_at < Appeal.objects.get(pk=late.pk).due_at


def test_what_is_known_about_a_missed_visit_is_told_in_sentences() -> None:
    misser = make_misser(make_rider(), shop=make_shop("Corner Café", seats=9))
    booking = misser.miss()
    misser.miss(reminded=False)
    desk = at_the_desk(make_operator())

    struck = page_of(desk, "noshow_change", booking.pk)

    told = booking.expires_at - timedelta(hours=1)
    assert f"One hour before: the reminder reached the rider {told:%d %b %Y %H:%M} UTC." in struck
    assert "Nothing excused it." in struck
    assert "excused: not reminded" in page_of(desk, "noshow_changelist")


def test_a_mission_says_why_it_was_made_and_who_is_on_it() -> None:
    now = timezone.now()
    make_zone("MNP")
    fund("missions-mnp", 500, now=now)
    mission = make_mission(
        why="It is near the bus.", steps=[{"kind": "ride", "title": "Bus 5"}], ordered=True,
        reward_paise=40_00, now=now,
    )  # fmt: skip
    services.join_mission(mission_id=mission.pk, rider_id=make_rider().pk, now=now)
    desk = at_the_desk(make_operator())

    shown = page_of(desk, "mission_change", mission.pk)

    assert "It is near the bus." in shown
    assert "1. Ride: Bus 5" in shown
    assert "₹40.00" in shown
    assert "1 on it" in page_of(desk, "mission_changelist")
    assert "₹40.00" in page_of(desk, "promopool_changelist")


def declare(client: Client, zone: str, *, ends: str = "2026-03-02T23:00") -> int:
    answer = client.post(
        reverse("admin:gamification_forcemajeure_declare"),
        {
            "zone": zone,
            "starts": "2026-03-02T12:00",
            "ends": ends,
            "reason": "The bridge is flooded",
        },
    )
    return answer.status_code


def test_an_event_is_declared_on_the_zones_clock_by_who_may_there() -> None:
    make_zone("MNP")
    make_zone("BLR")
    desk = at_the_desk(make_operator("city_manager", "MNP"))
    assert "Declare an event" in page_of(desk, "forcemajeure_changelist")

    # Another zone is no choice, what ends before it begins no event, and a reader is refused.
    outcome = [
        declare(desk, "BLR"),
        declare(desk, "MNP", ends="2026-03-02T12:00"),
        declare(at_the_desk(make_operator("support", "MNP")), "MNP"),
    ]
    assert outcome == [200, 200, 403]
    assert not ForceMajeure.objects.exists()
    assert declare(desk, "MNP") == 302

    event = ForceMajeure.objects.get()
    assert (event.zone_code, event.starts_at) == ("MNP", NOON)
    assert event.ends_at == datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
