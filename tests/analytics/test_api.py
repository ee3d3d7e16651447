"""`GET /api/analytics` as the business app reads it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.merchants.models import Staff
from tests.analytics.making import visit
from tests.factories import Shop, make_outlet, make_shop, make_staff
from tests.rides.calling import Api, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


def test_the_dashboard_of_a_first_visit(shop: Shop) -> None:
    visit(shop, at=timezone.now(), bill_paise=500_00)

    body = Api(shop.owner_id, "merchant").get("/analytics?timeframe=day&margin=60").json()

    assert {name: body[name] for name in ("totalVisits", "newCustomers", "returningCustomers")} == {
        "totalVisits": 1, "newCustomers": 1, "returningCustomers": 0,
    }  # fmt: skip
    assert (body["totalSpend"], body["gst"], body["totalDebit"]) == (220, 12.6, 232.6)
    assert body["averageCostPerCustomer"] == body["cac"] == 220
    assert (body["bills"], body["captureRate"], body["showUpRate"]) == (500, 1.0, 1.0)
    assert body["roi"] is body["attributedRoas"] is None
    assert [len(row) for row in body["heatmap"]] == [24] * 7
    assert sum(map(sum, body["heatmap"])) == 1
    assert set(body["how"]) <= set(body)


def test_every_day_of_the_period_has_its_place(shop: Shop) -> None:
    visit(shop, at=timezone.now())

    body = Api(shop.owner_id, "merchant").get("/analytics?timeframe=week").json()

    assert [day["visits"] for day in body["series"]] == [0] * 6 + [1]
    assert body["series"][0]["day"] == body["first"]
    assert body["series"][-1]["day"] == body["last"]


def test_before_the_first_visit_there_are_noughts_and_no_ratios(shop: Shop) -> None:
    body = Api(shop.owner_id, "merchant").get("/analytics").json()

    assert (body["totalVisits"], body["totalSpend"], len(body["series"])) == (0, 0, 30)
    assert body["cac"] is body["roi"] is body["showUpRate"] is None


def test_who_is_posted_at_one_outlet_sees_that_outlet(shop: Shop) -> None:
    now = timezone.now()
    elsewhere = make_outlet(shop.merchant, now=now)
    manager = make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(elsewhere.pk,), now=now)
    visit(shop, at=now)
    api = Api(manager, "merchant")

    assert api.get("/analytics").json()["totalVisits"] == 0
    problem(api.get(f"/analytics?outletId={shop.outlet.pk}"), 403, "outlet_not_yours")
    assert Api(shop.owner_id, "merchant").get("/analytics").json()["totalVisits"] == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("timeframe=year", "validation_failed"),
        ("first=2026-11-01", "validation_failed"),
        ("first=2026-11-02&last=2026-11-01", "validation_failed"),
        ("first=2025-01-01&last=2026-11-01", "validation_failed"),
        ("margin=101", "validation_failed"),
        ("campaignId=x", "validation_failed"),
        ("campaign_id=x", "invalid_parameter"),
        ("nothing=1", "unknown_field"),
    ],
)
def test_a_wrong_question_is_refused(shop: Shop, query: str, code: str) -> None:
    answer = Api(shop.owner_id, "merchant").get(f"/analytics?{query}")

    assert answer.status_code in {400, 422}
    assert answer.json()["code"] == code


def test_an_explicit_period_may_be_a_year(shop: Shop) -> None:
    today = timezone.now().date()
    first = today - timedelta(364)

    body = Api(shop.owner_id, "merchant").get(f"/analytics?first={first}&last={today}").json()

    assert len(body["series"]) == 365
