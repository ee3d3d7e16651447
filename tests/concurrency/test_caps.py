"""Caps under parallel bookings, on the real database: each lock with the control that needs it."""

import importlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.campaigns import selectors, services
from apps.campaigns.guards import ALL, Cap, Facts
from apps.campaigns.models import Allotment, Campaign
from apps.campaigns.services import selling
from tests.campaigns.making import MAX_COST_PAISE, make_campaign, take
from tests.merchants.making import NOON

pytestmark = pytest.mark.django_db(transaction=True)
SQL = importlib.import_module("apps.campaigns.migrations.0002_take_and_give_back")
LOCK = " FOR NO KEY UPDATE"


def at_once(jobs: list[Callable[[], object]]) -> Counter[str]:
    """Run the jobs in threads that start together; count how they ended."""
    ends: list[str] = [""] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(place: int, job: Callable[[], object]) -> None:
        start.wait(timeout=30)
        try:
            job()
            ends[place] = "done"
        except Exception as refusal:  # noqa: BLE001  # the outcome is what the test is about
            ends[place] = type(refusal).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return Counter(ends)


def book(campaign: Campaign, rider: Any = None) -> Callable[[], object]:
    return lambda: take(campaign, rider or uuid4())


def whole(campaign: Campaign) -> Allotment:
    return Allotment.objects.get(campaign=campaign, scope=ALL)


@contextmanager
def altered(create: str, *, without: str) -> Iterator[None]:
    """Replace one of our SQL functions by one that lacks something and takes its time."""
    assert without in create
    slower = create.replace(without, "").replace(
        "    IF broken IS NOT NULL THEN",
        "    PERFORM pg_sleep(0.2);\n    IF broken IS NOT NULL THEN",
    )
    with connection.cursor() as cursor:
        cursor.execute(slower.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(create.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


@contextmanager
def dropped(constraint: str) -> Iterator[None]:
    """Drop a check of the allotments, empty the table, and put the check back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE campaigns_allotment DROP CONSTRAINT {constraint}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM campaigns_allotment")
            cursor.execute(
                f"ALTER TABLE campaigns_allotment ADD CONSTRAINT {constraint} {definition}"
            )


def test_fifty_bookings_for_the_last_ten_seats_are_ten() -> None:
    campaign = make_campaign(seats=10)

    ends = at_once([book(campaign) for _ in range(50)])

    assert ends == {"done": 10, "SeatsExhausted": 40}
    assert (whole(campaign).seats_taken, selectors.find_overcommitted()) == (10, [])


def test_the_last_rupee_of_a_budget_is_never_overspent() -> None:
    campaign = make_campaign(budget_paise=8 * MAX_COST_PAISE - 1)

    ends = at_once([book(campaign) for _ in range(30)])

    left = 8 * MAX_COST_PAISE - 1 - whole(campaign).committed_paise
    assert ends == {"done": 7, "BudgetExhausted": 23}
    assert 0 <= left < MAX_COST_PAISE


@pytest.mark.parametrize(
    ("caps", "refusal"),
    [
        ({"per_rider": 2}, "RiderCapReached"),
        ({"per_rider_per_day": 2}, "RiderDailyCapReached"),
        ({"daily_seats": 2}, "DailySeatsExhausted"),
        ({"per_outlet_daily": 2}, "OutletDailyCapReached"),
    ],
)
def test_every_other_cap_holds_too(caps: dict[str, Any], refusal: str) -> None:
    campaign, rider = make_campaign(**caps), uuid4()

    assert at_once([book(campaign, rider) for _ in range(12)]) == {"done": 2, refusal: 10}


def test_bookings_and_returns_that_cross_never_wait_for_each_other() -> None:
    campaign = make_campaign(seats=40)
    offers = [take(campaign, uuid4()) for _ in range(12)]

    def give_back(offer: services.Offer) -> Callable[[], object]:
        def job() -> None:
            with transaction.atomic():
                services.give_back(
                    campaign_id=campaign.pk,
                    scopes=tuple(reversed(offer.scopes)),
                    amount_paise=offer.max_cost_paise,
                    seats=1,
                )

        return job

    jobs = [job for offer in offers for job in (give_back(offer), book(campaign))]

    assert at_once(jobs) == {"done": 24}
    assert whole(campaign).seats_taken == 12
    assert selectors.find_overcommitted() == []


def test_with_the_lock_two_slow_bookings_of_one_seat_are_one() -> None:
    campaign = make_campaign(seats=1)

    with altered(
        SQL.TAKE,
        without="    -- A new statement sees what committed while this one waited for the lock.\n",
    ):
        ends = at_once([book(campaign) for _ in range(2)])

    assert ends == {"done": 1, "SeatsExhausted": 1}


def test_without_the_lock_the_race_is_real_and_the_constraint_stops_it() -> None:
    """The control: were the lock not needed, the loser would be told that the seats are gone."""
    campaign = make_campaign(seats=1)

    with altered(SQL.TAKE, without=LOCK):
        ends = at_once([book(campaign) for _ in range(2)])

    assert ends == {"done": 1, "IntegrityError": 1}
    assert whole(campaign).seats_taken == 1


@pytest.mark.parametrize(
    ("caps", "constraint"),
    [
        ({"seats": 1}, "campaigns_allotment_not_oversold"),
        ({"budget_paise": MAX_COST_PAISE}, "campaigns_allotment_not_overspent"),
    ],
)
def test_without_lock_and_constraint_too_much_is_sold(
    caps: dict[str, Any], constraint: str
) -> None:
    """The control of the constraints: with both guards gone one seat is sold twice."""
    campaign = make_campaign(**caps)

    with dropped(constraint), altered(SQL.TAKE, without=LOCK):
        assert at_once([book(campaign) for _ in range(2)]) == {"done": 2}
        assert whole(campaign).seats_taken == 2


def test_a_booking_that_read_old_terms_sells_the_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, original = make_campaign(), selling._take
    edited = threading.Event()

    def edit_first(facts: Facts, wanted: list[Cap]) -> set[str]:
        if not edited.is_set():
            edited.set()
            assert at_once([lambda: _edit(campaign, title="New", cap_paise=100_00)]) == {"done": 1}
        return original(facts, wanted)

    monkeypatch.setattr(selling, "_take", edit_first)
    offer = take(campaign, uuid4())

    assert (offer.revision, offer.title, offer.cap_paise) == (2, "New", 100_00)
    assert whole(campaign).committed_paise == offer.max_cost_paise


def test_without_the_version_a_booking_would_sell_what_is_no_longer_offered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control of the version: the function that does not ask sells the old price."""
    campaign, original = make_campaign(), selling._take

    def edit_first(facts: Facts, wanted: list[Cap]) -> set[str]:
        at_once([lambda: _edit(campaign, title="New", cap_paise=100_00)])
        return original(facts, wanted)

    monkeypatch.setattr(selling, "_take", edit_first)
    with altered(SQL.TAKE, without=" AND version = p_version"):
        assert take(campaign, uuid4()).title != "New"


def test_a_limit_that_falls_while_seats_are_sold_is_never_below_them() -> None:
    campaign = make_campaign(seats=30)

    def lower() -> None:
        _edit(campaign, seats=8)

    ends = at_once([*(book(campaign) for _ in range(20)), lower])

    campaign.refresh_from_db()
    assert whole(campaign).seats_taken <= (campaign.seats or 0)
    assert set(ends) <= {"done", "SeatsExhausted", "CapBelowSold", "CampaignBusy"}


def test_an_editor_waits_for_the_booking_that_is_being_made() -> None:
    """Red without the editor's lock on the allotment: the edit would slip in beside the seat."""
    campaign = make_campaign(seats=5)
    order: list[str] = []

    def edit() -> None:
        _edit(campaign, seats=4)
        order.append("edited")

    with transaction.atomic():
        services.take(
            campaign_id=campaign.pk,
            outlet_id=None,
            rider_id=uuid4(),
            rider_location=None,
            now=NOON,
        )
        waiting = threading.Thread(target=lambda: at_once([edit]))
        waiting.start()
        waiting.join(timeout=0.4)
        order.append("booked")
    waiting.join(timeout=10)

    assert order == ["booked", "edited"]


def test_two_clocks_do_not_wait_for_each_other_or_for_an_editor() -> None:
    campaign = make_campaign(starts_at=NOON + timedelta(hours=1))
    later = NOON + timedelta(hours=2)

    with transaction.atomic():
        Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
        ticked: list[int] = []
        assert at_once(
            [lambda: ticked.append(services.campaign_clock(now=later, limit=10).activated)]
        ) == {"done": 1}
        assert ticked == [0]
    ends = at_once(
        [lambda: ticked.append(services.campaign_clock(now=later, limit=10).activated)] * 4
    )

    assert (ends, sum(ticked)) == ({"done": 4}, 1)


def test_the_clock_overwrites_no_pause_that_came_between(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = importlib.import_module("apps.campaigns.services.clock")
    campaign = make_campaign(seats=1)
    take(campaign, uuid4())
    original = clock._write_labels

    def pause_first(*facts: Any, **more: Any) -> int:
        services.pause(
            campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON
        )
        changed: int = original(*facts, **more)
        return changed

    monkeypatch.setattr(clock, "_write_labels", pause_first)
    assert services.campaign_clock(now=NOON, limit=10).relabelled == 0

    campaign.refresh_from_db()
    assert campaign.pause_reason == "merchant"


def _edit(campaign: Campaign, **changes: object) -> None:
    services.change(
        campaign_id=campaign.pk, merchant_id=None, changes=changes, actor_id=None, now=NOON
    )
