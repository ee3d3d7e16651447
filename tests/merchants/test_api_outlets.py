"""A merchant's outlets and staff over HTTP."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import AuditEvent
from apps.merchants.models import Merchant, Outlet, Staff
from tests.campaigns.calling import client, send
from tests.campaigns.shop import problem
from tests.merchants.applying import draw_zones
from tests.merchants.making import make_merchant, make_outlet, make_staff

pytestmark = pytest.mark.django_db
OUTLETS, STAFF = "/api/merchant/outlets", "/api/merchant/staff"
NEW: dict[str, Any] = {
    "name": "Second",
    "category": "bakery",
    "address": "2 Main Road",
    "location": {"latitude": 13.36, "longitude": 74.79},
}


@pytest.fixture
def merchant() -> Merchant:
    draw_zones()
    return make_merchant()


def acting(merchant: Merchant, role: str = "OWNER", *outlet_ids: UUID) -> APIClient:
    return client(make_staff(merchant, role, outlet_ids=outlet_ids), "merchant")


def post_of(merchant: Merchant, role: str, *outlet_ids: UUID) -> tuple[UUID, APIClient]:
    user_id = make_staff(merchant, role, outlet_ids=outlet_ids)
    return Staff.objects.get(user_id=user_id).pk, client(user_id, "merchant")


def test_an_outlet_is_opened_read_changed_paused_opened_and_closed(merchant: Merchant) -> None:
    owner = acting(merchant)

    made = send(owner, "post", OUTLETS, NEW)
    assert made.status_code == 201
    one = f"{OUTLETS}/{made.json()['id']}"
    assert (made.json()["zone"], made.json()["status"]) == ("MNP", "open")
    assert owner.get(one).json() == made.json() == owner.get(OUTLETS).json()[0]

    hours = [{"dow": day, "start": "00:00", "end": "00:00"} for day in range(7)]
    changed = send(owner, "patch", one, {"name": "Renamed", "hours": hours, "radius": 40})
    assert changed.status_code == 200
    body = changed.json()
    assert (body["name"], body["radius"], body["openNow"]) == ("Renamed", 40, True)
    trace = AuditEvent.objects.get(action="outlet.changed")
    assert trace.before == {"name": "Second", "radius_m": 150, "hours": []}
    assert trace.after["name"] == "Renamed"

    assert send(owner, "post", f"{one}/pause").json()["status"] == "paused"
    assert send(owner, "post", f"{one}/open").json()["status"] == "open"
    problem(send(owner, "post", f"{one}/close", {}), "reason_required", 422)
    assert send(owner, "post", f"{one}/close", {"reason": "moved"}).json()["status"] == "closed"
    problem(send(owner, "post", f"{one}/open"), "merchant_status_not_allowed", 409)
    problem(send(owner, "patch", one, {"name": "x"}), "merchant_status_not_allowed", 409)


def test_a_pin_is_corrected_and_corrections_do_not_add_up(merchant: Merchant) -> None:
    owner, outlet = acting(merchant), make_outlet(merchant)
    one = f"{OUTLETS}/{outlet.pk}"

    def move(metres_north: int) -> Any:
        place = {"latitude": 13.3525 + metres_north / 111_195, "longitude": 74.7928}
        return send(owner, "patch", one, {"location": place})

    assert move(150).status_code == 200
    assert move(-150).status_code == 200
    body = problem(move(210), "outlet_moved_too_far", 409)
    assert (body["awayM"], body["limitM"]) == (210, 200)
    assert move(195).status_code == 200
    outlet.refresh_from_db()
    assert outlet.registered_at.latitude == 13.3525


def test_an_outlet_stays_in_its_merchants_zone(merchant: Merchant) -> None:
    owner = acting(merchant)
    east = {"location": {"latitude": 13.35, "longitude": 76.8}}

    body = problem(send(owner, "post", OUTLETS, NEW | east), "outside_every_zone", 422)
    assert body["zone"] == "MNP"
    one = f"{OUTLETS}/{make_outlet(merchant).pk}"
    problem(send(owner, "patch", one, east), "outside_every_zone", 422)


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        ([{"dow": 7, "start": "09:00", "end": "10:00"}], "validation_failed"),
        ([{"dow": 0, "start": "9", "end": "10:00"}], "validation_failed"),
        ([{"dow": 0, "start": "20:00", "end": "04:00"}, {"dow": 1, "start": "03:00", "end": "05:00"}],
         "hours_invalid"),
        ([{"dow": 0, "start": "09:00", "end": "09:30"}] * 29, "hours_invalid"),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_are_refused(merchant: Merchant, hours: Any, code: str) -> None:
    outlet = make_outlet(merchant)

    problem(send(acting(merchant), "patch", f"{OUTLETS}/{outlet.pk}", {"hours": hours}), code, 422)
    outlet.refresh_from_db()
    assert outlet.hours == []


def test_a_merchant_that_may_not_sell_opens_and_changes_nothing(merchant: Merchant) -> None:
    owner, outlet = acting(merchant), make_outlet(merchant)
    Merchant.objects.update(status="SUSPENDED")

    problem(send(owner, "post", OUTLETS, NEW), "merchant_not_active", 409)
    problem(
        send(owner, "patch", f"{OUTLETS}/{outlet.pk}", {"name": "x"}), "merchant_not_active", 409
    )
    assert Outlet.objects.count() == 1


def test_outlets_are_managed_by_owners_and_by_managers_where_they_are_posted(
    merchant: Merchant,
) -> None:
    one, two = make_outlet(merchant), make_outlet(merchant, "Second")
    local = acting(merchant, "MANAGER", one.pk)

    assert send(local, "post", f"{OUTLETS}/{one.pk}/pause").status_code == 200
    problem(send(local, "post", f"{OUTLETS}/{two.pk}/pause"), "outlet_not_yours", 403)
    problem(send(local, "patch", f"{OUTLETS}/{two.pk}", {"name": "x"}), "outlet_not_yours", 403)
    problem(send(local, "post", OUTLETS, NEW), "outlet_not_yours", 403)
    assert send(acting(merchant, "MANAGER"), "post", OUTLETS, NEW).status_code == 201
    for role in ("SCANNER", "ACCOUNTANT"):
        caller = acting(merchant, role)
        assert len(caller.get(OUTLETS).json()) == 3
        problem(send(caller, "post", OUTLETS, NEW), "role_not_allowed", 403)
        problem(send(caller, "post", f"{OUTLETS}/{two.pk}/close"), "role_not_allowed", 403)


def test_another_merchants_outlets_and_staff_do_not_exist(merchant: Merchant) -> None:
    other = make_merchant("Other")
    strange, (staff_id, _) = make_outlet(other), post_of(other, "SCANNER")
    owner = acting(merchant)

    one = f"{OUTLETS}/{strange.pk}"
    problem(owner.get(one), "unknown_outlet", 404)
    problem(send(owner, "patch", one, {"name": "x"}), "unknown_outlet", 404)
    for act in ("open", "pause", "close"):
        problem(send(owner, "post", f"{one}/{act}", {"reason": "x"}), "unknown_outlet", 404)
    problem(send(owner, "patch", f"{STAFF}/{staff_id}", {"role": "owner"}), "unknown_staff", 404)
    problem(owner.delete(f"{STAFF}/{staff_id}"), "unknown_staff", 404)
    own, _ = post_of(merchant, "SCANNER")
    stolen = send(owner, "patch", f"{STAFF}/{own}", {"outletIds": [str(strange.pk)]})
    problem(stolen, "unknown_outlet", 404)


def test_colleagues_are_listed_by_name_and_never_by_number(merchant: Merchant) -> None:
    owner = acting(merchant)
    staff_id, _ = post_of(merchant, "SCANNER")

    first, second = owner.get(STAFF).json()

    assert (first["role"], first["you"], first["name"]) == ("owner", True, "Staff")
    assert (second["id"], second["role"], second["you"]) == (str(staff_id), "scanner", False)
    assert set(first) == {"id", "name", "role", "outletIds", "since", "you"}


def test_an_owner_gives_roles_and_doors_and_takes_posts(merchant: Merchant) -> None:
    owner, outlet = acting(merchant), make_outlet(merchant)
    staff_id, colleague = post_of(merchant, "SCANNER")
    one = f"{STAFF}/{staff_id}"

    moved = send(owner, "patch", one, {"outletIds": [str(outlet.pk)], "role": "manager"})
    assert (moved.json()["role"], moved.json()["outletIds"]) == ("manager", [str(outlet.pk)])
    trace = AuditEvent.objects.get(action="staff.changed")
    assert (trace.before["role"], trace.after["role"]) == ("SCANNER", "MANAGER")
    raised = send(owner, "patch", one, {"role": "owner"})
    assert raised.json()["outletIds"] == []
    assert owner.delete(one).status_code == 204
    problem(colleague.get(OUTLETS), "not_a_merchant", 403)
    problem(send(owner, "patch", one, {"role": "scanner"}), "unknown_staff", 404)
    assert owner.delete(one).status_code == 204
    assert AuditEvent.objects.filter(action="staff.dismissed").count() == 1


def test_the_last_owner_neither_leaves_nor_is_made_less(merchant: Merchant) -> None:
    staff_id, owner = post_of(merchant, "OWNER")
    one = f"{STAFF}/{staff_id}"

    problem(owner.delete(one), "last_owner", 409)
    problem(send(owner, "patch", one, {"role": "manager"}), "last_owner", 409)
    second = acting(merchant)
    assert owner.delete(one).status_code == 204
    assert len(second.get(STAFF).json()) == 1


def test_a_manager_decides_about_scanners_at_the_same_doors(merchant: Merchant) -> None:
    acting(merchant)
    here, there = make_outlet(merchant), make_outlet(merchant, "Second")
    manager, local = acting(merchant, "MANAGER"), acting(merchant, "MANAGER", here.pk)
    mine, _ = post_of(merchant, "SCANNER", here.pk)
    elsewhere, _ = post_of(merchant, "SCANNER", there.pk)
    everywhere, _ = post_of(merchant, "SCANNER")
    accountant, _ = post_of(merchant, "ACCOUNTANT")

    def refused(caller: APIClient, staff_id: UUID, **changes: Any) -> None:
        answer = send(caller, "patch", f"{STAFF}/{staff_id}", changes)
        problem(answer, "role_not_allowed", 403)

    refused(manager, mine, role="manager")
    refused(manager, accountant, outletIds=[])
    refused(local, elsewhere, outletIds=[str(here.pk)])
    refused(local, everywhere, outletIds=[str(here.pk)])
    refused(local, mine, outletIds=[])
    problem(local.delete(f"{STAFF}/{elsewhere}"), "role_not_allowed", 403)
    moved = send(manager, "patch", f"{STAFF}/{mine}", {"outletIds": [str(there.pk)]})
    assert moved.status_code == 200
    assert manager.delete(f"{STAFF}/{elsewhere}").status_code == 204


def test_anybody_may_leave_and_nobody_else_is_a_scanners_business(merchant: Merchant) -> None:
    acting(merchant)
    staff_id, scanner = post_of(merchant, "SCANNER")
    other, _ = post_of(merchant, "SCANNER")

    problem(scanner.get(STAFF), "role_not_allowed", 403)
    problem(scanner.delete(f"{STAFF}/{other}"), "role_not_allowed", 403)
    problem(
        send(scanner, "patch", f"{STAFF}/{staff_id}", {"role": "owner"}), "role_not_allowed", 403
    )
    assert scanner.delete(f"{STAFF}/{staff_id}").status_code == 204
    problem(scanner.delete(f"{STAFF}/{uuid4()}"), "not_a_merchant", 403)
