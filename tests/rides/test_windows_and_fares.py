"""How long a booking lasts in a deal with hours, and what the network tells of its ride."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from apps.rides import services
from apps.rides.errors import BookingNotFound, FareKnown
from apps.rides.models import Fare
from tests.campaigns.making import EVENINGS
from tests.factories import NOON, make_booking, make_shop
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db

# 22:30 in Manipal; the evening's window closes at 23:00.
LATE = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def test_a_booking_ends_a_quarter_of_an_hour_after_the_window_it_was_sold_in() -> None:
    shop = make_shop(windows=EVENINGS)

    booking = make_booking(shop, now=LATE)

    assert booking.expires_at == LATE + timedelta(minutes=30 + 15)


def test_a_booking_with_a_short_life_ends_before_its_window() -> None:
    shop = make_shop(windows=EVENINGS, booking_ttl_minutes=20)

    booking = make_booking(shop, now=LATE)

    assert booking.expires_at == LATE + timedelta(minutes=20)


def test_a_scan_sees_the_fare_once_it_was_told() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    before = services.find_for_scan(ref=booking.ref, actor_id=shop.owner_id)

    services.record_fare(booking_id=booking.pk, fare_paise=132_00, now=NOON)
    after = services.find_for_scan(ref=booking.ref, actor_id=shop.owner_id)

    assert before is not None
    assert before.fare_paise is None
    assert after is not None
    assert after.fare_paise == 132_00


def test_a_fare_is_told_once_and_the_same_again_is_no_news() -> None:
    booking = make_booking(make_shop())
    services.record_fare(booking_id=booking.pk, fare_paise=132_00, now=NOON)

    services.record_fare(booking_id=booking.pk, fare_paise=132_00, now=NOON + timedelta(hours=1))
    with pytest.raises(FareKnown) as refusal:
        services.record_fare(booking_id=booking.pk, fare_paise=133_00, now=NOON)

    assert refusal.value.extra == {"known_paise": 132_00}
    assert list(Fare.objects.values_list("fare_paise", "recorded_at")) == [(132_00, NOON)]


def test_a_fare_of_no_booking_is_refused() -> None:
    with pytest.raises(BookingNotFound):
        services.record_fare(booking_id=new_id(), fare_paise=1, now=NOON)

    assert not Fare.objects.exists()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE rides_fare SET fare_paise = 1", "rides_fare_told_once"),
        ("DELETE FROM rides_fare", "rides_fare_told_once"),
        ("TRUNCATE rides_fare", "rides_fare_told_once"),
        (
            "INSERT INTO rides_fare VALUES (gen_random_uuid(), -1, now())",
            "rides_fare_not_negative",
        ),
    ],
)
def test_a_fare_is_never_negative_and_never_changed(statement: str, named: str) -> None:
    booking = make_booking(make_shop())
    services.record_fare(booking_id=booking.pk, fare_paise=132_00, now=NOON)

    with (
        pytest.raises(DatabaseError, match=named),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert Fare.objects.get().fare_paise == 132_00
