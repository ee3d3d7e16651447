"""After the scan over HTTP: returned, contested, and what it cost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import services as accounts
from apps.handshake.models import Dispute, Handshake, Reversal
from apps.merchants.models import Staff
from tests.factories import (
    FUNDS_PAISE,
    Shop,
    make_rider,
    make_shop,
    make_staff,
    make_zone,
    set_fees,
)
from tests.handshake.visiting import CAP_PAISE, purses, visit
from tests.rides.calling import Api, problem

pytestmark = pytest.mark.django_db
LINES_OF_A_FIRST_VISIT = ["reimbursement", "cpt", "cpa", "gst", "gst"]


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def handshake(shop: Shop) -> Handshake:
    return visit(shop, now=timezone.now())


@pytest.fixture
def api(shop: Shop) -> Api:
    return Api(shop.owner_id, "merchant")


def reverse(api: Api, handshake: Handshake, **body: object) -> Any:  # Any: Django's test response
    return api.post(f"/handshake/{handshake.pk}/reverse", {"reason": "wrong table", **body})


def contest(api: Api, handshake: Handshake, **body: object) -> Any:  # Any: as above
    return api.post(f"/handshake/{handshake.pk}/dispute", {"reason": "never came", **body})


def pages(api: Api, limit: int, between: Callable[[], object] = lambda: None) -> list[Any]:
    """Return each page of the merchant's transactions; `between` happens after the first."""
    response = api.get(f"/transactions?limit={limit}")
    found = [response.json()]
    between()
    while "Link" in response:
        assert response["Link"].endswith('; rel="next"')
        address = response["Link"].split(">")[0].removeprefix("<")
        response = api.get("/" + address.split("/api/")[1])
        found.append(response.json())
    return found


def test_a_reversal_returns_all_with_the_fees(shop: Shop, handshake: Handshake, api: Api) -> None:
    response = reverse(api, handshake)

    reversal = Reversal.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "success": True,
        "id": str(reversal.pk),
        "handshakeId": str(handshake.pk),
        "full": True,
        "reimbursement": 150,
        "merchantCredit": 232.6,
        "riderOwes": 0,
        "createdAt": reversal.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert purses(shop.merchant.pk, handshake.rider_id) == {"wallet": FUNDS_PAISE}
    assert (reversal.reason, reversal.actor_id) == ("wrong table", shop.owner_id)


def test_a_part_is_returned_and_more_than_is_left_is_not(
    shop: Shop, handshake: Handshake, api: Api
) -> None:
    part = reverse(api, handshake, amount=49.5).json()
    before = purses(shop.merchant.pk, handshake.rider_id)

    refused = reverse(api, handshake, amount=100.51)

    assert (part["full"], part["reimbursement"], part["merchantCredit"]) == (False, 49.5, 49.5)
    body = problem(refused, 422, "reversal_too_large")
    assert body["detail"] == "Return at most what is left of the reimbursement."
    assert purses(shop.merchant.pk, handshake.rider_id) == before
    assert before["rider"] == CAP_PAISE - 49_50


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"reason": ""}, 422, "validation_failed"),
        ({"amount": 0}, 422, "validation_failed"),
        ({"amount": -5}, 422, "validation_failed"),
        ({"sum": 5}, 400, "unknown_field"),
    ],
)
def test_a_wrong_reversal_is_named_and_returns_nothing(
    shop: Shop, handshake: Handshake, api: Api, body: dict[str, object], status: int, code: str
) -> None:
    before = purses(shop.merchant.pk, handshake.rider_id)

    problem(reverse(api, handshake, **body), status, code)

    assert purses(shop.merchant.pk, handshake.rider_id) == before


def test_a_reversal_is_for_an_owner_or_manager_of_the_merchant_itself(
    shop: Shop, handshake: Handshake
) -> None:
    before = purses(shop.merchant.pk, handshake.rider_id)
    next_door = make_shop("Next door", now=timezone.now())

    for role in (Staff.Role.SCANNER, Staff.Role.ACCOUNTANT):
        staff = Api(make_staff(shop.merchant, role), "merchant")
        problem(reverse(staff, handshake), 403, "role_not_allowed")
        problem(contest(staff, handshake), 403, "role_not_allowed")
    for act in (reverse, contest):
        stranger = Api(next_door.owner_id, "merchant")
        problem(act(stranger, handshake), 404, "unknown_handshake")
    assert reverse(Api(handshake.rider_id), handshake).status_code == 403
    assert Client().post(f"/api/handshake/{handshake.pk}/reverse").status_code == 401
    assert purses(shop.merchant.pk, handshake.rider_id) == before
    manager = Api(make_staff(shop.merchant, Staff.Role.MANAGER), "merchant")
    assert reverse(manager, handshake).status_code == 201


def test_the_same_reversal_again_answers_the_same_bytes(
    shop: Shop, handshake: Handshake, api: Api
) -> None:
    path, body = f"/handshake/{handshake.pk}/reverse", {"reason": "twice", "amount": 50}
    first = api.post(path, body, idempotency_key="once")
    before = purses(shop.merchant.pk, handshake.rider_id)

    again = api.post(path, body, idempotency_key="once")
    other = api.post(path, body | {"amount": 60}, idempotency_key="once")

    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    problem(other, 422, "idempotency_key_reused")
    assert purses(shop.merchant.pk, handshake.rider_id) == before


def test_without_a_key_a_handshake_is_returned_in_full_once(
    shop: Shop, handshake: Handshake, api: Api
) -> None:
    reverse(api, handshake)

    problem(reverse(api, handshake), 409, "not_reversible")

    assert shop.wallet_paise == FUNDS_PAISE


@pytest.mark.parametrize("side", ["rider", "merchant"])
def test_either_side_contests_and_the_cashback_is_parked(
    shop: Shop, handshake: Handshake, side: str
) -> None:
    person_id = handshake.rider_id if side == "rider" else shop.owner_id

    response = contest(Api(person_id, side), handshake)

    dispute = Dispute.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "success": True,
        "id": str(dispute.pk),
        "handshakeId": str(handshake.pk),
        "state": "OPEN",
        "parked": 150,
        "openedAt": dispute.opened_at.isoformat().replace("+00:00", "Z"),
        "dueAt": dispute.due_at.isoformat().replace("+00:00", "Z"),
    }
    assert (dispute.opened_by, dispute.opened_as) == (person_id, side)
    assert purses(shop.merchant.pk, handshake.rider_id)["parked"] == CAP_PAISE
    problem(contest(Api(person_id, side), handshake), 409, "not_disputable")


def test_a_visit_is_listed_by_what_it_was_paid_for(handshake: Handshake, api: Api) -> None:
    lines = api.get("/transactions").json()

    assert [(line["type"], line["amount"]) for line in lines] == [
        ("reimbursement", 150),
        ("cpt", 20),
        ("cpa", 50),
        ("gst", 6.3),
        ("gst", 6.3),
    ]
    assert set(lines[0]) == {
        "id", "userId", "userName", "amount", "type", "timestamp", "isNewCustomer", "handshakeId",
    }  # fmt: skip
    assert {line["handshakeId"] for line in lines} == {str(handshake.pk)}
    assert {line["isNewCustomer"] for line in lines} == {True}
    assert {line["timestamp"] for line in lines} == {
        handshake.created_at.isoformat().replace("+00:00", "Z")
    }


def test_a_rider_is_a_pseudonym_that_differs_from_merchant_to_merchant() -> None:
    now = timezone.now()
    rider = make_rider("asha", now=now)
    rider.phone, rider.email = "+919812345678", "asha@example.org"
    rider.save()
    here, there = make_shop("Here", now=now), make_shop("There", now=now)
    visit(here, rider, now=now)
    visit(there, rider, now=now)
    other = make_rider("ravi", now=now)
    visit(here, other, now=now)

    ours = Api(here.owner_id, "merchant").get("/transactions")
    theirs = Api(there.owner_id, "merchant").get("/transactions")

    known_here = {(line["userId"], line["userName"]) for line in ours.json()}
    known_there = {(line["userId"], line["userName"]) for line in theirs.json()}
    assert (len(known_here), len(known_there)) == (2, 1)
    assert known_here.isdisjoint(known_there)
    text = (ours.content + theirs.content).decode().lower()
    for secret in (str(rider.pk), str(other.pk), rider.username, "asha", "ravi", "9812345678"):
        assert secret not in text


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7, 20])
def test_pages_hold_exactly_the_limit_and_every_line_once(shop: Shop, api: Api, limit: int) -> None:
    expected = [str(visit(shop, now=timezone.now()).pk) for _ in range(3)][::-1]

    found = pages(api, limit)

    assert all(len(page) == limit for page in found[:-1])
    assert 1 <= len(found[-1]) <= limit
    lines = [line for page in found for line in page]
    assert len({line["id"] for line in lines}) == len(lines)
    assert [line["type"] for line in lines] == LINES_OF_A_FIRST_VISIT * 3
    assert [line["handshakeId"] for line in lines[::5]] == expected


def test_visits_of_the_same_instant_are_listed_once_each(shop: Shop, api: Api) -> None:
    now = timezone.now()
    for _ in range(4):
        visit(shop, now=now)

    lines = [line for page in pages(api, 3) for line in page]

    assert len({line["id"] for line in lines}) == len(lines) == 20


def test_pages_are_stable_while_visits_happen(shop: Shop, api: Api) -> None:
    for _ in range(3):
        visit(shop, now=timezone.now())
    expected = [line["id"] for page in pages(api, 100) for line in page]

    found = pages(api, 4, between=lambda: visit(shop, now=timezone.now()))

    assert [line["id"] for page in found for line in page] == expected


def test_visits_of_one_line_or_none_end_no_list_early() -> None:
    now = timezone.now()
    make_zone(now=now)
    set_fees(cpt_fee_paise=0, cpa_fee_paise=0)
    shop = make_shop("Free", basis="actual_capped", now=now)
    for fare_paise in (50_00, 0, 50_00, 50_00, 0, 0, 50_00, 50_00, 50_00):
        visit(shop, fare_paise=fare_paise, now=timezone.now())

    found = pages(Api(shop.owner_id, "merchant"), 5)

    assert [[line["amount"] for line in page] for page in found] == [[50] * 5, [50]]


def test_the_list_takes_as_many_statements_for_many_visits(shop: Shop, api: Api) -> None:
    visit(shop, now=timezone.now())
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            api.get("/transactions?limit=100")
        counts.append(len(captured))
        for _ in range(4):
            visit(shop, now=timezone.now())

    # The staff member, the handshakes, their transfers.
    assert counts == [3, 3]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=zzz"])
def test_a_wrong_page_is_400(api: Api, query: str) -> None:
    assert api.get(f"/transactions?{query}").status_code == 400


def test_transactions_are_a_merchants_own(handshake: Handshake) -> None:
    assert Api(handshake.rider_id).get("/transactions").status_code == 403
    assert Client().get("/api/transactions").status_code == 401
    problem(
        Api(make_rider(now=timezone.now()).pk, "merchant").get("/transactions"),
        403,
        "not_a_merchant",
    )
    next_door = make_shop("Next door", now=timezone.now())
    assert Api(next_door.owner_id, "merchant").get("/transactions").json() == []


def test_a_suspended_rider_still_sees_and_contests_a_visit(handshake: Handshake) -> None:
    accounts.suspend(
        rider_id=handshake.rider_id,
        until=timezone.now().replace(year=2099),
        actor_id=None,
        reason="x",
        now=timezone.now(),
    )

    assert contest(Api(handshake.rider_id), handshake).status_code == 201
