"""Campaigns over HTTP for riders and operators."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.campaigns import services
from apps.campaigns.models import Campaign
from tests.accounts.making import make_operator
from tests.campaigns.calling import client, rider, send, soon
from tests.campaigns.making import make_campaign, set_fees, take
from tests.campaigns.shop import LIST, WORKED, Shop, problem
from tests.merchants.making import (
    NOON,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    made = Shop()
    set_fees()
    return made


def operator(*, may_review: bool) -> APIClient:
    return client(make_operator("reviewer" if may_review else "support").pk, "operator")


def test_an_operator_with_the_right_to_it_reviews(shop: Shop) -> None:
    written = shop.write(rideReimbursement=600)
    path = f"{LIST}/{written['id']}"
    assert (written["state"], written["active"]) == ("in_review", False)

    problem(shop.owner.post(f"{path}/approve"), "permission_denied", 403)
    problem(operator(may_review=False).post(f"{path}/approve"), "permission_denied", 403)
    reviewer = operator(may_review=True)
    problem(send(reviewer, "post", f"{path}/reject", {}), "reason_required", 422)
    rejected = send(reviewer, "post", f"{path}/reject", {"reason": "Say more"})
    assert rejected.json()["state"] == "draft"
    problem(send(reviewer, "post", f"{path}/approve", {}), "transition_not_allowed", 409)
    shop.owner.post(f"{path}/submit")
    assert send(reviewer, "post", f"{path}/approve", {}).json()["state"] == "active"


def test_a_rider_sees_deals_as_the_rider_app_reads_them(shop: Shop) -> None:
    written = shop.write()

    answer = rider().get(f"{LIST}?near=13.3525,74.7928")

    assert answer.status_code == 200
    assert answer.json() == [
        {
            "id": written["id"],
            "merchantId": str(shop.merchant.pk),
            "merchantName": "Corner Café",
            "title": "Free ride up to ₹150",
            "description": "And 10 % off",
            "discount": 10,
            "rideReimbursement": 150,
            "basis": "flat",
            "outletId": str(shop.outlet.pk),
            "outletName": "Main Road",
            "category": "cafe",
            "zone": "MNP",
            "location": {"latitude": 13.3525, "longitude": 74.7928, "address": "1 Main Road"},
            "distance": 0,
            "boosted": False,
            "audience": "all",
            "proofPolicy": "visit",
            "geofencePolicy": "none",
            "bookable": True,
            "ineligible": [],
            "endsAt": None,
        }
    ]
    one = rider().get(f"{LIST}/{written['id']}?near=13.3525,74.7928").json()
    assert one == answer.json()[0]


def test_a_deal_that_cannot_be_booked_says_why_and_until_when(shop: Shop) -> None:
    shop.write(caps={"dailySeats": 1})
    campaign = Campaign.objects.get()
    take(campaign, uuid4(), now=timezone.now())

    (deal,) = rider().get(LIST).json()

    assert deal["bookable"] is False
    assert [why["code"] for why in deal["ineligible"]] == ["daily_seats_exhausted"]
    until = datetime.fromisoformat(deal["ineligible"][0]["until"])
    assert timedelta() < until - timezone.now() <= timedelta(days=1)
    assert deal["ineligible"][0]["until"].endswith("Z")
    assert deal["distance"] is None


def test_deals_are_paged_by_the_link_header(shop: Shop) -> None:
    written = {shop.write(title=f"Deal {n}")["id"] for n in range(5)}
    for query in ("", "&sort=cashback", "&near=13.35,74.79"):
        seen, path = [], f"{LIST}?limit=2{query}"
        while path:
            answer = rider().get(path)
            seen += [row["id"] for row in answer.json()]
            link = answer.headers.get("Link", "")
            path = link[link.find("<") + 1 : link.find(">")] if link else ""
        assert len(seen) == 5
        assert set(seen) == written


@pytest.mark.parametrize(
    "query",
    [
        "near=13", "near=91,74", "near=nan,1", "near=a,b", "near=1,2,3", "near=inf,0", "near=",
        "near=1,1&radius=0", "near=1,1&radius=50001", "near=1,1&radius=x", "near=1,1&radius=1.5",
        "radius=99999999999999999999", "bbox=1,2,3", "bbox=3,0,1,1", "bbox=0,0,6,1", "bbox=a,b,c,d",
        "minCashback=x", "minCashback=-1", "minCashback=1.234", "minCashback=NaN", "openNow=yes",
        "sort=price", "sort=distance", "category=", "category=" + "x" * 41, "zone=%00",
        "limit=0", "limit=101", "limit=x",
    ],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(query: str) -> None:
    problem(rider().get(f"{LIST}?{query}"), "invalid_parameter", 400)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "x" * 600])
def test_a_forged_position_is_refused(cursor: str) -> None:
    problem(rider().get(f"{LIST}?after={cursor}"), "invalid_cursor", 400)


def test_a_position_of_one_order_means_nothing_in_another(shop: Shop) -> None:
    for n in range(2):
        shop.write(title=f"Deal {n}")
    link = rider().get(f"{LIST}?limit=1").headers["Link"]
    path = link[link.find("<") + 1 : link.find(">")]

    problem(rider().get(f"{path}&sort=cashback"), "invalid_cursor", 400)


def test_a_rider_finds_no_drafts(shop: Shop) -> None:
    draft = shop.write(active=False)

    assert rider().get(LIST).json() == []
    problem(rider().get(f"{LIST}/{draft['id']}"), "unknown_campaign", 404)
    problem(rider().get(f"{LIST}/{uuid4()}"), "unknown_campaign", 404)


def test_riders_change_nothing(shop: Shop) -> None:
    path = f"{LIST}/{shop.write()['id']}"

    for answer in (
        send(rider(), "post", LIST, WORKED),
        send(rider(), "patch", path, {"title": "No"}),
        rider().delete(path),
        rider().post(f"{path}/pause"),
        rider().get(f"{path}/exposure"),
        client(uuid4(), "operator").get(LIST),
        client(uuid4(), "operator").get(path),
    ):
        problem(answer, "permission_denied", 403)
    problem(APIClient().get(LIST), "not_authenticated", 401)


def test_a_scheduled_deal_is_on_the_map_from_its_start(shop: Shop) -> None:
    shop.write(schedule={"startsAt": soon()})

    assert rider().get(LIST).json() == []


def test_the_statements_of_both_lists_do_not_grow_with_their_rows(shop: Shop) -> None:
    counts = []
    for total in (1, 6):
        while Campaign.objects.count() < total:
            shop.write(caps={"seats": 5})
        for caller in (shop.owner, rider()):
            with CaptureQueriesContext(connection) as queries:
                assert len(caller.get(LIST).json()) == total
            counts.append(len(queries))

    assert counts == [3, 3, 3, 3]


def test_one_deal_is_as_it_is_in_the_list_also_after_it_ended() -> None:
    campaign = make_campaign(now=NOON)
    services.end(campaign_id=campaign.pk, merchant_id=None, actor_id=None, now=NOON)

    deal = rider().get(f"{LIST}/{campaign.pk}").json()

    assert [why["code"] for why in deal["ineligible"]] == ["campaign_not_active"]
