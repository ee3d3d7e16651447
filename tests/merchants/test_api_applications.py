"""Applying for a business over HTTP, and its review by operators."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from apps.accounts import roles
from apps.merchants import services
from apps.merchants.models import Application, Merchant, Outlet
from tests.accounts.making import give_role, make_operator
from tests.campaigns.calling import client, send
from tests.campaigns.shop import problem
from tests.merchants.applying import GSTIN, draw_zones, gstin, wanted
from tests.merchants.making import NOON, make_merchant, make_person, make_staff

pytestmark = pytest.mark.django_db
MINE, QUEUE = "/api/merchant/application", "/api/operator/merchants"
PLACE = {"latitude": 13.3525, "longitude": 74.7928}
OUTLET = {
    "name": "Main Road",
    "category": "cafe",
    "address": "1 Main Road",
    "location": PLACE,
    "radius": 80,
    "hours": [{"dow": 4, "start": "18:00", "end": "02:00"}],
}
BODY: dict[str, Any] = {
    "legalName": "Corner Café Foods LLP",
    "brand": "Corner Café",
    "gstin": "29 aapfu-0939f 1zr",
    "email": "owner@example.org",
    "outlets": [OUTLET],
}


def applicant() -> tuple[UUID, APIClient]:
    draw_zones()
    person = make_person("applicant")
    return person, client(person, "merchant")


def reviewer(zone: str = "") -> APIClient:
    person = make_person("reviewer")
    give_role(person, roles.REVIEWER, zone)
    return client(person, "operator")


def apply(brand: str = "Corner Café", **changes: Any) -> tuple[APIClient, Any]:
    _, caller = applicant()
    answer = send(caller, "post", MINE, BODY | {"brand": brand} | changes)
    assert answer.status_code == 201, answer.content
    return caller, answer.json()


def test_an_application_is_answered_as_it_was_understood() -> None:
    _, caller = applicant()

    answer = send(caller, "post", MINE, BODY)

    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], body["revision"], body["reason"]) == ("applied", 1, None)
    assert (body["gstin"], body["stateCode"], body["zone"]) == (GSTIN, "29", "MNP")
    assert body["missing"] == []
    (outlet,) = body["outlets"]
    assert outlet["location"] == PLACE | {"address": "1 Main Road"}
    assert (outlet["radius"], outlet["hours"]) == (80, OUTLET["hours"])
    assert caller.get(MINE).json() == body


def test_what_a_reviewer_will_ask_for_is_named() -> None:
    bare = {name: value for name, value in OUTLET.items() if name not in ("hours", "radius")}

    _, body = apply(gstin="", outlets=[bare, OUTLET])

    assert body["missing"] == ["/gstin", "/outlets/0/hours"]
    assert body["outlets"][0]["radius"] == 150
    assert body["outlets"][0]["openNow"] is None


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"gstin": "29AAPFU0939F1ZX"}, "gstin_invalid", 422),
        ({"gstin": "", "stateCode": "77"}, "state_unknown", 422),
        ({"outlets": []}, "validation_failed", 422),
        ({"email": "nobody"}, "validation_failed", 422),
        ({"outlets": [OUTLET | {"category": "spaceport"}]}, "validation_failed", 422),
        ({"outlets": [OUTLET | {"radius": 19}]}, "validation_failed", 422),
        ({"outlets": [OUTLET | {"hours": OUTLET["hours"] * 2}]}, "hours_invalid", 422),  # type: ignore[operator]
        ({"status": "active"}, "unknown_field", 400),
        ({"outlets": [OUTLET | {"zone": "BLR"}]}, "unknown_field", 400),
    ],
)
def test_a_form_that_is_wrong_is_refused(changes: dict[str, Any], code: str, status: int) -> None:
    _, caller = applicant()

    problem(send(caller, "post", MINE, BODY | changes), code, status)

    assert not Merchant.objects.exists()
    problem(caller.get(MINE), "no_application", 404)


def test_a_place_where_we_do_not_work_is_told_the_nearest_zone() -> None:
    _, caller = applicant()
    away = OUTLET | {"location": {"latitude": 13.2, "longitude": 74.8}}

    refused = send(caller, "post", MINE, BODY | {"outlets": [away]})

    body = problem(refused, "outside_every_zone", 422)
    assert body["nearestZone"]["code"] == "MNP"
    east = OUTLET | {"location": {"latitude": 13.35, "longitude": 76.8}}
    refused = send(caller, "post", MINE, BODY | {"outlets": [OUTLET, east]})
    assert problem(refused, "outlets_in_several_zones", 422)["zones"] == ["BLR", "MNP"]


def test_a_repeated_request_answers_the_same_and_says_so() -> None:
    _, caller = applicant()

    def post(body: Any) -> Any:
        return caller.post(MINE, body, format="json", HTTP_IDEMPOTENCY_KEY="once")

    first, again = post(BODY), post(BODY)

    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    problem(post(BODY | {"brand": "Other"}), "idempotency_key_reused", 422)
    assert Merchant.objects.count() == 1


def test_whoever_has_a_post_does_not_apply() -> None:
    draw_zones()
    staff = client(make_staff(make_merchant()), "merchant")

    problem(send(staff, "post", MINE, BODY), "already_on_staff", 409)


def test_a_gstin_in_use_is_refused_without_a_word_about_whose_it_is() -> None:
    person, _ = applicant()
    application = services.apply(user_id=person, wanted=wanted(), now=NOON, key=None).application
    chief = make_operator().pk
    services.approve(merchant_id=application.pk, revision=1, actor_id=chief, now=NOON)
    _, caller = applicant()

    body = problem(send(caller, "post", MINE, BODY), "gstin_taken", 409)

    text = str(body)
    assert str(application.pk) not in text
    assert "Corner" not in text


def test_the_review_goes_back_and_forth_and_ends_with_a_merchant_that_may_sell() -> None:
    caller, applied = apply()
    operator, one = reviewer(), f"{QUEUE}/{applied['merchantId']}"

    listed = operator.get(QUEUE, {"status": "applied"}).json()
    assert [row["id"] for row in listed] == [applied["merchantId"]]
    assert listed[0]["gstinParts"]["state"] == "Karnataka"
    assert listed[0]["gstinParts"]["holder"] == "Firm/Limited Liability Partnership"
    sent = send(operator, "post", f"{one}/send-back", {"revision": 1, "reason": "Which floor?"})
    assert (sent.status_code, sent.json()["status"]) == (200, "sent_back")
    told = caller.get(MINE).json()
    assert (told["state"], told["reason"]) == ("sent_back", "Which floor?")

    fixed = OUTLET | {"id": told["outlets"][0]["id"], "address": "1 Main Road, ground floor"}
    again = send(caller, "put", MINE, BODY | {"outlets": [fixed]})
    assert (again.status_code, again.json()["state"], again.json()["revision"]) == (
        200, "applied", 2,
    )  # fmt: skip
    assert again.json()["reason"] is None
    problem(send(operator, "post", f"{one}/approve", {"revision": 1}), "application_changed", 409)
    done = send(operator, "post", f"{one}/approve", {"revision": 2})
    assert (done.status_code, done.json()["status"]) == (200, "active")
    assert caller.get(MINE).json()["state"] == "approved"
    assert caller.get("/api/merchant/profile").json()["status"] == "active"
    problem(send(caller, "put", MINE, BODY), "application_decided", 409)


def test_a_rejected_applicant_reads_why() -> None:
    caller, applied = apply()
    one = f"{QUEUE}/{applied['merchantId']}"
    operator = reviewer()

    problem(send(operator, "post", f"{one}/reject", {"revision": 1}), "reason_required", 422)
    send(operator, "post", f"{one}/reject", {"revision": 1, "reason": "No such shop"})

    told = caller.get(MINE).json()
    assert (told["state"], told["reason"]) == ("rejected", "No such shop")
    problem(caller.get("/api/merchant/profile"), "not_a_merchant", 403)


def test_one_merchant_is_shown_with_what_may_be_the_same_business() -> None:
    apply("First", gstin=gstin(7))
    _, applied = apply("Second", gstin=gstin(7))

    shown = reviewer().get(f"{QUEUE}/{applied['merchantId']}").json()

    (other,) = shown["duplicates"]
    assert (other["brand"], other["status"]) == ("First", "applied")
    assert other["reasons"] == ["same GSTIN", "outlet 0 m from Main Road"]


def test_a_reviewer_of_one_zone_sees_nothing_of_another() -> None:
    _, applied = apply()
    one = f"{QUEUE}/{applied['merchantId']}"
    stranger, local = reviewer("BLR"), reviewer("MNP")

    assert stranger.get(QUEUE).json() == []
    problem(stranger.get(one), "unknown_merchant", 404)
    for act in ("approve", "send-back", "reject"):
        refused = send(stranger, "post", f"{one}/{act}", {"revision": 1, "reason": "x"})
        problem(refused, "unknown_merchant", 404)
    assert Application.objects.get().state == "APPLIED"
    assert len(local.get(QUEUE).json()) == 1


def test_an_operator_who_does_not_review_decides_nothing() -> None:
    _, applied = apply()
    person = make_person("support")
    give_role(person, roles.SUPPORT)

    problem(client(person, "operator").get(QUEUE), "permission_denied", 403)
    refused = send(
        client(person, "operator"), "post", f"{QUEUE}/{applied['merchantId']}/approve",
        {"revision": 1},
    )  # fmt: skip
    problem(refused, "permission_denied", 403)


def test_the_queue_comes_in_pages_and_knows_its_words() -> None:
    made = [apply(f"Brand {number}")[1]["merchantId"] for number in range(3)]
    operator = reviewer()

    first = operator.get(f"{QUEUE}?limit=2&status=applied")
    assert [row["id"] for row in first.json()] == made[:2]
    onward = first["Link"].partition(">")[0].removeprefix("<")
    assert [row["id"] for row in operator.get(onward).json()] == made[2:]
    problem(operator.get(QUEUE, {"status": "new"}), "invalid_parameter", 400)


def test_a_decision_about_what_is_not_there_is_a_404() -> None:
    make_merchant("By hand", active=False)
    bare = Merchant.objects.get().pk

    for merchant_id, code in ((uuid4(), "unknown_merchant"), (bare, "no_application")):
        refused = send(reviewer(), "post", f"{QUEUE}/{merchant_id}/approve", {"revision": 1})
        problem(refused, code, 404)
    assert reviewer().get(QUEUE).json()[0]["revision"] is None


def test_an_applicant_does_not_touch_anybody_elses_outlets() -> None:
    apply("First")
    other = Outlet.objects.get().pk
    caller, _ = apply("Second")

    stolen = send(caller, "put", MINE, BODY | {"outlets": [OUTLET | {"id": str(other)}]})

    problem(stolen, "unknown_outlet", 404)
