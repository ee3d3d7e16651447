"""Two workers that count refused bookings of the same day at the same moment."""

import pytest

from apps.rides import services
from apps.rides.models import RefusedBookings
from apps.rides.services import Refusal
from tests.concurrency.meeting import at_once
from tests.factories import NOON, make_shop

pytestmark = pytest.mark.django_db(transaction=True)
REASONS = 300


def test_two_workers_who_count_the_same_reasons_wait_in_one_order_and_lose_nothing() -> None:
    shop = make_shop()
    told = [
        Refusal(shop.campaign.pk, shop.outlet.pk, f"reason_{number}", NOON, 1)
        for number in range(REASONS)
    ]
    # A worker of each kind has been there: nobody's insert waits for the other's insert alone.
    services.count_refused(refusals=told)

    at_once(
        lambda: [services.count_refused(refusals=told) for _ in range(5)],
        lambda: [services.count_refused(refusals=told[::-1]) for _ in range(5)],
    )

    assert set(RefusedBookings.objects.values_list("times", flat=True)) == {11}
