"""A registry that answers over HTTP, participants with keys of their own, and what they say to us."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.test import Client

from apps.ondc import services, signing
from apps.ondc.models import Offer, Question, RideOrder
from tests.factories import MANIPAL, make_rider, make_zone

Json = dict[str, Any]  # Any: JSON documents
BUYER = "bap.example.in"
DOMAIN, CITY = "ONDC:TRV10", "std:080"


def clock() -> datetime:
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Participant:
    """Somebody on the network, by default a seller: keys, and what the registry says of them."""

    id: str = "bpp.example.in"
    key_id: str = "k1"
    kind: str = "BPP"
    status: str = "SUBSCRIBED"
    seed: bytes = field(
        default_factory=lambda: signing.signing_seed(signing.new_keys().signing_private_key)
    )
    valid_until: datetime = field(default_factory=lambda: clock() + timedelta(days=30))
    changes: Json = field(default_factory=dict)

    def record(self) -> Json:
        return {
            "subscriber_id": self.id,
            "ukId": self.key_id,
            "type": self.kind,
            "status": self.status,
            "subscriber_url": f"https://{self.id}/ondc",
            "country": "IND",
            "domain": DOMAIN,
            "city": f"{CITY},std:011",
            "valid_from": stamp(clock() - timedelta(days=30)),
            "valid_until": stamp(self.valid_until),
            "signing_public_key": signing.published(signing.public_of(self.seed)),
            "encr_public_key": "",
        } | self.changes

    def sign(self, raw: bytes, *, at: datetime | None = None, **changes: Any) -> str:
        created = int((at or clock()).timestamp())
        facts: dict[str, Any] = {
            "key": self.seed,
            "subscriber_id": self.id,
            "unique_key_id": self.key_id,
            "created": created,
            "expires": created + 300,
        }
        return signing.sign(raw, **(facts | changes))


class Registry:
    """Lists participants, counts what it is asked, and may be silent, slow, or say something odd."""

    def __init__(self) -> None:
        self.rows: list[Participant] = []
        self.asked: list[tuple[str, Json, str]] = []
        self.pause_s = 0.0
        self.says: tuple[int, bytes] | None = None
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                status, said = registry.answer(
                    self.path, raw, self.headers.get("Authorization", "")
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, path: str, raw: bytes, header: str) -> tuple[int, bytes]:
        asked: Json = json.loads(raw)
        self.asked.append((path, asked, header))
        time.sleep(self.pause_s)
        if self.says is not None:
            return self.says
        wanted = asked.get("search_parameters", asked)
        rows = [row.record() for row in self.rows]
        found = [
            row
            for row in rows
            if all(value in str(row.get(name, value)).split(",") for name, value in wanted.items())
        ]
        return 200, json.dumps(found).encode()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def context(
    action: str, seller: Participant, *, transaction_id: object, message_id: object
) -> Json:
    return {
        "location": {"country": {"code": "IND"}, "city": {"code": CITY}},
        "domain": DOMAIN,
        "action": action,
        "version": "2.1.0",
        "bap_id": BUYER,
        "bap_uri": f"https://{BUYER}/api/ondc",
        "bpp_id": seller.id,
        "bpp_uri": f"https://{seller.id}/ondc",
        "transaction_id": str(transaction_id),
        "message_id": str(message_id),
        "timestamp": stamp(clock()),
        "ttl": "PT30S",
    }


def post(
    seller: Participant, body: Json | bytes, *, action: str = "", header: str | None = None
) -> HttpResponse:
    """Send a callback as the seller would; the path is the body's action unless another is given."""
    raw = body if isinstance(body, bytes) else signing.wire(body)
    if not action:
        action = json.loads(raw)["context"]["action"]
    signed = seller.sign(raw) if header is None else header
    answer = Client().post(
        f"/api/ondc/{action}",
        data=raw,
        content_type="application/json",
        headers={"authorization": signed} if signed else {},
    )
    assert isinstance(answer, HttpResponse)
    return answer


def verdict(answer: HttpResponse) -> str:
    """Return ACK, or the code of the NACK; the answer's form is held to the network's rules."""
    said = json.loads(answer.content)
    status: str = said["message"]["ack"]["status"]
    assert ("error" in said) == (status == "NACK")
    if status == "ACK":
        assert answer.status_code == 200
        return status
    assert isinstance(said["error"]["message"], str)
    code: str = said["error"]["code"]
    return code


def act() -> None:
    """Do what the worker does about everything that waits."""
    for message_id in services.waiting_inbound_ids(now=clock()):
        services.process_inbound(message_id=message_id, now=clock())


def make_search(*, booking_id: UUID | None = None, rider_id: UUID | None = None) -> Question:
    make_zone("MNP", now=clock())
    return services.open_search(
        rider_id=rider_id or make_rider().pk,
        zone_code="MNP",
        domain=DOMAIN,
        city=CITY,
        pickup=MANIPAL,
        drop=MANIPAL,
        booking_id=booking_id,
        now=clock(),
    )


def price(value: str) -> Json:
    return {"currency": "INR", "value": value}


def quote(*lines: tuple[str, str], total: str) -> Json:
    return {
        "price": price(total),
        "breakup": [{"title": title, "price": price(value)} for title, value in lines],
        "ttl": "PT200S",
    }


def catalogue(*prices: str) -> Json:
    items = [
        {
            "id": f"I{number}",
            "descriptor": {"code": "RIDE", "name": "Auto Ride"},
            "fulfillment_ids": ["F1"],
            "price": price(value) | {"maximum_value": value},
            "tags": [
                {
                    "descriptor": {"code": "INFO"},
                    "list": [{"descriptor": {"code": "ETA_TO_NEAREST_DRIVER_MIN"}, "value": "3.5"}],
                }
            ],
        }
        for number, value in enumerate(prices, 1)
    ]
    provider = {
        "id": "P1",
        "descriptor": {"name": "Autos"},
        "fulfillments": [
            {"id": "F1", "type": "DELIVERY", "vehicle": {"category": "AUTO_RICKSHAW"}}
        ],
        "items": items,
    }
    return {"catalog": {"descriptor": {"name": "Autos of Manipal"}, "providers": [provider]}}


@dataclass
class Journey:
    """A rider's journey with one seller, and the callbacks that take it further."""

    seller: Participant
    search: Question
    order: RideOrder | None = None

    def body(
        self, action: str, message: Json, *, question: Question | None = None, **changes: Any
    ) -> Json:
        asked = question.message_id if question else uuid4()
        ids = {"transaction_id": self.search.transaction_id, "message_id": asked}
        told = context(action, self.seller, **ids) | {
            name: str(value) for name, value in changes.items()
        }
        return {"context": told, "message": message}

    def told(self, state: str = "", *, at: datetime | None = None, **changes: Any) -> Json:
        """Return an order as the seller tells it."""
        ride: Json = {"id": "F1", "type": "DELIVERY", "vehicle": {"category": "AUTO_RICKSHAW"}}
        if state:
            ride["state"] = {"descriptor": {"code": f"RIDE_{state}"}}
        ride |= changes.pop("ride", {})
        order: Json = {
            "id": "O1",
            "status": "ACTIVE",
            "provider": {"id": "P1"},
            "items": [{"id": "I1"}],
            "fulfillments": [ride],
            "quote": quote(("BASE_FARE", "30"), ("DISTANCE_FARE", "70.50"), total="100.50"),
            "updated_at": stamp(at or clock()),
        }
        return {"order": order | changes}

    def offered(self, *prices: str) -> Offer:
        answer = post(
            self.seller,
            self.body("on_search", catalogue(*(prices or ("100.50",))), question=self.search),
        )
        assert verdict(answer) == "ACK"
        act()
        return Offer.objects.filter(transaction=self.search.transaction_id).order_by("item_id")[0]

    def ask(self, action: str) -> Question:
        assert self.order is not None
        return services.ask(
            journey=self.search.transaction, action=action, order=self.order, now=clock()
        )

    def chosen(self) -> Question:
        asked = services.choose_offer(
            transaction_id=self.search.transaction_id,
            rider_id=self.search.transaction.rider_id,
            offer_id=self.offered().pk,
            now=clock(),
        )
        self.order = asked.order
        return asked

    def say(
        self, action: str, message: Json, *, question: Question | None = None, **changes: Any
    ) -> str:
        answer = post(self.seller, self.body(action, message, question=question, **changes))
        act()
        return verdict(answer)

    def reach(self, stage: str) -> RideOrder:
        """Take the order up to SELECTED, QUOTED, READY, CONFIRMING or ACTIVE."""
        asked = self.chosen()
        steps = ("SELECTED", "QUOTED", "READY", "CONFIRMING", "ACTIVE")
        for step in steps[: steps.index(stage) + 1]:
            if step == "QUOTED":
                assert self.say("on_select", self.told(id=""), question=asked) == "ACK"
            elif step == "READY":
                told = self.told(id="", payments=[{"id": "PA1"}])
                assert self.say("on_init", told, question=self.ask("init")) == "ACK"
            elif step == "CONFIRMING":
                RideOrder.objects.filter(pk=self.now().pk).update(stage="CONFIRMING")
                self.confirm = self.ask("confirm")
            elif step == "ACTIVE":
                assert (
                    self.say("on_confirm", self.told("CONFIRMED"), question=self.confirm) == "ACK"
                )
        assert self.now().stage == stage
        return self.now()

    confirm: Question = field(init=False, repr=False)

    def now(self) -> RideOrder:
        assert self.order is not None
        return RideOrder.objects.select_related("transaction").get(pk=self.order.pk)


def sellers(count: int) -> Iterator[Participant]:
    for number in range(count):
        yield Participant(id=f"bpp{number}.example.in")
