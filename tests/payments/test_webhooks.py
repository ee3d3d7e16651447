"""Razorpay's webhooks at the door: only signed bytes get in, and every signed event is taken once."""

import hashlib
import hmac
import json

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.merchants.models import Merchant
from apps.payments import services, tasks
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent
from tests.factories import NOON, make_merchant
from tests.payments.making import (
    AMOUNT_PAISE,
    delivered,
    event_body,
    ordered,
    paid_at,
    purse,
    received,
)
from tests.rides.calling import problem
from tests.sandbox.pretended_razorpay import WEBHOOK_SECRET, WEBHOOK_SECRET_X, RazorpayProcess

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cloud")]
RAW = event_body("pay_1")


def kept() -> int:
    return GatewayEvent.objects.count()


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant()


def test_a_signed_event_is_kept_and_a_repeat_is_acknowledged_too() -> None:
    answers = [delivered(RAW) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert kept() == 1


def signed_with(secret: str, raw: bytes = RAW) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


RIGHT = signed_with(WEBHOOK_SECRET)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0" * 64,
        RIGHT.upper(),
        RIGHT[:-1],
        RIGHT + "0",
        " " + RIGHT,
        f'"{RIGHT}"',
        f"sha256={RIGHT}",
        signed_with(WEBHOOK_SECRET_X),
        signed_with(""),
        signed_with("wrong"),
        signed_with(WEBHOOK_SECRET, RAW + b" "),
        signed_with(WEBHOOK_SECRET, json.dumps(json.loads(RAW), indent=1).encode()),
        hashlib.sha256(RAW).hexdigest(),
        "é" * 64,
    ],
)
def test_what_was_not_signed_with_our_secret_gets_no_further(signature: str) -> None:
    response = delivered(RAW, X_Razorpay_Signature=signature)

    problem(response, 401, "webhook_not_signed")
    assert kept() == 0


@pytest.mark.parametrize("place", range(0, len(RAW), 7))
def test_one_changed_bit_breaks_the_signature(place: int) -> None:
    changed = bytearray(RAW)
    changed[place] ^= 1

    problem(delivered(bytes(changed), X_Razorpay_Signature=RIGHT), 401, "webhook_not_signed")


def test_without_a_secret_nothing_is_believed(settings: Settings) -> None:
    settings.RAZORPAY_WEBHOOK_SECRETS = []

    problem(delivered(RAW, secret=""), 401, "webhook_not_signed")
    problem(delivered(RAW), 401, "webhook_not_signed")


def test_while_the_secret_changes_both_are_good(settings: Settings) -> None:
    settings.RAZORPAY_WEBHOOK_SECRETS = ["new", WEBHOOK_SECRET]

    assert delivered(RAW, event_id="older").status_code == 200
    assert delivered(RAW, secret="new", event_id="newer").status_code == 200
    problem(delivered(RAW, secret="newest"), 401, "webhook_not_signed")
    assert kept() == 2


def test_the_payout_sides_secret_opens_only_its_own_door() -> None:
    signature = signed_with(WEBHOOK_SECRET_X)
    headers = {"X-Razorpay-Signature": signature, "x-razorpay-event-id": "evt1"}

    response = Client().post(
        "/webhooks/razorpayx", RAW, content_type="application/json", headers=headers
    )

    assert response.status_code == 200
    assert GatewayEvent.objects.get().source == "RAZORPAYX"


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"event": 7}', b"\xff", b"[" * 5_000])
def test_signed_bytes_that_are_no_event_are_refused(raw: bytes) -> None:
    problem(delivered(raw), 400, "webhook_not_readable")
    assert kept() == 0


def test_an_event_without_an_id_is_refused() -> None:
    problem(delivered(RAW, event_id=""), 400, "webhook_not_readable")


def test_ten_megabytes_are_refused_before_they_are_signed_for() -> None:
    raw = RAW[:-1] + b" " * 10 * 1024 * 1024 + b"}"

    problem(delivered(raw), 413, "webhook_too_large")
    assert kept() == 0


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_a_post_brings_an_event(method: str) -> None:
    assert getattr(Client(), method)("/webhooks/razorpay").status_code == 405


def test_whoever_signs_needs_no_sign_in_and_a_cookie_changes_nothing() -> None:
    assert delivered(RAW, Cookie="uma_session=whatever").status_code == 200


def test_an_event_with_another_amount_credits_what_razorpay_holds(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    payment_id = paid_at(cloud, ordered(merchant, account))
    for number, amount in enumerate((1, 4999.99, "500000", -5, 10**18, None)):
        delivered(event_body(payment_id, amount=amount), event_id=f"evt{number}")

    tasks.handle_forgotten_events()

    assert purse(merchant) == AMOUNT_PAISE


def test_a_storm_of_repeats_credits_once(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    raw = event_body(paid_at(cloud, ordered(merchant, account)))
    for number in range(40):
        assert delivered(raw, event_id=f"evt{number % 7}").status_code == 200
    assert kept() == 7

    services.handle_due_events(gateway=account, now=NOON.replace(year=2030))

    assert purse(merchant) == AMOUNT_PAISE
    assert received(raw, event_id="evt3") is None
