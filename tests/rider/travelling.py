"""A rider who buys metro and bus tickets; what their company tells is written as its callbacks write it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from apps.merchants.models import Zone
from apps.ondc.models import (
    InboundMessage,
    Offer,
    OutboundMessage,
    Participant,
    Quote,
    RideOrder,
    SearchAnswer,
    Station,
    Ticket,
    Transaction,
)
from apps.payments.models import Prepayment, PrepaymentRefund
from apps.rides import services as rides
from tests.business.browsing import signed_in
from tests.factories import make_shop
from uma.kernel.ids import new_id

SELLER, URI = "metro.example.in", "http://127.0.0.1:9/metro"
FARE_PAISE = 50_00
STOPS = (("A", "Attiguppe"), ("B", "Baiyappanahalli"), ("C", "Cubbon Park"))


class Travelling:
    """A rider in a city whose metro sells tickets, and the trip that was begun."""

    def __init__(
        self, *, name: str = "Asha", mode: str = "METRO", phone: str = "+919000012347"
    ) -> None:
        self.mode = mode
        make_shop(now=timezone.now() - timedelta(minutes=1))
        zone = Zone.objects.get(code="MNP")
        self.city = f"std:{zone.std_city_code.removeprefix('std:')}"
        self.rider = rides.register_rider(
            username=f"rider-{uuid4()}",
            display_name=name,
            phone=phone,
            zone_code="MNP",
            now=timezone.now(),
        )
        self.client: Client = signed_in(self.rider.pk, role="rider")
        self.path = ""

    def told_stops(
        self,
        *,
        seller: str = SELLER,
        lines: tuple[str, ...] = ("Purple",),
        version: str = "2.1.0",
        stops: tuple[tuple[str, str], ...] = STOPS,
    ) -> None:
        """Let a company have told its stops."""
        Participant.objects.get_or_create(
            subscriber_id=seller,
            unique_key_id="key-1",
            defaults={
                "kind": "BPP", "status": "SUBSCRIBED", "url": URI, "fetched_at": timezone.now(),
            },
        )  # fmt: skip
        for line in lines:
            for number, (code, name) in enumerate(stops):
                Station.objects.create(
                    key=uuid4().hex, city=self.city, zone_code="MNP", mode=self.mode,
                    bpp_id=seller, bpp_uri=URI, version=version, seller_name=seller.partition(".")[0],
                    provider_id="P1", line=line, number=number, code=code, name=name,
                    told_at=timezone.now(),
                )  # fmt: skip

    def stop(self, code: str, seller: str = SELLER) -> Station:
        found = Station.objects.filter(code=code, bpp_id=seller).first()
        assert found is not None
        return found

    def search(self, start: str = "A", end: str = "C") -> Any:  # Any: a response
        asked = {"mode": self.mode, "from": self.stop(start).pk, "to": self.stop(end).pk}
        answer = self.client.post("/app/travel/new", asked)
        if answer.status_code == 303:
            self.path = answer["Location"]
        return answer

    @property
    def journey(self) -> Transaction:
        return Transaction.objects.get(pk=self.path.rpartition("/")[2])

    @property
    def order(self) -> RideOrder:
        return RideOrder.objects.get(transaction=self.journey)

    @property
    def paid(self) -> Prepayment:
        return Prepayment.objects.get(purpose=self.order.pk)

    def get(self, part: str = "/state") -> str:
        answer = self.client.get(self.path + part)
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    def post(self, what: str, /, **facts: str) -> Any:  # Any: a response
        return self.client.post(f"{self.path}/{what}", facts, headers={"HX-Request": "true"})

    def offered(self, **changed: object) -> None:
        now = timezone.now()
        facts: dict[str, Any] = {  # Any: columns of many types
            "key": uuid4().hex, "bpp_id": SELLER, "bpp_uri": URI, "version": "2.1.0",
            "provider_id": "P1", "provider_name": "Namma Metro", "item_id": "I1",
            "item_name": "Single journey", "fulfillment_id": "F1", "vehicle_category": self.mode,
            "price_paise": FARE_PAISE // 2, "price_text": "25.00", "least_count": 1, "most_count": 6,
            "offered_at": now, "valid_until": now + timedelta(hours=1),
        }  # fmt: skip
        Offer.objects.create(transaction=self.journey, **{**facts, **changed})
        SearchAnswer.objects.get_or_create(
            transaction=self.journey, bpp_id=SELLER, defaults={"answered_at": now}
        )

    def told(self, stage: str, **facts: object) -> RideOrder:
        """Let the company have told how the order stands."""
        order = self.order
        for name, value in {"stage": stage, "fare_paise": FARE_PAISE, **facts}.items():
            setattr(order, name, value)
        order.changed_at = timezone.now()
        order.save()
        return order

    def chosen(self, count: int = 2) -> None:
        self.told_stops()
        self.search()
        self.offered()
        answer = self.post("choose", bpp=SELLER, item="I1", fulfillment="F1", count=str(count))
        assert answer.status_code == 200, answer.content

    def ready(self) -> None:
        self.chosen()
        order = self.told("QUOTED", fulfillment_id="F1")
        now = timezone.now()
        told = InboundMessage.objects.create(
            sender=SELLER, unique_key_id="key-1", action="on_init", message_id=str(uuid4()),
            transaction_text=str(self.journey.pk), digest=uuid4().hex, header="-", state="DONE",
            next_attempt_at=now, received_at=now, handled_at=now,
        )  # fmt: skip
        Quote.objects.create(
            order=order, action="init", price_paise=FARE_PAISE, price_text="50.00", lines=[],
            adds_up=True, message=told, told_at=now,
        )  # fmt: skip
        assert self.post("terms").status_code == 200
        self.told("READY")

    def moved(self, *states: str) -> Prepayment:
        """Let the payment have gone through these states."""
        row = self.paid
        for state in states:
            row.state = state
            if state in {"HELD", "PLEDGED", "DUE"}:
                row.payment_id = row.payment_id or f"pay_{row.pk.hex[-14:]}"
            row.save()
        return row

    def begun(self) -> None:
        """Let the rider be on Razorpay's page."""
        self.ready()
        now = timezone.now()
        Prepayment.objects.create(
            rider=self.rider, zone_code="MNP", purpose=self.order.pk, amount_paise=FARE_PAISE,
            state="CREATED", created_at=now, state_changed_at=now,
        )  # fmt: skip
        row = self.paid
        row.order_id, row.state = f"order_{row.pk.hex[-14:]}", "OPEN"
        row.save()

    def active(self, *tokens: str, **facts: object) -> None:
        """Let the tickets have come."""
        self.begun()
        self.moved("HELD", "PLEDGED", "DUE")
        order = self.told("ACTIVE", number="O-77", status="ACTIVE")
        for number, token in enumerate(tokens):
            Ticket.objects.create(**{
                "order": order, "fulfillment_id": f"T{number}", "position": 0, "number": f"N{number}",
                "kind": "QR", "token": token, "status": "UNCLAIMED", "told_at": timezone.now(),
                **facts,
            })  # fmt: skip

    def owed(self, amount_paise: int) -> PrepaymentRefund:
        now = timezone.now()
        return PrepaymentRefund.objects.create(
            id=new_id(), prepayment=self.paid, amount_paise=amount_paise, paid_paise=FARE_PAISE,
            reason="cancelled", next_attempt_at=now, owed_at=now,
        )  # fmt: skip

    def said(self, action: str) -> int:
        return OutboundMessage.objects.filter(
            question__transaction=self.journey, action=action
        ).count()

    def news(self, since: str = "") -> tuple[str, list[str]]:
        """Return the id to go on from, and the topics that are told."""
        lines = self.get(f"/events?since={since}").splitlines()
        ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
        topics = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        return (ids[-1] if ids else since), topics
