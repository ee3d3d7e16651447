"""The wallet's page: what it shows, what it orders, and what it does not believe."""

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client

from apps.business.amounts import paise_in
from apps.merchants.models import Staff
from apps.payments.models import TopUp
from tests.business.browsing import signed_in
from tests.factories import Shop, make_booking, make_shop
from tests.merchants.making import fund, make_staff
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cloud")]


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def add(client: Client, amount: str, *, key: str = "") -> str:
    form = {"amount": amount, "key": key or str(uuid4())}
    return client.post("/business/wallet/add", form).content.decode()


def test_balance_and_what_is_set_aside_are_the_ledgers(shop: Shop) -> None:
    make_booking(shop)

    page = signed_in(shop.owner_id).get("/business/wallet/balance")

    shown = page.content.decode()
    assert page["X-Fragment"] == "1"
    assert f'id="held-amount">₹{shop.held_paise / 100:.2f}'.replace(".00", "") in shown


def test_movements_are_read_to_the_end_and_each_once(shop: Shop) -> None:
    for rupees in range(101, 146):
        fund(shop.merchant.pk, rupees * 100)
    client, address, seen = signed_in(shop.owner_id), "/business/wallet/lines", []

    while address:
        part = client.get(address).content.decode()
        seen += [line.split("<")[0] for line in part.split('sum plus">')[1:]]
        _, found, rest = part.partition("?before=")
        address = f"/business/wallet/lines?before={rest.split(chr(34))[0]}" if found else ""

    assert seen[:45] == [f"+₹{rupees}" for rupees in range(145, 100, -1)]
    assert len(seen) == 46, "and the money that the shop began with"


def test_a_wallet_in_which_nothing_moved_says_what_to_do() -> None:
    shop = make_shop(funds_paise=0)

    assert (
        "Nothing has moved yet" in signed_in(shop.owner_id).get("/business/wallet").content.decode()
    )


def test_a_form_sent_twice_is_one_order(shop: Shop, cloud: RazorpayProcess) -> None:
    client, key = signed_in(shop.owner_id), str(uuid4())

    pages = [add(client, "2,500", key=key) for _ in range(3)]

    (top_up,) = TopUp.objects.all()
    assert (top_up.amount_paise, top_up.state) == (2_500_00, "OPEN")
    assert all(f'value="{top_up.order_id}"' in page for page in pages)
    assert f'action="{cloud.url}/v1/checkout/embedded"' in pages[0]


def test_the_checkout_page_may_send_its_form_to_razorpay_alone(
    shop: Shop, cloud: RazorpayProcess
) -> None:
    client = signed_in(shop.owner_id)

    answer = client.post("/business/wallet/add", {"amount": "500", "key": "k"})

    assert f"form-action 'self' {cloud.url};" in answer["Content-Security-Policy"]
    assert cloud.url not in client.get("/business/wallet")["Content-Security-Policy"]


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "0",
        "99.99",
        "5,00,000.01",
        "-500",
        "1e9",
        "\u0665\u0660\u0660",
        "1.005",
        "500 rupees",
        "9" * 40,
    ],
)
def test_an_amount_that_is_none_orders_nothing_and_stays_in_the_field(
    shop: Shop, amount: str
) -> None:
    answer = signed_in(shop.owner_id).post("/business/wallet/add", {"amount": amount, "key": "k"})

    assert answer.status_code == 422
    assert "Write an amount from ₹100 to ₹5,00,000." in answer.content.decode()
    assert TopUp.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "paise"),
    [("2500", 250000), ("2,500", 250000), ("₹ 2,500.5", 250050), ("0.07", 7), ("19.99", 1999)],
)
def test_what_people_type_is_read_to_the_paisa(text: str, paise: int) -> None:
    assert paise_in(text) == paise


def test_while_razorpay_is_silent_the_page_says_so(shop: Shop, cloud: RazorpayProcess) -> None:
    cloud.order("weather", times=5, status=503)

    answer = signed_in(shop.owner_id).post("/business/wallet/add", {"amount": "500", "key": "k"})

    assert answer.status_code == 503
    assert 'role="alert"' in answer.content.decode()


def test_who_may_only_scan_orders_nothing(shop: Shop) -> None:
    client = signed_in(make_staff(shop.merchant, Staff.Role.SCANNER))

    assert client.post("/business/wallet/add", {"amount": "500"}).status_code == 403
    assert TopUp.objects.count() == 0


def test_another_site_orders_nothing_in_somebodys_name(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    assert strict.post("/business/wallet/add", {"amount": "500"}).status_code == 403
    assert TopUp.objects.count() == 0


def test_what_the_checkout_says_is_not_believed(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    add(client, "500")
    top_up = TopUp.objects.get()
    said = {"razorpay_payment_id": "pay_1", "razorpay_signature": "0" * 64}

    # Razorpay's page posts the browser here, without our token and, being another site, without cookies.
    answer = Client(enforce_csrf_checks=True).post(f"/business/wallet/paid/{top_up.pk}", said)

    assert (answer.status_code, answer["Location"]) == (302, f"/business/wallet?top_up={top_up.pk}")
    top_up.refresh_from_db()
    assert top_up.state == "OPEN"
    assert "Waiting for Razorpay to confirm ₹500" in client.get(answer["Location"]).content.decode()


def test_a_declined_payment_is_said_as_razorpays_word(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    add(client, "500")
    back = client.post(
        f"/business/wallet/paid/{TopUp.objects.get().pk}", {"error[description]": "<b>declined</b>"}
    )["Location"]

    assert parse_qs(urlsplit(back).query)["declined"] == ["1"]
    page = client.get(back).content.decode()
    assert "Razorpay says that ₹500 was not paid." in page
    assert "<b>declined" not in page


def test_another_merchants_top_up_does_not_exist(shop: Shop) -> None:
    add(signed_in(shop.owner_id), "500")
    stranger = signed_in(make_shop("Other Place").owner_id)

    assert stranger.get(f"/business/wallet/top-ups/{TopUp.objects.get().pk}").status_code == 404


def told(answer: object) -> dict[str, str]:
    text = answer.content.decode()  # type: ignore[attr-defined]  # Django's test response
    # Of several topics the first; all have one id.
    lines = [line.partition(": ") for line in text.strip().splitlines() if line]
    return {name: value for name, _colon, value in reversed(lines)}


def test_news_are_told_once_and_taken_up_where_they_stopped(shop: Shop) -> None:
    client, path = signed_in(shop.owner_id), "/business/events"
    first = told(client.get(path))
    fund(shop.merchant.pk, 100_00)

    quiet = told(client.get(path, {"since": "x"}, headers={"Last-Event-ID": first["id"]}))
    again = told(client.get(path, {"since": quiet["id"]}))

    assert first["event"] == quiet["event"] == "wallet"
    assert quiet["id"] != first["id"]
    assert set(again) == {"retry"}


def test_a_booking_is_news_too_and_another_merchants_money_is_none(shop: Shop) -> None:
    client, other = signed_in(shop.owner_id), make_shop("Other Place")
    before = told(client.get("/business/events"))["id"]

    fund(other.merchant.pk, 100_00)
    assert set(told(client.get("/business/events", {"since": before}))) == {"retry"}
    make_booking(shop)
    assert told(client.get("/business/events", {"since": before}))["event"] == "wallet"


def test_an_answer_with_news_is_a_stream_that_nobody_keeps(shop: Shop) -> None:
    answer = signed_in(shop.owner_id).get("/business/events")

    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
