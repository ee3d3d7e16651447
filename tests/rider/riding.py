"""A rider on the network, whose pages begin journeys; what sellers tell is written as their callbacks write it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from apps.merchants.models import Zone
from apps.ondc.models import OutboundMessage, RideOrder, SearchAnswer, Transaction
from apps.ondc.services import Which
from apps.rides import services as rides
from tests.business.browsing import signed_in
from tests.factories import Shop, make_booking, make_rider, make_shop
from tests.merchants.making import MANIPAL
from tests.ondc import ours

RING = [[74.7, 13.31], [74.83, 13.31], [74.83, 13.42], [74.7, 13.42], [74.7, 13.31]]
PICKUP = "13.366800,74.760000"
URI = "http://127.0.0.1:9/cabs"


class Riding:
    """A rider with a ticket, and the journey that leads to it."""

    def __init__(self, *, name: str = "Asha", phone: str = "+919000012346") -> None:
        self.now = timezone.now()
        self.shop: Shop = make_shop(now=self.now - timedelta(minutes=1), at=MANIPAL)
        Zone.objects.update(boundary={"type": "Polygon", "coordinates": [RING]})
        self.rider = rides.register_rider(
            username=f"rider-{uuid4()}",
            display_name=name,
            phone=phone,
            zone_code="MNP",
            now=self.now,
        )
        self.booking = make_booking(self.shop, self.rider, now=self.now)
        self.client: Client = signed_in(self.rider.pk, role="rider")
        self.path = ""

    def search(self, **more: str) -> Any:  # Any: a response
        asked = {"ticket": str(self.booking.pk), "pickup": PICKUP, **more}
        answer = self.client.post("/app/rides/new", asked)
        if answer.status_code == 303:
            self.path = answer["Location"]
        return answer

    @property
    def journey(self) -> Transaction:
        return Transaction.objects.get(pk=self.path.rpartition("/")[2])

    @property
    def order(self) -> RideOrder:
        return RideOrder.objects.get(transaction=self.journey)

    def get(self, part: str = "/state") -> str:
        answer = self.client.get(self.path + part)
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    def post(self, what: str, /, **facts: str) -> Any:  # Any: a response
        return self.client.post(f"{self.path}/{what}", facts, headers={"HX-Request": "true"})

    def offered(self, **changed: object) -> None:
        """Let a seller have answered with an offer."""
        offer = ours.offered(self.journey.pk, uri=URI, now=timezone.now())
        for name, value in {"provider_name": "City Cabs", "pickup_minutes": 4, **changed}.items():
            setattr(offer, name, value)
        offer.save()
        SearchAnswer.objects.get_or_create(
            transaction=self.journey, bpp_id=offer.bpp_id, defaults={"answered_at": timezone.now()}
        )

    def chosen(self) -> None:
        self.search()
        self.offered()
        answer = self.post("choose", bpp=ours.SELLER, item="I1", fulfillment="F-2.0.1")
        assert answer.status_code == 200, answer.content

    def told(self, stage: str, **facts: Any) -> RideOrder:  # Any: columns of many types
        """Let the seller have told how the order stands."""
        which = Which(self.journey.pk, self.rider.pk, ours.SELLER)
        return ours.told(which, stage=stage, changed_at=timezone.now(), **facts)

    def ready(self, *, number: str = "") -> None:
        self.chosen()
        self.told("QUOTED")
        assert self.post("terms").status_code == 200
        self.told("READY", number=number or f"O-{uuid4().hex[:8]}")

    def riding(
        self,
        state: str = "RIDE_ASSIGNED",
        *,
        stage: str = "ACTIVE",
        number: str = "",
        **facts: Any,  # Any: as above
    ) -> None:
        self.ready(number=number)
        assert self.post("confirm", fare=str(ours.FARE_PAISE)).status_code == 200
        driver = {
            "driver_name": "Ravi", "driver_phone": "9000000099", "vehicle_number": "KA20AB1234",
            "start_code": "4711", "driver_place": "13.3700, 74.7650",
        }  # fmt: skip
        self.told(stage, ride_state=state, **{**driver, **facts})

    def said(self, action: str) -> int:
        """Return how often something was said to the network about this journey."""
        return OutboundMessage.objects.filter(
            question__transaction=self.journey, action=action
        ).count()

    def news(self, since: str = "") -> tuple[str, list[str]]:
        """Return the id to go on from, and the topics that are told."""
        lines = self.get(f"/events?since={since}").splitlines()
        ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
        topics = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        return (ids[-1] if ids else since), topics


def other_rider() -> Client:
    return signed_in(make_rider("other").pk, role="rider")
