"""A scan over HTTP, to the letter of the contract."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.handshake.models import Handshake
from apps.handshake.serializers import ExecuteResponse, PreviewResponse
from apps.merchants import services as merchants
from apps.merchants.models import Staff
from apps.rides import qr
from apps.rides.models import Booking
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    Shop,
    code_of,
    keyring,
    make_booking,
    make_rider,
    make_shop,
    make_staff,
)
from tests.handshake.visiting import FARE_PAISE, everything, tell_fare
from tests.rides.calling import Api, problem
from uma.kernel.http.names import camel

pytestmark = pytest.mark.django_db
EXECUTE, PREVIEW = "/handshake/execute", "/handshake/preview"
FAR_IN_METRES = {"latitude": 13.3565, "longitude": 74.7928}
INVALID = "validation_failed"


@pytest.fixture
def shop() -> Shop:
    return make_shop(basis="actual_capped", now=timezone.now())


@pytest.fixture
def booking(shop: Shop) -> Booking:
    booking = make_booking(shop, now=timezone.now())
    tell_fare(booking, FARE_PAISE)
    return booking


@pytest.fixture
def api(shop: Shop) -> Api:
    return Api(shop.owner_id, "merchant")


def shown(booking: Booking, **more: object) -> dict[str, object]:
    return {"qrData": code_of(booking, at=timezone.now()), **more}


def names_of(serializer: Any) -> set[str]:  # Any: a serializer of any shape
    return {camel(name) for name in serializer().fields}


def test_a_scan_answers_the_contract(shop: Shop, booking: Booking, api: Api) -> None:
    response = api.post(
        EXECUTE,
        shown(booking, outletId=None, billAmount=None, location=None),
    )

    handshake = Handshake.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "apply_discount": "10%",
        "message": "Verified! Apply 10% discount",
        "cashbackAmount": 132,
        "handshake": {
            "id": str(handshake.pk),
            "bookingId": str(booking.pk),
            "isNewCustomer": True,
            "review": False,
            "createdAt": handshake.created_at.isoformat().replace("+00:00", "Z"),
            "amounts": {
                "reimbursement": 132,
                "platformFee": 20,
                "cpa": 50,
                "gst": 12.6,
                "merchantDebit": 214.6,
                "released": 18,
            },
        },
    }
    assert shop.wallet_paise == FUNDS_PAISE - MAX_COST_PAISE


def test_the_answers_have_the_members_that_are_described(booking: Booking, api: Api) -> None:
    previewed = api.post(PREVIEW, shown(booking)).json()
    executed = api.post(EXECUTE, shown(booking)).json()
    again = api.post(EXECUTE, shown(booking)).json()

    described = ExecuteResponse().fields
    assert set(executed) == names_of(ExecuteResponse) - {"alreadyRedeemed"}
    assert set(again) == names_of(ExecuteResponse)
    assert set(previewed) == names_of(PreviewResponse)
    facts: Any = described["handshake"]
    assert set(executed["handshake"]) == {camel(name) for name in facts.fields}
    amounts = {camel(name) for name in facts.fields["amounts"].fields}
    assert set(executed["handshake"]["amounts"]) == set(previewed["amounts"]) == amounts


def test_a_preview_answers_what_would_fail(shop: Shop, booking: Booking) -> None:
    accountant = Api(make_staff(shop.merchant, Staff.Role.ACCOUNTANT), "merchant")
    before = everything(booking)

    body = accountant.post(PREVIEW, shown(booking, location=FAR_IN_METRES)).json()

    assert (body["redeemable"], body["isNewCustomer"], body["review"]) == (False, True, True)
    assert [failure["code"] for failure in body["failures"]] == ["scanner_not_allowed"]
    assert body["failures"][0]["status"] == 403
    assert body["cashbackAmount"] == 132
    assert body["apply_discount"] == "10%"
    assert everything(booking) == before


def test_the_discount_is_said_as_it_is_and_none_is_not_said() -> None:
    halves = make_shop("Halves", discount_bps=1250, now=timezone.now())
    nothing = make_shop("Nothing", discount_bps=0, now=timezone.now())

    answers = [
        Api(each.owner_id, "merchant")
        .post(EXECUTE, shown(make_booking(each, now=timezone.now())))
        .json()
        for each in (halves, nothing)
    ]

    assert [(answer["apply_discount"], answer["message"]) for answer in answers] == [
        ("12.5%", "Verified! Apply 12.5% discount"),
        ("0%", "Verified!"),
    ]


def test_the_same_request_again_answers_the_same_bytes(booking: Booking, api: Api) -> None:
    body = shown(booking)
    first = api.post(EXECUTE, body, idempotency_key="once")
    before = everything(booking)

    again = api.post(EXECUTE, body, idempotency_key="once")

    assert (again.status_code, again.content) == (200, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert everything(booking) == before


def test_a_key_with_another_body_is_422(booking: Booking, api: Api) -> None:
    api.post(EXECUTE, shown(booking), idempotency_key="once")
    before = everything(booking)

    other = api.post(EXECUTE, shown(booking, billAmount=700), idempotency_key="once")

    problem(other, 422, "idempotency_key_reused")
    assert everything(booking) == before


def test_a_key_with_another_booking_is_422(shop: Shop, booking: Booking, api: Api) -> None:
    api.post(EXECUTE, shown(booking), idempotency_key="once")
    other = make_booking(shop, now=timezone.now())
    before = everything(other)

    refused = api.post(EXECUTE, shown(other), idempotency_key="once")

    problem(refused, 422, "idempotency_key_reused")
    assert everything(other) == before


def test_another_scan_says_that_it_was_redeemed_and_answers_the_first_result(
    shop: Shop, booking: Booking, api: Api
) -> None:
    first = api.post(EXECUTE, shown(booking)).json()
    before = everything(booking)
    colleague = Api(make_staff(shop.merchant, Staff.Role.SCANNER), "merchant")

    again = colleague.post(EXECUTE, shown(booking))

    assert again.status_code == 200
    assert "Idempotent-Replayed" not in again
    assert again.json() == first | {"alreadyRedeemed": True}
    assert everything(booking) == before


def test_another_merchants_code_is_unknown_and_its_redeemed_one_is_409(
    booking: Booking, api: Api
) -> None:
    stranger = Api(make_shop("Next door", now=timezone.now()).owner_id, "merchant")
    before = everything(booking)

    problem(stranger.post(EXECUTE, shown(booking)), 404, "unknown_code")
    problem(stranger.post(PREVIEW, shown(booking)), 404, "unknown_code")
    assert everything(booking) == before
    api.post(EXECUTE, shown(booking))
    refused = problem(stranger.post(EXECUTE, shown(booking)), 409, "already_redeemed")
    assert str(booking.pk) not in str(refused)


def test_six_spoken_digits_take_the_place_of_the_code(booking: Booking, api: Api) -> None:
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=booking.ref)
    digits = qr.spoken_code(key=key, step=qr.step_at(timezone.now()))

    body = api.post(EXECUTE, {"code": digits}).json()

    assert body["handshake"]["bookingId"] == str(booking.pk)


def test_the_bill_and_the_place_of_the_scan_are_kept(booking: Booking, api: Api) -> None:
    body = api.post(EXECUTE, shown(booking, billAmount=749.5, location=FAR_IN_METRES)).json()

    handshake = Handshake.objects.get()
    assert handshake.bill_paise == 749_50
    assert handshake.scan_distance_m == pytest.approx(445, abs=3)
    assert body["handshake"]["review"] is True


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"code": "123456"}, 422, INVALID),
        ({"price": 1}, 400, "unknown_field"),
        ({"outletId": "x"}, 422, INVALID),
        ({"billAmount": -1}, 422, INVALID),
        ({"billAmount": 1.005}, 422, INVALID),
        ({"location": {"latitude": 91, "longitude": 0}}, 422, INVALID),
        ({"qrData": ""}, 422, INVALID),
        ({"qrData": "A" * 65}, 422, INVALID),
        ({"qrData": None}, 422, INVALID),
        ({"qrData": "UMA1.A1"}, 422, "qr_invalid"),
    ],
)
def test_a_wrong_body_is_named_and_settles_nothing(
    booking: Booking, api: Api, more: dict[str, object], status: int, code: str
) -> None:
    before = everything(booking)

    problem(api.post(EXECUTE, shown(booking) | more), status, code)

    assert everything(booking) == before


def test_neither_code_nor_digits_is_422(api: Api) -> None:
    body = problem(api.post(EXECUTE, {}), 422, INVALID)

    assert body["errors"][0]["pointer"] == "/qrData"


def test_a_stale_code_says_by_how_much(booking: Booking, api: Api) -> None:
    then = timezone.now() - timedelta(minutes=10)

    refused = api.post(EXECUTE, {"qrData": code_of(booking, at=then)})

    body = problem(refused, 410, "qr_stale")
    assert body["skewSeconds"] == pytest.approx(600, abs=15)
    assert body["serverTime"].endswith("Z")


def test_riders_and_strangers_do_not_scan(booking: Booking) -> None:
    before = everything(booking)
    rider = Api(booking.rider_id)
    nobody = Client()
    no_merchant = Api(make_rider(now=timezone.now()).pk, "merchant")

    for path in (EXECUTE, PREVIEW):
        assert rider.post(path, shown(booking)).status_code == 403
        body = shown(booking)
        anonymous = nobody.post(f"/api{path}", body, content_type="application/json")
        assert anonymous.status_code == 401
        assert "Bearer" in anonymous["WWW-Authenticate"]
        problem(no_merchant.post(path, shown(booking)), 404, "unknown_code")
        problem(no_merchant.post(path, {"code": "123456"}), 403, "not_a_merchant")
    assert everything(booking) == before


def test_a_frozen_wallet_is_409(shop: Shop, booking: Booking, api: Api) -> None:
    merchants.freeze_wallet(
        merchant_id=shop.merchant.pk, actor_id=None, reason="review", now=timezone.now()
    )
    before = everything(booking)

    problem(api.post(EXECUTE, shown(booking)), 409, "wallet_frozen")

    assert everything(booking) == before


def test_a_scan_takes_two_statements(shop: Shop, booking: Booking, api: Api) -> None:
    api.post(EXECUTE, shown(make_booking(shop, now=timezone.now())))
    body = shown(booking)

    with CaptureQueriesContext(connection) as captured:
        api.post(EXECUTE, body, idempotency_key="counted")

    # And the savepoint that stands in for the transaction.
    assert len(captured) == 2 + 2


def test_the_merchant_and_the_rider_see_a_handshake_and_nobody_else_does(
    shop: Shop, booking: Booking, api: Api
) -> None:
    told = api.post(EXECUTE, shown(booking)).json()
    path = f"/handshake/{told['handshake']['id']}"
    accountant = Api(make_staff(shop.merchant, Staff.Role.ACCOUNTANT), "merchant")

    seen = [one.get(path).json() for one in (api, accountant, Api(booking.rider_id))]

    assert seen == [told, told, told]
    for stranger in (
        Api(make_rider(now=timezone.now()).pk),
        Api(make_shop("Next door", now=timezone.now()).owner_id, "merchant"),
    ):
        theirs = problem(stranger.get(path), 404, "unknown_handshake")
        missing = problem(stranger.get(f"/handshake/{uuid4()}"), 404, "unknown_handshake")
        assert theirs | {"requestId": ""} == missing | {"requestId": ""}
    assert Client().get(f"/api{path}").status_code == 401
