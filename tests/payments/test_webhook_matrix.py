"""
Each hostile delivery at each of the two doors: what is no event of Razorpay's moves nothing, and what is
one moves what Razorpay's API says, once.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent, Payment, Payout
from tests.factories import NOON, make_merchant
from tests.payments.making import AMOUNT_PAISE, ordered, paid_at, purse
from tests.payments.paying_out import make_payee, submitted
from tests.rides.calling import problem
from tests.sandbox.pretended_razorpay import WEBHOOK_SECRET, WEBHOOK_SECRET_X, RazorpayProcess

pytestmark = pytest.mark.django_db
LATER = NOON.replace(year=2030)
MEGABYTES = 10 * 1024 * 1024
JSON = dict[str, Any]  # Any: a JSON document


@dataclass(frozen=True)
class Door:
    """One of the two addresses, with something true to tell there and a way to see whether it was done."""

    path: str
    secret: str
    other_secret: str
    event: JSON
    # Where the amount stands in the event.
    entity: Callable[[JSON], JSON]
    gateway: Gateway
    effects: Callable[[], int]

    def raw(self, **entity: object) -> bytes:
        event = json.loads(json.dumps(self.event))
        self.entity(event).update(entity)
        return json.dumps(event).encode()

    def deliver(
        self, raw: bytes, *, sign: str | None = None, **headers: str
    ) -> Any:  # Any: Django's
        signed = (
            {} if sign == "" else {"X-Razorpay-Signature": _signature(raw, sign or self.secret)}
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().post(
            self.path,
            raw,
            content_type="application/json",
            headers={"x-razorpay-event-id": "evt1"} | signed | named,
        )

    def handle(self) -> None:
        services.handle_due_events(gateway=self.gateway, now=LATER)


def _signature(raw: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def _payments(cloud: RazorpayProcess, account: Gateway) -> Door:
    merchant = make_merchant()
    payment_id = paid_at(cloud, ordered(merchant, account))
    facts = cloud.ask("pay")["items"][0]
    assert facts["id"] == payment_id
    return Door(
        path="/webhooks/razorpay",
        secret=WEBHOOK_SECRET,
        other_secret=WEBHOOK_SECRET_X,
        event={
            "entity": "event",
            "event": "payment.captured",
            "payload": {"payment": {"entity": facts}},
        },
        entity=lambda event: event["payload"]["payment"]["entity"],
        gateway=account,
        effects=lambda: purse(merchant) // AMOUNT_PAISE,
    )


def _payouts(cloud: RazorpayProcess, account: Gateway) -> Door:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    payout = submitted(make_payee(), account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")
    facts = cloud.ask("pout")["items"][0]
    return Door(
        path="/webhooks/razorpayx",
        secret=WEBHOOK_SECRET_X,
        other_secret=WEBHOOK_SECRET,
        event={
            "entity": "event",
            "event": "payout.processed",
            "payload": {"payout": {"entity": facts}},
        },
        entity=lambda event: event["payload"]["payout"]["entity"],
        gateway=account,
        effects=lambda: Payout.objects.filter(state="PROCESSED").count(),
    )


@pytest.fixture(params=[_payments, _payouts], ids=["razorpay", "razorpayx"])
def door(request: pytest.FixtureRequest, cloud: RazorpayProcess, account: Gateway) -> Door:
    door: Door = request.param(cloud, account)
    # What the pretended Razorpay tells of by itself goes nowhere here.
    assert (door.effects(), GatewayEvent.objects.count()) == (0, 0)
    return door


def kept() -> int:
    return GatewayEvent.objects.count()


def test_the_genuine_event_does_what_it_says(door: Door) -> None:
    assert door.deliver(door.raw()).status_code == 200

    door.handle()

    assert (door.effects(), kept()) == (1, 1)


@pytest.mark.parametrize(
    "sign",
    ["", "wrong", "the other door's", " ", "0" * 64],
    ids=["unsigned", "wrong secret", "other door", "blank secret", "zeros"],
)
def test_a_wrong_secret_gets_no_further(door: Door, sign: str) -> None:
    secret = door.other_secret if sign == "the other door's" else sign

    problem(door.deliver(door.raw(), sign=secret), 401, "webhook_not_signed")

    door.handle()
    assert (door.effects(), kept()) == (0, 0)


@pytest.mark.parametrize("amount", [1, 4_999.99, 10**15, "500000", None])
def test_an_amount_that_was_altered_on_the_way_breaks_the_signature(
    door: Door, amount: object
) -> None:
    signature = _signature(door.raw(), door.secret)

    answer = door.deliver(door.raw(amount=amount), X_Razorpay_Signature=signature)

    problem(answer, 401, "webhook_not_signed")
    assert kept() == 0


@pytest.mark.parametrize(
    "amount", [0, 1, -1, 4_999.99, 5e5, 10**30, "500000", "NaN", None, [], {"paise": 1}]
)
def test_an_amount_that_is_signed_and_false_is_not_what_counts(door: Door, amount: object) -> None:
    assert door.deliver(door.raw(amount=amount, fees=amount, tax=amount)).status_code == 200

    door.handle()

    assert door.effects() == 1


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_a_number_that_is_none_is_not_what_counts_either(door: Door, literal: bytes) -> None:
    raw = door.raw(amount="HERE").replace(b'"HERE"', literal)

    assert door.deliver(raw).status_code == 200

    door.handle()
    assert door.effects() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"\xff" + raw,
        lambda raw: raw.replace(b"event", b"\xe9vent", 1),
        lambda raw: raw.decode().encode("utf-16"),
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw + b"\x00",
        lambda raw: b"\x1f\x8b" + raw,
        lambda _raw: bytes(range(256)),
    ],
    ids=["stray byte", "latin-1", "utf-16", "half", "NUL", "gzip", "all bytes"],
)
def test_signed_bytes_that_are_no_text_of_an_event_are_refused(
    door: Door, spoil: Callable[[bytes], bytes]
) -> None:
    problem(door.deliver(spoil(door.raw())), 400, "webhook_not_readable")

    door.handle()
    assert (door.effects(), kept()) == (0, 0)


@pytest.mark.parametrize("sign", [None, "wrong"], ids=["signed", "not signed"])
def test_ten_megabytes_are_refused_whoever_signed_them(door: Door, sign: str | None) -> None:
    raw = door.raw()[:-1] + b" " * MEGABYTES + b"}"

    problem(door.deliver(raw, sign=sign), 413, "webhook_too_large")

    assert kept() == 0


def test_a_replay_is_acknowledged_and_does_nothing_more(door: Door) -> None:
    answers = [door.deliver(door.raw()) for _ in range(5)]
    door.handle()
    answers += [door.deliver(door.raw()) for _ in range(5)]
    door.handle()

    assert {answer.status_code for answer in answers} == {200}
    assert (door.effects(), kept()) == (1, 1)


def test_the_same_news_under_other_ids_does_nothing_more(door: Door) -> None:
    for number in range(7):
        assert door.deliver(door.raw(), x_razorpay_event_id=f"evt{number}").status_code == 200
    door.handle()

    assert (door.effects(), kept()) == (1, 7)


def test_one_id_with_another_body_is_the_event_that_came_first(door: Door) -> None:
    door.deliver(door.raw())
    named = json.dumps(door.event | {"event": "payment.failed"}).encode()

    assert door.deliver(named).status_code == 200

    assert GatewayEvent.objects.get().name == door.event["event"]


@pytest.mark.parametrize(
    "created_at", [0, -1, 1, 4_102_444_800, 10**18, 1.5, "yesterday", None], ids=str
)
def test_whatever_the_senders_clock_says_the_event_is_taken_and_the_time_is_ours(
    door: Door, created_at: object
) -> None:
    before = datetime.now(NOON.tzinfo)
    event = door.event | {"created_at": created_at}
    door.entity(event)["created_at"] = created_at

    answer = door.deliver(
        json.dumps(event).encode(), Date="Mon, 01 Jan 1990 00:00:00 GMT", Age="999999999"
    )
    door.handle()

    assert (answer.status_code, door.effects()) == (200, 1)
    assert before <= GatewayEvent.objects.get().received_at <= datetime.now(NOON.tzinfo)


def test_the_doors_do_not_take_each_others_news(door: Door) -> None:
    other = "/webhooks/razorpay" if door.path.endswith("x") else "/webhooks/razorpayx"
    raw = door.raw()

    answer = Client().post(
        other,
        raw,
        content_type="application/json",
        headers={
            "X-Razorpay-Signature": _signature(raw, door.other_secret),
            "x-razorpay-event-id": "evt1",
        },
    )
    door.handle()

    # Genuinely signed for that door, and nothing that its product tells of.
    assert (answer.status_code, GatewayEvent.objects.get().state) == (200, "IGNORED")
    assert door.effects() == 0


def test_a_payment_is_the_orders_merchants_whoever_the_event_names(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payer, other = make_merchant("Payer"), make_merchant("Other")
    payment_id = paid_at(cloud, ordered(payer, account))
    theirs = ordered(other, account)
    raw = json.dumps(
        {
            "event": "payment.captured",
            "account_id": "acc_of_somebody_else",
            "payload": {
                "payment": {
                    "entity": {
                        "id": payment_id,
                        "order_id": theirs.order_id,
                        "notes": {"merchant_id": str(other.pk)},
                        "amount": AMOUNT_PAISE,
                    }
                }
            },
        }
    ).encode()
    headers = {
        "X-Razorpay-Signature": _signature(raw, WEBHOOK_SECRET),
        "x-razorpay-event-id": "evt1",
    }

    Client().post("/webhooks/razorpay", raw, content_type="application/json", headers=headers)
    services.handle_due_events(gateway=account, now=LATER)

    assert (purse(payer), purse(other)) == (AMOUNT_PAISE, 0)
    assert Payment.objects.get().top_up.merchant_id == payer.pk


def test_a_payout_is_its_owners_whoever_the_event_names(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    mine, other = submitted(make_payee(), account), submitted(make_payee(), account)
    cloud.order("payouts/move", payout_id=mine.razorpay_id, status="processed")
    entity = {
        "id": mine.razorpay_id,
        "reference_id": other.pk.hex,
        "status": "processed",
        "amount": other.amount_paise,
    }
    raw = json.dumps(
        {"event": "payout.processed", "payload": {"payout": {"entity": entity}}}
    ).encode()
    headers = {
        "X-Razorpay-Signature": _signature(raw, WEBHOOK_SECRET_X),
        "x-razorpay-event-id": "evt1",
    }

    Client().post("/webhooks/razorpayx", raw, content_type="application/json", headers=headers)
    services.handle_due_events(gateway=account, now=LATER)

    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == ("PROCESSED", "PROCESSING")
