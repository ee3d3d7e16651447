"""A merchant's campaigns over HTTP: the contract's shapes, and every refusal as a problem."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.campaigns.models import Campaign
from apps.merchants.models import Merchant, Staff
from tests.campaigns.calling import client, send
from tests.campaigns.making import set_fees, take
from tests.campaigns.shop import LIST, WORKED, Shop, problem
from tests.merchants.making import (
    make_outlet,
    make_person,
    make_staff,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    made = Shop()
    set_fees()
    return made


def test_a_campaign_written_by_the_business_app_is_live_and_listed(shop: Shop) -> None:
    written = shop.write()

    assert written["active"] is True
    assert written["state"] == "active"
    assert {name: written[name] for name in WORKED} == WORKED
    assert (written["cptFee"], written["cpaFee"], written["budget"]) == (20, 50, None)
    assert written["outletIds"] == [str(shop.outlet.pk)]
    assert written["schedule"]["endsAt"] is None
    assert shop.owner.get(LIST).json() == [written]
    assert shop.owner.get(f"{LIST}/{written['id']}").json() == written


def test_the_least_a_campaign_needs_is_a_title_and_a_reimbursement(shop: Shop) -> None:
    answer = send(shop.owner, "post", LIST, {"title": "Come", "rideReimbursement": 99.5})

    assert answer.status_code == 201
    body = answer.json()
    assert (body["rideReimbursement"], body["discount"], body["active"]) == (99.5, 0, True)
    assert (body["cpaEnabled"], body["audience"], body["caps"]["seats"]) == (False, "all", None)


def test_everything_a_campaign_can_say_comes_back(shop: Shop) -> None:
    said = {
        "basis": "deductible",
        "deductible": 20,
        "audience": "new_only",
        "geofencePolicy": "rider_location",
        "bookingTtlMinutes": 90,
        "staticQr": True,
        "budget": 5000,
        "caps": {
            "dailyBudget": 1000, "seats": 20, "dailySeats": 5, "perRider": 2,
            "perRiderPerDay": 1, "perOutletDaily": 4,
        },
        "schedule": {
            "startsAt": "2030-01-01T00:00:00Z",
            "endsAt": "2030-02-01T00:00:00Z",
            "windows": [{"dow": 4, "start": "22:00", "end": "02:00"}],
        },
    }  # fmt: skip

    written = shop.write(**said)

    assert {name: written[name] for name in said} == said
    assert written["state"] == "scheduled"
    assert written["active"] is False


@pytest.mark.parametrize("discount", [12.5, "12.5%", "12.5", " 12.50 % "])
def test_a_discount_is_a_number_or_a_text_of_percent(shop: Shop, discount: Any) -> None:
    assert shop.write(discount=discount)["discount"] == 12.5


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"discount": 101}, "/discount"),
        ({"discount": "ten"}, "/discount"),
        ({"discount": 1.234}, "/discount"),
        ({"discount": True}, "/discount"),
        ({"discount": -1}, "/discount"),
        ({"rideReimbursement": 1.234}, "/rideReimbursement"),
        ({"rideReimbursement": -1}, "/rideReimbursement"),
        ({"rideReimbursement": "150"}, "/rideReimbursement"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 121}, "/title"),
        ({"active": "yes"}, "/active"),
        ({"audience": "everyone"}, "/audience"),
        ({"caps": {"seats": 0}}, "/caps/seats"),
        ({"schedule": {"windows": [{"dow": 7, "start": "10:00", "end": "12:00"}]}},
         "/schedule/windows/0/dow"),
    ],
)  # fmt: skip
def test_a_value_out_of_shape_is_pointed_at(shop: Shop, wrong: Any, pointer: str) -> None:
    body = problem(send(shop.owner, "post", LIST, WORKED | wrong), "validation_failed", 422)

    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"cpaFee": 60}, "/cpaFee"),
        ({"cptFee": 19}, "/cptFee"),
        ({"budget": 232.59}, "/budget"),
        ({"caps": {"dailyBudget": 1}}, "/caps/dailyBudget"),
        ({"bookingTtlMinutes": 14}, "/bookingTtlMinutes"),
        ({"outletIds": [str(uuid4())]}, "/outletIds"),
        ({"rideReimbursement": 0, "discount": 0}, "/rideReimbursement"),
        (
            {"schedule": {"startsAt": "2030-01-02T00:00:00Z", "endsAt": "2030-01-01T00:00:00Z"}},
            "/schedule/endsAt",
        ),
    ],
)
def test_a_term_against_the_rules_is_pointed_at(shop: Shop, wrong: Any, pointer: str) -> None:
    body = problem(send(shop.owner, "post", LIST, WORKED | wrong), "terms_invalid", 422)

    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert not Campaign.objects.exists()


def test_a_field_that_nobody_reads_is_refused(shop: Shop) -> None:
    problem(send(shop.owner, "post", LIST, WORKED | {"state": "active"}), "unknown_field", 400)


def test_without_fees_nothing_is_sold() -> None:
    problem(send(Shop().owner, "post", LIST, WORKED), "fees_not_set", 409)


def test_a_merchant_who_is_not_active_does_not_go_live(shop: Shop) -> None:
    Merchant.objects.update(status=Merchant.Status.SUSPENDED)

    problem(send(shop.owner, "post", LIST, WORKED), "merchant_not_active", 409)


def test_a_staff_member_of_one_outlet_writes_for_that_outlet(shop: Shop) -> None:
    second = make_outlet(shop.merchant, "Second")
    manager = make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(second.pk,))

    answer = send(client(manager, "merchant"), "post", LIST, WORKED)

    assert answer.json()["outletIds"] == [str(second.pk)]


def test_putting_and_patching_change_what_is_named(shop: Shop) -> None:
    path = f"{LIST}/{shop.write(budget=5000)['id']}"

    put = send(shop.owner, "put", path, {"title": "New", "rideReimbursement": 120})
    patched = send(shop.owner, "patch", path, {"caps": {"seats": 3}})

    assert (put.status_code, patched.status_code) == (200, 200)
    body = patched.json()
    assert (body["title"], body["rideReimbursement"], body["budget"]) == ("New", 120, 5000)
    assert (body["revision"], body["caps"]["seats"]) == (3, 3)
    problem(send(shop.owner, "put", path, {"title": "No money"}), "validation_failed", 422)


def test_the_answer_can_be_sent_back_in_the_apps_own_words(shop: Shop) -> None:
    written = shop.write()
    body = {name: written[name] for name in (*WORKED, "cptFee")}

    answer = send(shop.owner, "put", f"{LIST}/{written['id']}", body)

    assert (answer.status_code, answer.json()) == (200, written)


def test_a_locked_field_is_named_as_the_app_knows_it(shop: Shop) -> None:
    path = f"{LIST}/{shop.write()['id']}"

    body = problem(send(shop.owner, "patch", path, {"basis": "actual_capped"}), "field_locked", 409)

    assert body["field"] == "basis"
    outlet = make_outlet(shop.merchant, "Second")
    body = problem(
        send(shop.owner, "patch", path, {"outletIds": [str(outlet.pk)]}), "field_locked", 409
    )
    assert body["field"] == "outletIds"


def test_a_limit_below_what_is_sold_is_refused(shop: Shop) -> None:
    written = shop.write()
    for _ in range(2):
        take(Campaign.objects.get(pk=written["id"]), uuid4(), now=timezone.now())

    answer = send(shop.owner, "patch", f"{LIST}/{written['id']}", {"caps": {"seats": 1}})

    assert problem(answer, "cap_below_sold", 409)["field"] == "caps/seats"


def test_terms_beyond_the_standing_limits_need_a_review(shop: Shop) -> None:
    written = shop.write()

    answer = send(shop.owner, "patch", f"{LIST}/{written['id']}", {"rideReimbursement": 501})

    problem(answer, "review_required", 409)


def test_deleting_ends_and_keeps_the_history(shop: Shop) -> None:
    path = f"{LIST}/{shop.write()['id']}"

    assert shop.owner.delete(path).status_code == 204
    assert shop.owner.delete(path).status_code == 204
    assert shop.owner.get(path).json()["state"] == "ended"
    problem(send(shop.owner, "patch", path, {"title": "Again"}), "field_locked", 409)


def test_a_campaign_is_moved_along_by_name(shop: Shop) -> None:
    path = f"{LIST}/{shop.write(active=False)['id']}"

    states = [
        shop.owner.post(f"{path}/{move}").json().get("state")
        for move in ("submit", "pause", "resume", "end")
    ]

    assert states == ["active", "paused", "active", "ended"]
    problem(shop.owner.post(f"{path}/resume"), "transition_not_allowed", 409)


def test_a_clone_is_a_draft(shop: Shop) -> None:
    written = shop.write()

    answer = shop.owner.post(f"{LIST}/{written['id']}/clone")

    assert (answer.status_code, answer.json()["state"]) == (201, "draft")
    assert answer.json()["id"] != written["id"]


def test_exposure_is_told_in_rupees(shop: Shop) -> None:
    written = shop.write(caps={"seats": 3})
    take(Campaign.objects.get(pk=written["id"]), uuid4(), now=timezone.now())

    assert shop.owner.get(f"{LIST}/{written['id']}/exposure").json() == {
        "exposure": 697.8,
        "held": 232.6,
        "spent": 0,
        "remaining": 465.2,
        "remainingSeats": 2,
        "maxCostPerVisit": 232.6,
        "daysOfRunway": None,
    }


def test_ones_campaigns_are_paged_the_newest_first(shop: Shop) -> None:
    written = [shop.write(title=f"Deal {n}")["id"] for n in range(5)]
    seen, path = [], f"{LIST}?limit=2"

    while path:
        answer = shop.owner.get(path)
        seen += [row["id"] for row in answer.json()]
        link = answer.headers.get("Link", "")
        path = link[link.find("<") + 1 : link.find(">")] if link else ""

    assert seen == written[::-1]


def test_another_merchants_campaign_is_not_there(shop: Shop) -> None:
    stranger = Shop()
    path = f"{LIST}/{shop.write()['id']}"

    assert stranger.owner.get(LIST).json() == []
    for answer in (
        stranger.owner.get(path),
        send(stranger.owner, "patch", path, {"title": "Mine"}),
        send(stranger.owner, "put", path, WORKED),
        stranger.owner.delete(path),
        stranger.owner.get(f"{path}/exposure"),
        *(stranger.owner.post(f"{path}/{move}") for move in ("submit", "pause", "resume", "end")),
        stranger.owner.post(f"{path}/clone"),
    ):
        problem(answer, "unknown_campaign", 404)
    assert Campaign.objects.get().state == "ACTIVE"


@pytest.mark.parametrize("role", [Staff.Role.SCANNER, Staff.Role.ACCOUNTANT])
def test_only_managers_change_campaigns(shop: Shop, role: str) -> None:
    path = f"{LIST}/{shop.write()['id']}"
    staff = client(make_staff(shop.merchant, role), "merchant")

    assert staff.get(path).status_code == 200
    for answer in (
        send(staff, "post", LIST, WORKED),
        send(staff, "patch", path, {"title": "No"}),
        staff.delete(path),
        staff.post(f"{path}/pause"),
    ):
        problem(answer, "role_not_allowed", 403)


def test_a_person_without_a_post_is_no_merchant(shop: Shop) -> None:
    nobody = client(make_person(), "merchant")

    problem(nobody.get(LIST), "not_a_merchant", 403)
    problem(send(nobody, "post", LIST, WORKED), "not_a_merchant", 403)
    assert not Campaign.objects.filter(merchant=shop.merchant).exists()
