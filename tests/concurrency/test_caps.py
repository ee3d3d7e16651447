"""Caps under parallel bookings, on the real database: each lock with the control that needs it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.campaigns import selectors, services
from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment, Campaign
from tests.campaigns.making import MAX_COST_PAISE, make_campaign, take
from tests.campaigns.racing import SLOW, UNLOCKED, UNPINNED, at_once, book, dropped, whole
from tests.concurrency.meeting import wait_for_a_waiter
from tests.wallet.racing import altered

pytestmark = pytest.mark.django_db(transaction=True)


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

    with altered("campaigns_take", SLOW):
        ends = at_once([book(campaign) for _ in range(2)])

    assert ends == {"done": 1, "SeatsExhausted": 1}


def test_without_the_lock_the_race_is_real_and_the_constraint_stops_it() -> None:
    """The control: were the lock not needed, the loser would be told that the seats are gone."""
    campaign = make_campaign(seats=1)

    with altered("campaigns_take", SLOW, UNLOCKED):
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

    with dropped(constraint), altered("campaigns_take", SLOW, UNLOCKED):
        assert at_once([book(campaign) for _ in range(2)]) == {"done": 2}
        assert whole(campaign).seats_taken == 2


def return_slowly(campaign: Campaign, offer: services.Offer) -> Callable[[], object]:
    """Give back in a session that meets the rows in their order on the page, `all` the last."""

    def job() -> None:
        wait_for_a_waiter()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_indexscan = off")
                cursor.execute("SET LOCAL enable_bitmapscan = off")
            services.give_back(
                campaign_id=campaign.pk, scopes=offer.scopes[:2], amount_paise=0, seats=1
            )

    return job


@pytest.mark.parametrize("lock", [True, False], ids=["with the lock", "the control: without it"])
def test_a_return_and_a_booking_in_opposite_order_need_the_lock(*, lock: bool) -> None:
    campaign = make_campaign()
    offer = take(campaign, uuid4())
    # A new version of the row `all`, behind the row of the day.
    Allotment.objects.filter(campaign=campaign, scope=ALL).update(visits=1)
    changes = [UNPINNED] if lock else [UNPINNED, UNLOCKED]

    with altered("campaigns_give_back", *changes), altered("campaigns_take", SLOW):
        ends = at_once([book(campaign), return_slowly(campaign, offer)])

    assert ends == ({"done": 2} if lock else {"done": 1, "OperationalError": 1})
