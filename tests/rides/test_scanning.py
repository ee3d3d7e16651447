"""What a scan sees of a booking, in one statement."""

from dataclasses import fields
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.merchants import services as merchants
from apps.merchants.models import Staff
from apps.rides import selectors, services
from apps.rides.services import scanning
from apps.rides.services.scanning import ScannedBooking
from tests.factories import NOON, make_booking, make_rider, make_shop, make_staff

pytestmark = pytest.mark.django_db


def test_the_columns_stand_in_the_order_of_the_dataclass() -> None:
    names = [name.replace("__", "_") for name in (*scanning._TERMS, *scanning._COMPUTED)]
    renamed = {
        "scanner_role": "staff_role",
        "scanner_outlet_ids": "staff_outlet_ids",
        "post_role": "rider_is_staff",
        "fare_fare_paise": "fare_paise",
        # Both are told together, or neither.
        "drop_off_distance_m": "arrival",
    }

    assert [renamed.get(name, name) for name in names if name != "drop_off_at"] == [
        field.name for field in fields(ScannedBooking)
    ]


def test_a_scan_sees_the_terms_and_the_facts_of_today() -> None:
    shop = make_shop()
    booking = make_booking(shop)

    seen = services.find_for_scan(ref=booking.ref, actor_id=shop.owner_id)

    assert seen is not None
    for field in fields(ScannedBooking)[:27]:
        assert getattr(seen, field.name) == getattr(booking, field.name), field.name
    assert (seen.merchant_status, seen.outlet_status) == ("ACTIVE", "OPEN")
    assert (seen.outlet_location, seen.outlet_radius_m) == (shop.outlet.location, 150)
    assert (seen.staff_role, seen.staff_outlet_ids, seen.rider_is_staff) == ("OWNER", (), False)


def test_a_stranger_sees_no_role() -> None:
    shop, other = make_shop(), make_shop("Next door")
    booking = make_booking(shop)

    seen = services.find_for_scan(ref=booking.ref, actor_id=other.owner_id)

    assert seen is not None
    assert seen.staff_role is None


def test_a_scanner_of_one_outlet_is_seen_as_such() -> None:
    shop = make_shop()
    scanner_id = make_staff(shop.merchant, Staff.Role.SCANNER, outlet_ids=(shop.outlet.pk,))

    seen = services.find_for_scan(ref=make_booking(shop).ref, actor_id=scanner_id)

    assert seen is not None
    assert (seen.staff_role, seen.staff_outlet_ids) == ("SCANNER", (shop.outlet.pk,))


def test_somebody_dismissed_is_a_stranger() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    make_staff(shop.merchant)
    merchants.dismiss_staff(
        staff_id=Staff.objects.get(user_id=shop.owner_id).pk,
        actor_id=None,
        reason="left",
        now=NOON,
    )

    seen = services.find_for_scan(ref=booking.ref, actor_id=shop.owner_id)

    assert seen is not None
    assert seen.staff_role is None


def test_a_rider_who_works_for_the_merchant_is_seen_as_such() -> None:
    shop, rider = make_shop(), make_rider()
    merchants.add_staff(
        merchant_id=shop.merchant.pk, user_id=rider.pk, role=Staff.Role.SCANNER, now=NOON
    )

    seen = services.find_for_scan(ref=make_booking(shop, rider).ref, actor_id=shop.owner_id)

    assert seen is not None
    assert seen.rider_is_staff


@pytest.mark.parametrize("look", [services.find_for_scan, services.lock_for_scan])
def test_an_unknown_reference_finds_nothing(look: type[ScannedBooking]) -> None:
    with transaction.atomic():
        assert look(ref="A" * 13, actor_id=UUID(int=1)) is None  # type: ignore[call-arg]


def test_the_look_is_one_statement_and_locks_the_booking_alone() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    with transaction.atomic():
        services.lock_for_scan(ref=booking.ref, actor_id=shop.owner_id)  # compiled on first use

    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        seen = services.lock_for_scan(ref=booking.ref, actor_id=shop.owner_id)

    assert len(captured) == 1
    assert scanning._statement(lock=True).text.endswith('FOR NO KEY UPDATE OF "rides_booking"')
    assert seen == services.find_for_scan(ref=booking.ref, actor_id=shop.owner_id)


def test_a_printed_code_finds_its_booking_only_where_the_deal_sold_one() -> None:
    printed = make_booking(make_shop(static_qr=True))
    rotating = make_booking(make_shop("Next door"))

    assert printed.static_id is not None
    assert selectors.ref_of_static(static_id=printed.static_id) == printed.ref
    assert printed.static_id != printed.pk
    assert rotating.static_id is None
    assert selectors.ref_of_static(static_id=rotating.pk) is None
