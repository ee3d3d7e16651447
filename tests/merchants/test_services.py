"""Merchants, their outlets and staff, and who visited first."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.merchants import selectors, services
from apps.merchants.errors import (
    AlreadyOnStaff,
    GstinInvalid,
    MerchantStatusNotAllowed,
    RadiusNotAllowed,
    UnknownMerchant,
    UnknownOutlet,
    UnknownZone,
)
from apps.merchants.models import FirstVisit, Merchant, Outlet, Staff
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.merchants.making import (
    MANIPAL,
    NOON,
    make_merchant,
    make_outlet,
    make_staff,
    make_zone,
    record_visit,
)

pytestmark = pytest.mark.django_db


def test_a_merchant_applies_and_has_an_empty_purse() -> None:
    merchant = make_merchant(active=False)

    assert merchant.status == Merchant.Status.APPLIED
    assert set(ledger.balances_paise(codes=codes.merchant_accounts(merchant.pk)).values()) == {0}


@pytest.mark.parametrize(
    "gstin",
    ["29AAPFU0939F1Z", "29aapfu0939f1zr", "29AAPFU0939F1ZV", "27AAPFU0939F1ZV", "29AAPFU0939F1XR"],
)
def test_a_gstin_that_is_none_or_of_another_state_is_refused(gstin: str) -> None:
    make_zone()
    with pytest.raises(GstinInvalid):
        services.register_merchant(
            legal_name="L", brand="B", state_code="29", zone_code="MNP", gstin=gstin, now=NOON
        )
    assert not Merchant.objects.exists()


def test_a_merchant_needs_a_zone_that_exists() -> None:
    with pytest.raises(UnknownZone):
        services.register_merchant(
            legal_name="L", brand="B", state_code="29", zone_code="XXX",
            gstin="29AAPFU0939F1ZR", now=NOON,
        )  # fmt: skip


STATUSES: dict[str, Callable[..., None]] = {
    "ACTIVE": services.activate,
    "SUSPENDED": services.suspend,
    "CLOSED": services.close,
}


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("APPLIED", {"ACTIVE", "CLOSED"}),
        ("ACTIVE", {"SUSPENDED", "CLOSED"}),
        ("SUSPENDED", {"ACTIVE", "CLOSED"}),
        ("CLOSED", set()),
    ],
)
def test_a_merchant_takes_only_the_statuses_that_follow(status: str, allowed: set[str]) -> None:
    merchant = make_merchant(active=False)
    for wanted, act in STATUSES.items():
        Merchant.objects.update(status=status)
        if wanted in allowed:
            act(merchant_id=merchant.pk, actor_id=None, reason="because", now=NOON)
            merchant.refresh_from_db()
            assert merchant.status == wanted
        else:
            with pytest.raises(MerchantStatusNotAllowed):
                act(merchant_id=merchant.pk, actor_id=None, reason="because", now=NOON)


def test_acts_on_what_does_not_exist_are_refused() -> None:
    with pytest.raises(UnknownMerchant):
        services.activate(merchant_id=uuid4(), actor_id=None, now=NOON)
    with pytest.raises(UnknownOutlet):
        services.set_outlet_status(
            outlet_id=uuid4(), status="OPEN", actor_id=None, reason="because", now=NOON
        )
    with pytest.raises(UnknownOutlet):
        selectors.outlet(outlet_id=uuid4())


@pytest.mark.parametrize("radius_m", [19, 2001])
def test_a_radius_is_twenty_to_two_thousand_metres(radius_m: int) -> None:
    merchant = make_merchant()
    with pytest.raises(RadiusNotAllowed):
        make_outlet(merchant, radius_m=radius_m)
    for within in (20, 2000):
        make_outlet(merchant, radius_m=within)
    assert Outlet.objects.count() == 2


def test_an_outlet_lies_in_its_merchants_zone_and_keeps_its_place() -> None:
    outlet = make_outlet(make_merchant(zone="BLR"))
    outlet.refresh_from_db()

    assert (outlet.zone_id, outlet.location) == ("BLR", MANIPAL)


def test_a_closed_outlet_does_not_open_again() -> None:
    outlet = make_outlet(make_merchant())

    def set_status(status: str) -> None:
        services.set_outlet_status(
            outlet_id=outlet.pk, status=status, actor_id=None, reason="because", now=NOON
        )

    set_status("PAUSED")
    set_status("CLOSED")
    with pytest.raises(MerchantStatusNotAllowed):
        set_status("OPEN")
    outlet.refresh_from_db()
    assert outlet.status == "CLOSED"


def test_a_person_acts_for_one_merchant_within_the_outlets_named() -> None:
    merchant = make_merchant()
    one, two = make_outlet(merchant), make_outlet(merchant)
    user_id = make_staff(merchant, Staff.Role.SCANNER, outlet_ids=(one.pk,))

    scope = selectors.staff_of(user_id=user_id)

    assert scope is not None
    assert (scope.merchant_id, scope.role, scope.outlet_ids) == (merchant.pk, "SCANNER", (one.pk,))
    assert (scope.covers(one.pk), scope.covers(two.pk)) == (True, False)
    assert selectors.staff_of(user_id=uuid4()) is None


def test_nobody_holds_two_posts_or_stands_at_a_strangers_outlet() -> None:
    merchant, other = make_merchant(), make_merchant("Other")
    user_id = make_staff(merchant)

    for employer in (merchant, other):
        with pytest.raises(AlreadyOnStaff):
            services.add_staff(merchant_id=employer.pk, user_id=user_id, role="OWNER", now=NOON)
    with pytest.raises(UnknownOutlet):
        make_staff(merchant, outlet_ids=(make_outlet(other).pk,))


def test_a_dismissed_person_acts_for_nobody_and_may_be_hired_elsewhere() -> None:
    merchant = make_merchant()
    make_staff(merchant)
    user_id = make_staff(merchant)
    staff_id = Staff.objects.get(user_id=user_id).pk

    services.dismiss_staff(staff_id=staff_id, actor_id=None, reason="left", now=NOON)

    assert selectors.staff_of(user_id=user_id) is None
    services.add_staff(
        merchant_id=make_merchant("Other").pk, user_id=user_id, role="OWNER", now=NOON
    )
    assert selectors.staff_of(user_id=user_id) is not None


def test_the_first_visit_makes_a_customer_and_the_second_does_not() -> None:
    merchant_id, person_id, first = uuid4(), uuid4(), uuid4()
    assert selectors.is_new_customer(merchant_id=merchant_id, person_id=person_id)

    assert record_visit(merchant_id, person_id, first)
    assert not record_visit(merchant_id, person_id, uuid4())
    assert record_visit(uuid4(), person_id, uuid4())

    assert not selectors.is_new_customer(merchant_id=merchant_id, person_id=person_id)
    assert FirstVisit.objects.get(merchant_id=merchant_id).booking_id == first


def test_only_the_visit_that_made_the_customer_can_be_forgotten() -> None:
    merchant_id, person_id, first = uuid4(), uuid4(), uuid4()
    record_visit(merchant_id, person_id, first)
    pair: dict[str, Any] = {"merchant_id": merchant_id, "person_id": person_id}

    assert not services.forget_first_visit(**pair, booking_id=uuid4())
    assert services.forget_first_visit(**pair, booking_id=first)
    assert selectors.is_new_customer(**pair)
