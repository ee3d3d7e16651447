"""Bookings and the rider's account over HTTP, to the letter of the contract."""

from base64 import b64decode, urlsafe_b64decode
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.rides import qr, services
from apps.rides.models import Booking
from tests.factories import (
    FUNDS_PAISE,
    MAX_COST_PAISE,
    Shop,
    keyring,
    make_booking,
    make_rider,
    make_shop,
)
from tests.rides.calling import Api, problem

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"
NOBODY, INVALID = str(UUID(int=1)), "validation_failed"
RIDE_FIELDS = {
    "id", "status", "state", "campaignId", "merchantId", "merchantName", "outletId", "title",
    "description", "rideReimbursement", "discount", "bookedAt", "expiresAt", "redeemedAt",
    "guaranteed", "proofPolicy", "geofencePolicy", "qrCode", "qrDataUrl", "spokenCode", "staticCode",
}  # fmt: skip


@pytest.fixture
def shop() -> Shop:
    return make_shop(now=timezone.now())


@pytest.fixture
def rider() -> User:
    return make_rider("asha", now=timezone.now())


def book(shop: Shop, rider: User, **more: Any) -> Booking:  # Any: whatever make_booking takes
    return make_booking(shop, rider, **({"now": timezone.now()} | more))


def test_booking_answers_the_contract(shop: Shop, rider: User) -> None:
    response = Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk)})

    assert response.status_code == 201
    body = response.json()
    ride = body["ride"]
    assert body["success"] is True
    assert set(ride) == RIDE_FIELDS | {
        "qrKey", "qrKeyId", "qrRef", "qrStepSeconds", "serverTime",
    }  # fmt: skip
    assert ride["campaignId"] == str(shop.campaign.pk)
    assert ride["merchantName"] == "Corner Café"
    assert ride["rideReimbursement"] == 150
    assert ride["discount"] == 10
    assert ride["guaranteed"] is True
    assert ride["status"] == "pending_scan"
    assert ride["staticCode"] is None
    assert ride["expiresAt"].endswith("Z")
    assert b64decode(ride["qrDataUrl"].removeprefix("data:image/png;base64,")).startswith(PNG)
    assert shop.held_paise == MAX_COST_PAISE


def test_the_phone_makes_the_same_code_from_what_it_was_given(shop: Shop, rider: User) -> None:
    ride = Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk)}).json()["ride"]

    key = urlsafe_b64decode(ride["qrKey"] + "=")
    booking = Booking.objects.get(pk=ride["id"])
    step = qr.step_at(booking.booked_at)
    assert len(key) == 32
    assert ride["qrCode"] == qr.token(key=key, kid=ride["qrKeyId"], ref=ride["qrRef"], step=step)
    assert ride["spokenCode"] == qr.spoken_code(key=key, step=step)
    assert qr.parse(ride["qrCode"], keys=keyring(), now=timezone.now()) == qr.ParsedToken(
        ride["qrKeyId"], ride["qrRef"], step
    )


def test_booking_takes_eleven_statements(
    shop: Shop,
    rider: User,
    django_assert_num_queries: Any,  # Any: pytest-django's fixture
) -> None:
    api, body = Api(rider.pk), {"campaignId": str(shop.campaign.pk)}

    # Twice the key's earlier booking, the rider's lock, live bookings, late cancels, the deal, the
    # seat, the purses, the hold, the booking; and the savepoint that stands in for the transaction.
    with django_assert_num_queries(11 + 2):
        api.post("/rides/book", body, idempotency_key="once")


def test_the_same_request_again_answers_the_same_bytes(shop: Shop, rider: User) -> None:
    api, body = Api(rider.pk), {"campaignId": str(shop.campaign.pk)}
    first = api.post("/rides/book", body, idempotency_key="once")
    services.void(
        booking_id=first.json()["ride"]["id"],
        actor_id=shop.owner_id,
        reason="x",
        now=timezone.now(),
    )

    again = api.post("/rides/book", body, idempotency_key="once")

    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Booking.objects.count() == 1


def test_a_key_with_another_body_is_422(shop: Shop, rider: User) -> None:
    api, body = Api(rider.pk), {"campaignId": str(shop.campaign.pk)}
    api.post("/rides/book", body, idempotency_key="once")

    other = api.post(
        "/rides/book", {**body, "outletId": str(shop.outlet.pk)}, idempotency_key="once"
    )

    problem(other, 422, "idempotency_key_reused")
    assert shop.held_paise == MAX_COST_PAISE


def test_the_callers_own_user_id_is_accepted_and_anybody_elses_is_403(
    shop: Shop, rider: User
) -> None:
    api, campaign = Api(rider.pk), str(shop.campaign.pk)

    other = api.post("/rides/book", {"campaignId": campaign, "userId": str(make_rider().pk)})

    problem(other, 403, "permission_denied")
    assert shop.wallet_paise == FUNDS_PAISE
    own = api.post("/rides/book", {"campaignId": campaign, "userId": str(rider.pk)})
    assert own.status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, INVALID),
        ({"campaignId": "x"}, 422, INVALID),
        ({"campaignId": NOBODY, "price": 1}, 400, "unknown_field"),
        ({"campaignId": NOBODY, "location": {"latitude": 91, "longitude": 0}}, 422, INVALID),
        ({"campaignId": NOBODY}, 404, "unknown_campaign"),
    ],
)  # fmt: skip
def test_a_wrong_body_is_named(rider: User, body: object, status: int, code: str) -> None:
    problem(Api(rider.pk).post("/rides/book", body), status, code)


def test_a_refusal_says_until_when(shop: Shop, rider: User) -> None:
    booking = book(shop, rider)

    refused = Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk)})

    body = problem(refused, 409, "already_booked_here")
    assert body["until"] == booking.expires_at.isoformat().replace("+00:00", "Z")


def test_a_suspended_rider_is_403_until(shop: Shop, rider: User) -> None:
    until = timezone.now() + timedelta(days=7)
    accounts.suspend(rider_id=rider.pk, until=until, actor_id=None, reason="x", now=timezone.now())

    refused = Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk)})

    assert problem(refused, 403, "rider_banned")["bannedUntil"].endswith("Z")


def test_an_unfunded_deal_does_not_tell_the_merchants_balance(rider: User) -> None:
    shop = make_shop(funds_paise=1, now=timezone.now())

    refused = Api(rider.pk).post("/rides/book", {"campaignId": str(shop.campaign.pk)})

    body = problem(refused, 409, "deal_not_funded")
    assert "shortPaise" not in body
    assert "account" not in body


def test_a_ride_stands_flat_and_under_ride(shop: Shop, rider: User) -> None:
    booking = book(shop, rider)

    body = Api(rider.pk).get(f"/rides/{booking.pk}").json()

    assert set(body) == RIDE_FIELDS | {"success", "ride"}
    assert body["success"] is True
    assert {name: body[name] for name in RIDE_FIELDS} == body["ride"]
    assert body["status"] == "pending_scan"
    parsed = qr.parse(body["qrCode"], keys=keyring(), now=timezone.now())
    assert isinstance(parsed, qr.ParsedToken)
    assert parsed.ref == booking.ref


@pytest.mark.parametrize(
    ("age", "status", "state"), [(0, "pending_scan", "booked"), (25, "expired", "expired")]
)
def test_an_overdue_ride_is_expired_before_the_job_comes_by(
    rider: User, age: int, status: str, state: str
) -> None:
    then = timezone.now() - timedelta(hours=age)
    old = make_shop("Old", now=then - timedelta(hours=1))
    booking = book(old, rider, now=then)

    body = Api(rider.pk).get(f"/rides/{booking.pk}").json()

    assert (body["status"], body["state"], body["guaranteed"]) == (status, state, age == 0)
    assert (body["qrCode"] is None) is (age > 0)


def test_somebody_elses_ride_answers_like_a_missing_one(shop: Shop, rider: User) -> None:
    booking, stranger = book(shop, rider), Api(make_rider(now=timezone.now()).pk)

    for path, method in (
        ("", stranger.get),
        ("/qr", stranger.get),
        ("/cancel", stranger.post),
    ):
        theirs = method(f"/rides/{booking.pk}{path}")
        missing = method(f"/rides/{uuid4()}{path}")
        body = problem(theirs, 404, "booking_not_found")
        assert body | {"requestId": ""} == missing.json() | {"requestId": ""}
        assert len(theirs.content) == len(missing.content)
    assert shop.held_paise == MAX_COST_PAISE


def test_a_printed_code_stands_in_the_ride_where_the_deal_has_one(rider: User) -> None:
    shop = make_shop(static_qr=True, now=timezone.now())
    booking = book(shop, rider)
    assert booking.static_id is not None

    body = Api(rider.pk).get(f"/rides/{booking.pk}").json()

    assert body["staticCode"] == f"UMA-RIDE-{str(booking.static_id).upper()}"


def test_cancelling_answers_the_ride_and_frees_the_money(shop: Shop, rider: User) -> None:
    booking = book(shop, rider)

    response = Api(rider.pk).post(f"/rides/{booking.pk}/cancel")

    body = response.json()
    assert (response.status_code, body["status"], body["state"]) == (200, "expired", "cancelled")
    assert body["guaranteed"] is False
    assert body["qrCode"] is None
    assert shop.wallet_paise == FUNDS_PAISE


def test_a_voided_ride_cannot_be_cancelled(shop: Shop, rider: User) -> None:
    booking = book(shop, rider)
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=timezone.now())

    refused = Api(rider.pk).post(f"/rides/{booking.pk}/cancel")

    assert problem(refused, 409, "booking_not_live")["state"] == "voided"


def test_rides_are_listed_newest_first_page_by_page_while_new_ones_come(rider: User) -> None:
    now, api = timezone.now(), Api(rider.pk)
    for number in range(5):
        shop = make_shop(f"Shop {number}", now=now)
        booking = book(shop, rider)
        services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=now)
    expected = list(Booking.objects.order_by("-pk").values_list("pk", flat=True))

    first = api.get("/rides?limit=2")
    book(make_shop("New", now=now), rider)
    seen, response = first.json(), first
    while "Link" in response:
        address = response["Link"].split(">")[0].removeprefix("<")
        response = api.get("/" + address.split("/api/")[1])
        seen += response.json()

    assert [ride["id"] for ride in seen] == [str(pk) for pk in expected]
    assert {"success", "ride", *RIDE_FIELDS} == set(seen[0])


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=zzz"])
def test_a_wrong_page_is_400(rider: User, query: str) -> None:
    assert Api(rider.pk).get(f"/rides?{query}").status_code == 400


def test_the_list_takes_as_many_statements_for_ten_rides_as_for_one(
    rider: User,
    django_assert_num_queries: Any,  # Any: pytest-django's fixture
) -> None:
    now = timezone.now()
    for number in range(10):
        shop = make_shop(f"Shop {number}", now=now)
        booking = book(shop, rider)
        if number < 8:
            services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=now)

    with django_assert_num_queries(1):
        assert len(Api(rider.pk).get("/rides").json()) == 10


@pytest.mark.parametrize(
    ("accept", "kind", "start"),
    [
        ("image/png", "image/png", PNG),
        ("image/svg+xml", "image/svg+xml", b"<?xml"),
        ("*/*", "image/png", PNG),
    ],
)
def test_the_code_is_drawn_as_accept_asks(
    shop: Shop, rider: User, accept: str, kind: str, start: bytes
) -> None:
    booking = book(shop, rider)

    response = Api(rider.pk).get(f"/rides/{booking.pk}/qr", accept=accept)

    assert response.status_code == 200
    assert response["Content-Type"] == kind
    assert response["Cache-Control"] == "no-store"
    assert response.content.startswith(start)


def test_a_deal_without_a_printed_code_says_so(shop: Shop, rider: User) -> None:
    booking, api = book(shop, rider), Api(rider.pk)

    problem(api.get(f"/rides/{booking.pk}/qr?printed=true"), 409, "static_qr_not_offered")
    problem(api.get(f"/rides/{booking.pk}/qr?printed=yes"), 400, "invalid_parameter")
    api.post(f"/rides/{booking.pk}/cancel")
    problem(api.get(f"/rides/{booking.pk}/qr", accept="image/png"), 410, "booking_over")


def test_a_printed_code_is_drawn(rider: User) -> None:
    booking = book(make_shop(static_qr=True, now=timezone.now()), rider)

    response = Api(rider.pk).get(f"/rides/{booking.pk}/qr?printed=true")

    assert response.content.startswith(PNG)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/rides/book"),
        ("get", "/rides"),
        ("get", f"/rides/{UUID(int=1)}"),
        ("post", f"/rides/{UUID(int=1)}/cancel"),
        ("get", f"/rides/{UUID(int=1)}/qr"),
        ("get", "/user/profile"),
        ("get", "/user/wallet"),
        ("get", "/user/transactions"),
    ],
)
def test_only_a_rider_may(method: str, path: str) -> None:
    merchant = Api(uuid4(), "merchant")

    problem(getattr(merchant, method)(path), 403, "permission_denied")
    assert getattr(Client(), method)(f"/api{path}").status_code == 401
