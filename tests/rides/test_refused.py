"""Bookings that are refused: counted by reason, whom they were refused to is kept nowhere."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.rides import refused, selectors, services, tasks
from apps.rides.models import RefusedBookings
from apps.rides.services import Refusal
from apps.rides.services.refusing import KEPT
from tests.factories import Shop, make_rider, make_shop
from tests.rides.calling import Api, problem
from uma.kernel import queue
from uma.kernel.tally import Tally
from uma.kernel.zones import day_of

pytestmark = pytest.mark.django_db
CLOCK = "Asia/Kolkata"


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """The process' sums, handed on when the test says so; what would be published is run here and now."""
    own = Tally(refused._send, every_s=3_600)
    monkeypatch.setattr(refused, "refused", own)
    monkeypatch.setattr(refused, "enqueue", lambda task, **facts: task(**facts))
    return own


def try_to_book(shop: Shop, rider: User, **more: str) -> Any:  # Any: a response
    return Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk), **more})


def counts() -> list[tuple[Any, ...]]:  # Any: columns of many types
    return sorted(RefusedBookings.objects.values_list("campaign_id", "outlet_id", "code", "times"))


def test_a_refused_booking_is_counted_by_its_reason_and_the_answer_is_as_before(
    tally: Tally,
) -> None:
    now = timezone.now()
    shop = make_shop(now=now, seats=1)
    rider, outlet = make_rider(now=now), str(shop.outlet.pk)
    assert try_to_book(shop, rider).status_code == 201

    for _ in range(2):
        answer = try_to_book(shop, make_rider(now=now), outletId=outlet)
        problem(answer, 409, "seats_exhausted")
    tally.flush()
    tally.flush()

    row = RefusedBookings.objects.get()
    assert (row.merchant_id, row.campaign_id) == (shop.merchant.pk, shop.campaign.pk)
    assert (row.outlet_id, row.code, row.times) == (shop.outlet.pk, "seats_exhausted", 2)
    assert row.day == day_of(now, CLOCK)


def test_a_wallet_that_is_empty_or_a_rider_with_a_ticket_is_a_reason_like_the_deals_own(
    tally: Tally,
) -> None:
    now = timezone.now()
    shop, poor = make_shop(now=now), make_shop("Poor", now=now, funds_paise=0)
    rider = make_rider(now=now)
    try_to_book(shop, rider)

    problem(try_to_book(shop, rider), 409, "already_booked_here")
    problem(try_to_book(poor, rider), 409, "deal_not_funded")
    tally.flush()

    assert counts() == sorted(
        [
            (shop.campaign.pk, None, "already_booked_here", 1),
            (poor.campaign.pk, None, "deal_not_funded", 1),
        ]
    )


def test_what_nobody_was_offered_is_not_counted(tally: Tally) -> None:
    shop, rider = make_shop(now=timezone.now()), make_rider(now=timezone.now())
    shop.campaign.pk = uuid4()

    problem(try_to_book(shop, rider), 404, "unknown_campaign")
    tally.flush()
    told = Refusal(uuid4(), None, "rider_banned", timezone.now(), 1)

    assert services.count_refused(refusals=[told]) == 0
    assert counts() == []


def test_a_queue_that_takes_nothing_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    shop = make_shop(now=now, funds_paise=0)
    monkeypatch.setattr(queue, "_outbound", queue._Outbound(capacity=0))
    monkeypatch.setattr(refused, "refused", Tally(refused._send, every_s=3_600))

    problem(try_to_book(shop, make_rider(now=now)), 409, "deal_not_funded")
    refused.refused.flush()

    assert counts() == []


def test_a_day_is_the_zones_and_an_outlet_of_somebody_else_is_as_good_as_none() -> None:
    shop = make_shop()
    # Midnight in India.
    late = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
    campaign_id = shop.campaign.pk

    services.count_refused(
        refusals=[
            Refusal(campaign_id, shop.outlet.pk, "outlet_closed", late - timedelta(minutes=1), 2),
            Refusal(campaign_id, shop.outlet.pk, "outlet_closed", late, 3),
            Refusal(campaign_id, make_shop("Other").outlet.pk, "outlet_closed", late, 4),
            Refusal(campaign_id, None, "outlet_closed", late, 5),
        ]
    )

    kept = RefusedBookings.objects.values_list("day__day", "outlet_id", "times").order_by("times")
    assert list(kept) == [(1, shop.outlet.pk, 2), (2, shop.outlet.pk, 3), (2, None, 9)]
    whole: dict[str, Any] = {  # Any: what the selector takes
        "merchant_id": shop.merchant.pk,
        "first": late.date(),
        "last": late.date(),
    }
    ever = whole | {"last": late.date() + timedelta(days=1)}
    assert selectors.refused(**whole, by="code") == {"outlet_closed": 2}
    assert selectors.refused(**ever, by="outlet_id") == {None: 9, shop.outlet.pk: 5}
    assert selectors.refused(**ever, by="code", outlet_ids=[shop.outlet.pk]) == {"outlet_closed": 5}
    assert selectors.refused(**ever, by="code", campaign_id=uuid4()) == {}


def test_counts_are_forgotten_when_nobody_can_look_back_to_them() -> None:
    shop, now = make_shop(), timezone.now()
    # A shop's day may be a day ahead of the one that is forgotten by.
    for days in (0, KEPT.days - 1, KEPT.days + 2, KEPT.days + 3):
        at = now - timedelta(days=days)
        services.count_refused(refusals=[Refusal(shop.campaign.pk, None, "seats_exhausted", at, 1)])

    assert [services.forget_refused(now=now, limit=1) for _ in range(3)] == [1, 1, 0]
    assert RefusedBookings.objects.count() == 2
    assert tasks.forget_refused() == 0
