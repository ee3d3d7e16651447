"""Zones, merchants, outlets and staff, and an operator's hand on the wallet."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import AuditEvent
from apps.merchants import selectors, services
from apps.merchants.errors import (
    AlreadyOnStaff,
    AmountNotPositive,
    BoundaryInvalid,
    GstinInvalid,
    MerchantStatusNotAllowed,
    RadiusNotAllowed,
    ReasonRequired,
    TimezoneUnknown,
    UnknownMerchant,
    UnknownOutlet,
    UnknownZone,
)
from apps.merchants.models import FirstVisit, Merchant, Outlet, Staff, Zone
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.errors import AlreadyPosted, WalletFrozen
from apps.wallet.services import place_hold
from tests.merchants.making import (
    MANIPAL,
    NOON,
    fund,
    make_merchant,
    make_outlet,
    make_staff,
    make_zone,
)
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
SQUARE = [[74.7, 13.3], [74.9, 13.3], [74.9, 13.4], [74.7, 13.4], [74.7, 13.3]]
HOLE = [[74.79, 13.35], [74.80, 13.35], [74.80, 13.36], [74.79, 13.36], [74.79, 13.35]]


def open_zone(code: str = "MNP", **more: Any) -> Zone:
    facts: dict[str, Any] = {
        "name": "Manipal",
        "std_city_code": "std:0820",
        "state_code": "29",
        "platform_state_code": "29",
        "now": NOON,
    }
    return services.open_zone(code=code, **(facts | more))


# --- zones --------------------------------------------------------------------------------------


def test_a_zone_is_opened_with_its_own_accounts() -> None:
    open_zone()

    found = ledger.balances_paise(codes=codes.zone_accounts("MNP"))
    assert set(found.values()) == {0}
    assert len(found) == len(codes.ZoneAccount)


def test_a_time_zone_that_does_not_exist_opens_nothing() -> None:
    with pytest.raises(TimezoneUnknown):
        open_zone(timezone="Asia/Manipal")
    assert not Zone.objects.exists()


@pytest.mark.parametrize(
    "boundary",
    [
        {"type": "Point", "coordinates": [74.7, 13.3]},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": ["x"]},
        {"type": "Polygon", "coordinates": [SQUARE[:3]]},
        {"type": "Polygon", "coordinates": [SQUARE[:-1]]},
        {"type": "Polygon", "coordinates": [[[13.3, 174.7, 1]] * 4]},
        {"type": "Polygon", "coordinates": [[[13.3, 174.7]] * 4]},
    ],
)
def test_a_boundary_that_is_no_polygon_opens_nothing(boundary: Any) -> None:
    with pytest.raises(BoundaryInvalid):
        open_zone(boundary=boundary)
    assert not Zone.objects.exists()


def test_a_place_lies_in_the_zone_whose_boundary_holds_it() -> None:
    open_zone(boundary={"type": "Polygon", "coordinates": [SQUARE, HOLE]})
    open_zone("BLR")

    def zone_of(latitude: float, longitude: float) -> str | None:
        found = selectors.zone_at(place=Point(latitude=latitude, longitude=longitude))
        return None if found is None else found.code

    assert zone_of(13.31, 74.71) == "MNP"
    assert zone_of(13.355, 74.795) is None
    assert zone_of(13.31, 74.91) is None


def test_pausing_a_zone_takes_a_reason_and_leaves_a_trace() -> None:
    open_zone()

    with pytest.raises(ReasonRequired):
        services.pause_zone(code="MNP", actor_id=None, reason="  ", now=NOON)
    with pytest.raises(UnknownZone):
        services.pause_zone(code="XXX", actor_id=None, reason="flood", now=NOON)
    services.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)

    assert selectors.zone(code="MNP").bookings_paused_at == NOON
    assert AuditEvent.objects.get().action == "zone.paused"
    services.resume_zone(code="MNP", actor_id=None, reason="dry", now=NOON)
    assert selectors.zone(code="MNP").bookings_paused_at is None


# --- merchants ----------------------------------------------------------------------------------


def test_a_merchant_applies_and_has_an_empty_purse() -> None:
    merchant = make_merchant(active=False)

    assert merchant.status == Merchant.Status.APPLIED
    assert set(ledger.balances_paise(codes=codes.merchant_accounts(merchant.pk)).values()) == {0}


@pytest.mark.parametrize(
    "gstin",
    ["29ABCDE1234F1Z", "29abcde1234f1z5", "29ABCDE1234F0Z5", "32ABCDE1234F1Z5", "29ABCDE1234F1X5"],
)
def test_a_gstin_of_another_shape_or_state_is_refused(gstin: str) -> None:
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
            gstin="29ABCDE1234F1Z5", now=NOON,
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


# --- outlets and staff --------------------------------------------------------------------------


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
    assert (scope.may_scan_at(one.pk), scope.may_scan_at(two.pk)) == (True, False)
    assert not scope.manages
    assert selectors.staff_of(user_id=uuid4()) is None


@pytest.mark.parametrize(
    ("role", "manages", "scans"),
    [("OWNER", True, True), ("MANAGER", True, True), ("SCANNER", False, True),
     ("ACCOUNTANT", False, False)],
)  # fmt: skip
def test_a_role_says_what_its_holder_may_do(role: str, *, manages: bool, scans: bool) -> None:
    merchant = make_merchant()

    scope = selectors.staff_of(user_id=make_staff(merchant, role))

    assert scope is not None
    assert (scope.manages, scope.may_scan_at(uuid4())) == (manages, scans)


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
    user_id = make_staff(merchant)
    staff_id = Staff.objects.get(user_id=user_id).pk

    services.dismiss_staff(staff_id=staff_id, actor_id=None, reason="left", now=NOON)

    assert selectors.staff_of(user_id=user_id) is None
    services.add_staff(
        merchant_id=make_merchant("Other").pk, user_id=user_id, role="OWNER", now=NOON
    )
    assert selectors.staff_of(user_id=user_id) is not None


# --- money --------------------------------------------------------------------------------------


def balance(merchant: Merchant) -> int:
    return ledger.balance_paise(code=codes.merchant_wallet(merchant.pk))


def top_up(merchant_id: UUID, **more: Any) -> None:
    facts: dict[str, Any] = {
        "amount_paise": 5_000_00,
        "reference": "UTR1",
        "actor_id": None,
        "reason": "bank transfer",
        "now": NOON,
    }
    services.top_up(merchant_id=merchant_id, **(facts | more))


def test_a_top_up_moves_the_banks_money_to_the_wallet_and_leaves_a_trace() -> None:
    merchant = make_merchant()

    top_up(merchant.pk)

    bank = ledger.balance_paise(code=codes.zone_account("MNP", "bank_nodal"))
    assert (balance(merchant), bank) == (5_000_00, 5_000_00)
    event = AuditEvent.objects.get(action="merchant.topped-up")
    assert (event.reason, event.after) == (
        "bank transfer",
        {"amount": 5000, "reference": "UTR1"},
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"reason": " "}, ReasonRequired),
        ({"reference": ""}, ReasonRequired),
        ({"amount_paise": 0}, AmountNotPositive),
        ({"amount_paise": -1}, AmountNotPositive),
    ],
)
def test_a_top_up_without_its_facts_moves_nothing(
    wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    merchant = make_merchant()

    with pytest.raises(refusal):
        top_up(merchant.pk, **wrong)

    assert balance(merchant) == 0


def test_a_bank_reference_counts_once() -> None:
    merchant, other = make_merchant(), make_merchant("Other")
    top_up(merchant.pk)

    for again in (merchant, other):
        with pytest.raises(AlreadyPosted):
            top_up(again.pk)

    assert (balance(merchant), balance(other)) == (5_000_00, 0)
    assert AuditEvent.objects.filter(action="merchant.topped-up").count() == 1


def test_a_frozen_wallet_holds_nothing_new_until_it_is_unfrozen() -> None:
    merchant = make_merchant(funds_paise=1_000_00)

    def hold() -> None:
        with transaction.atomic():
            place_hold(
                hold_id=uuid4(),
                merchant_id=merchant.pk,
                amount_paise=100_00,
                zone_code="MNP",
                reference=f"hold:{uuid4()}",
                event_at=NOON,
                actor_id=None,
            )

    with pytest.raises(ReasonRequired):
        services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="", now=NOON)
    hold()
    services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="odd", now=NOON)
    with pytest.raises(WalletFrozen):
        hold()
    fund(merchant.pk, 1_00)
    services.unfreeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="cleared", now=NOON)
    hold()

    assert balance(merchant) == 1_000_00 + 1_00 - 2 * 100_00
    acts = list(
        AuditEvent.objects.filter(action__startswith="merchant.wallet").values_list(
            "action", "before", "after"
        )
    )
    assert acts == [
        ("merchant.wallet-frozen", {"frozen": False}, {"frozen": True}),
        ("merchant.wallet-unfrozen", {"frozen": True}, {"frozen": False}),
    ]


# --- first visits -------------------------------------------------------------------------------


def record(merchant_id: UUID, person_id: UUID, booking_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT merchants_record_first_visit(%s, %s, %s, %s)",
            [merchant_id, person_id, booking_id, NOON],
        )
        (is_new,) = cursor.fetchone()
    return bool(is_new)


def test_the_first_visit_makes_a_customer_and_the_second_does_not() -> None:
    merchant_id, person_id, first = uuid4(), uuid4(), uuid4()
    assert selectors.is_new_customer(merchant_id=merchant_id, person_id=person_id)

    assert record(merchant_id, person_id, first)
    assert not record(merchant_id, person_id, uuid4())
    assert record(uuid4(), person_id, uuid4())

    assert not selectors.is_new_customer(merchant_id=merchant_id, person_id=person_id)
    assert FirstVisit.objects.get(merchant_id=merchant_id).booking_id == first


def test_only_the_visit_that_made_the_customer_can_be_forgotten() -> None:
    merchant_id, person_id, first = uuid4(), uuid4(), uuid4()
    record(merchant_id, person_id, first)
    pair: dict[str, Any] = {"merchant_id": merchant_id, "person_id": person_id}

    assert not services.forget_first_visit(**pair, booking_id=uuid4())
    assert services.forget_first_visit(**pair, booking_id=first)
    assert selectors.is_new_customer(**pair)


# --- what the database refuses by itself --------------------------------------------------------


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
    record(merchant_id, person_id, uuid4())

    with pytest.raises(IntegrityError, match="merchants_first_visit_once"):
        FirstVisit.objects.create(
            merchant_id=merchant_id,
            person_id=person_id,
            booking_id=uuid4(),
            at=NOON + timedelta(days=1),
        )
