"""Adding money as the business app does it."""

from uuid import uuid4

import pytest
from django.utils import timezone

from apps.merchants.models import Staff
from apps.payments import tasks
from apps.payments.models import TopUp
from tests.factories import Shop, make_shop, make_staff
from tests.payments.making import delivered, event_body
from tests.rides.calling import Api, problem
from tests.sandbox.pretended_razorpay import KEY_ID, RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(funds_paise=0, now=timezone.now())


@pytest.fixture
def owner(shop: Shop) -> Api:
    return Api(shop.owner_id, "merchant")


def test_an_order_is_paid_and_the_wallet_rises_when_razorpay_says_so(
    owner: Api, cloud: RazorpayProcess
) -> None:
    asked = owner.post("/merchant/add-funds", {"amount": 5000})

    order = asked.json()
    assert (asked.status_code, order["status"], order["amount"]) == (201, "open", 5000)
    assert (order["currency"], order["keyId"]) == ("INR", KEY_ID)
    assert order["checkoutUrl"] == f"{cloud.url}/checkout?order_id={order['orderId']}"
    payment = cloud.order("pay", order_id=order["orderId"])
    assert owner.get("/merchant/profile").json()["wallet"] == 0

    delivered(event_body(payment["id"]))
    tasks.handle_forgotten_events()

    assert owner.get("/merchant/profile").json()["wallet"] == 5000
    assert owner.get(f"/merchant/top-ups/{order['id']}").json()["status"] == "paid"


def test_the_same_key_is_the_same_order(owner: Api, cloud: RazorpayProcess) -> None:
    first = owner.post("/merchant/add-funds", {"amount": 500}, Idempotency_Key="k")
    again = owner.post("/merchant/add-funds", {"amount": 500}, Idempotency_Key="k")

    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert len(cloud.ask("order")["items"]) == 1
    other = owner.post("/merchant/add-funds", {"amount": 600}, Idempotency_Key="k")
    problem(other, 422, "idempotency_key_reused")


def test_the_top_ups_are_listed_the_newest_first_in_pages(
    owner: Api, cloud: RazorpayProcess
) -> None:
    assert cloud.url
    made = [owner.post("/merchant/add-funds", {"amount": 500}).json()["id"] for _ in range(3)]

    first = owner.get("/merchant/top-ups?limit=2")

    assert [row["id"] for row in first.json()] == made[:0:-1]
    assert 'rel="next"' in first["Link"]
    following = first["Link"].partition("<")[2].partition(">")[0].partition("/api")[2]
    assert [row["id"] for row in owner.get(following).json()] == made[:1]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 99.99}, 422, "top_up_amount_not_allowed"),
        ({"amount": 500_000.01}, 422, "top_up_amount_not_allowed"),
        ({"amount": -500}, 422, "validation_failed"),
        ({"amount": 500.001}, 422, "validation_failed"),
        ({"amount": "500"}, 422, "validation_failed"),
        ({}, 422, "validation_failed"),
        ({"amount": 500, "currency": "USD"}, 400, "unknown_field"),
    ],
)
def test_a_bad_request_is_refused_before_razorpay_is_asked(
    owner: Api, cloud: RazorpayProcess, body: dict[str, object], status: int, code: str
) -> None:
    problem(owner.post("/merchant/add-funds", body), status, code)

    assert cloud.ask("calls")["calls"] == []
    assert TopUp.objects.count() == 0


def test_a_silent_gateway_is_said_and_the_same_key_goes_on(
    owner: Api, cloud: RazorpayProcess
) -> None:
    cloud.order("weather", times=1)

    refused = owner.post("/merchant/add-funds", {"amount": 500}, Idempotency_Key="k")

    body = problem(refused, 503, "payment_gateway_unavailable")
    assert (refused["Retry-After"], body["applied"]) == ("10", "definitely_not")
    again = owner.post("/merchant/add-funds", {"amount": 500}, Idempotency_Key="k")
    assert (again.status_code, again.json()["status"]) == (201, "open")
    assert TopUp.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Staff.Role.MANAGER, 201),
        (Staff.Role.ACCOUNTANT, 201),
        (Staff.Role.SCANNER, 403),
    ],
)
def test_who_may_add_money(shop: Shop, cloud: RazorpayProcess, role: str, status: int) -> None:
    assert cloud.url
    person = make_staff(shop.merchant, role, now=timezone.now())

    asked = Api(person, "merchant").post("/merchant/add-funds", {"amount": 500})

    assert asked.status_code == status


def test_another_merchants_top_up_is_not_there(owner: Api, cloud: RazorpayProcess) -> None:
    assert cloud.url
    made = owner.post("/merchant/add-funds", {"amount": 500}).json()["id"]
    stranger = Api(make_shop("Elsewhere", now=timezone.now()).owner_id, "merchant")

    problem(stranger.get(f"/merchant/top-ups/{made}"), 404, "top_up_not_found")
    problem(owner.get(f"/merchant/top-ups/{uuid4()}"), 404, "top_up_not_found")
    assert stranger.get("/merchant/top-ups").json() == []
