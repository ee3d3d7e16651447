"""What the database refuses by itself, even to raw SQL."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from apps.merchants.models import FirstVisit, Staff
from tests.merchants.making import (
    NOON,
    make_merchant,
    make_outlet,
    make_staff,
    record_visit,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("UPDATE merchants_merchant SET status = 'X'", "merchants_merchant_status_known"),
        ("UPDATE merchants_merchant SET plan = 'X'", "merchants_merchant_plan_known"),
        ("UPDATE merchants_merchant SET gstin = '29'", "merchants_merchant_gstin_shape"),
        ("UPDATE merchants_outlet SET status = 'X'", "merchants_outlet_status_known"),
        ("UPDATE merchants_outlet SET radius_m = 19", "merchants_outlet_radius_in_range"),
        ("UPDATE merchants_outlet SET radius_m = 2001", "merchants_outlet_radius_in_range"),
        ("UPDATE merchants_staff SET role = 'X'", "merchants_staff_role_known"),
    ],
)
def test_a_row_out_of_range_is_refused(sql: str, constraint: str) -> None:
    merchant = make_merchant()
    make_outlet(merchant)
    make_staff(merchant)

    with pytest.raises(IntegrityError, match=constraint), connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_person_is_on_a_merchants_staff_once() -> None:
    staff = Staff.objects.get(user_id=make_staff(make_merchant()))
    staff.pk, staff.is_active = uuid4(), False

    with pytest.raises(IntegrityError, match="merchants_staff_once_per_merchant"):
        staff.save(force_insert=True)


def test_a_person_has_one_active_post() -> None:
    staff = Staff.objects.get(user_id=make_staff(make_merchant()))
    staff.pk, staff.merchant = uuid4(), make_merchant("Other")

    with pytest.raises(IntegrityError, match="merchants_staff_one_active_post"):
        staff.save(force_insert=True)


def test_a_person_visits_a_merchant_for_the_first_time_once() -> None:
    merchant_id, person_id = uuid4(), uuid4()
    record_visit(merchant_id, person_id, uuid4())

    with pytest.raises(IntegrityError, match="merchants_first_visit_once"):
        FirstVisit.objects.create(
            merchant_id=merchant_id,
            person_id=person_id,
            booking_id=uuid4(),
            at=NOON + timedelta(days=1),
        )
