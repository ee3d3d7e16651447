"""What the database refuses by itself, even to raw SQL."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from apps.merchants.models import Application, FirstVisit, Merchant, Staff
from tests.merchants.applying import GSTIN, apply
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


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE merchants_staff SET is_active = false",
        "UPDATE merchants_staff SET role = 'MANAGER'",
        "DELETE FROM merchants_staff",
    ],
)
def test_the_last_owner_of_a_merchant_stays(sql: str) -> None:
    merchant = make_merchant()
    make_staff(merchant)
    make_staff(merchant, Staff.Role.MANAGER)

    with pytest.raises(IntegrityError, match="the last owner"):
        run(sql)


def test_one_of_two_owners_may_go_and_a_closed_merchant_needs_none() -> None:
    merchant = make_merchant()
    first, second = make_staff(merchant), make_staff(merchant)

    Staff.objects.filter(user_id=first).update(is_active=False)
    Merchant.objects.update(status="CLOSED")
    Staff.objects.filter(user_id=second).update(is_active=False)

    assert not Staff.objects.filter(is_active=True).exists()


def test_a_gstin_belongs_to_one_merchant_that_may_sell() -> None:
    for brand in ("One", "Two", "Three"):
        make_merchant(brand, active=False)
    one, two, three = Merchant.objects.order_by("pk")
    Merchant.objects.update(gstin=GSTIN)
    Merchant.objects.filter(pk=one.pk).update(status="ACTIVE")
    Merchant.objects.filter(pk=three.pk).update(status="CLOSED")

    with pytest.raises(IntegrityError, match="merchants_merchant_gstin_once"):
        Merchant.objects.filter(pk=two.pk).update(status="SUSPENDED")


def test_merchants_without_a_gstin_are_many() -> None:
    make_merchant("One")
    make_merchant("Two")

    assert Merchant.objects.filter(status="ACTIVE", gstin="").count() == 2


@pytest.mark.parametrize(
    ("sql", "constraint"),
    [
        ("SET decided_at = now()", "merchants_application_decided"),
        ("SET state = 'APPROVED'", "merchants_application_decided"),
        ("SET state = 'SENT_BACK', decided_at = now()", "merchants_application_decided"),
        ("SET state = 'REJECTED', reason = 'x'", "merchants_application_decided"),
        ("SET state = 'X', decided_at = now()", "merchants_application_arrows"),
        ("SET request_key = 'k'", "merchants_application_request_whole"),
        ("SET request_key = 'k', request_fingerprint = 'short'", "request_whole"),
    ],
)
def test_an_application_that_cannot_be_is_refused(sql: str, constraint: str) -> None:
    apply()

    with pytest.raises(IntegrityError, match=constraint):
        run(f"UPDATE merchants_application {sql}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("APPROVED", "APPLIED"), ("APPROVED", "APPROVED"), ("APPROVED", "REJECTED"),
        ("REJECTED", "APPLIED"), ("REJECTED", "APPROVED"), ("SENT_BACK", "APPROVED"),
        ("SENT_BACK", "SENT_BACK"),
    ],
)  # fmt: skip
def test_a_decided_application_goes_no_other_way(before: str, after: str) -> None:
    apply()
    run(f"UPDATE merchants_application SET state = '{before}', decided_at = now(), reason = 'x'")

    with pytest.raises(IntegrityError, match="merchants_application_arrows"):
        run(f"UPDATE merchants_application SET state = '{after}'")


def test_an_application_begins_undecided() -> None:
    application = apply()
    other = Application(
        merchant=make_merchant("Other"),
        applicant_id=application.applicant_id,
        state="APPROVED",
        created_at=NOON,
        submitted_at=NOON,
        decided_at=NOON,
    )

    with pytest.raises(IntegrityError, match="merchants_application_born_applied"):
        other.save(force_insert=True)


@pytest.mark.parametrize("sql", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_applications_are_never_removed(sql: str) -> None:
    apply()

    # Otherwise the foreign keys that wait for their check refuse before our rule does.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="merchants_application_kept"):
        run(sql.format("merchants_application"))


def test_a_request_makes_one_application() -> None:
    application = apply()
    same = {"request_key": "k", "request_fingerprint": b"f" * 32}
    Application.objects.update(**same)
    other = Application(
        merchant=make_merchant("Other"),
        applicant_id=application.applicant_id,
        created_at=NOON,
        submitted_at=NOON,
        **same,
    )

    with pytest.raises(IntegrityError, match="merchants_application_request_once"):
        other.save(force_insert=True)
