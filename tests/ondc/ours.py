"""Ourselves on a pretended network, and journeys at every step, made through the services."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from apps.ondc import services, signing
from apps.ondc.models import Offer, OutboundMessage, Participant, Quote, RideOrder
from apps.ondc.outgoing.forms import Person
from apps.ondc.services import Trip, Which
from apps.ondc.voice import Voice
from tests.factories import MANIPAL
from tests.sandbox.pretended_ondc import BUYER_ID, KEY_ID
from uma.kernel.geo import Point

DROP = Point(13.3409, 74.7477)
RIDER = Person("Rider One", "9000000001")
SELLER = "cabs.sandbox.example.in"
FARE_PAISE = 206_00
AGENCY = "settlements.sandbox.example.in"
KEYS = signing.new_keys()
# Who speaks to pretended sellers, which look at the real clock, begins at `just_begun` instead.
START = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


def settings_for(network_url: str) -> dict[str, object]:
    """Return the settings of a buyer app on the network at this address."""
    return {
        "ONDC_ENVIRONMENT": "staging",
        "ONDC_SUBSCRIBER_ID": BUYER_ID,
        "ONDC_SUBSCRIBER_URI": "http://127.0.0.1:9/api/ondc",
        "ONDC_SIGNING_KEYS": [f"{KEY_ID}:{KEYS.signing_private_key}"],
        "ONDC_REGISTRY_URL": f"{network_url}/registry",
        "ONDC_GATEWAY_URL": f"{network_url}/gateway",
        "ONDC_SETTLEMENT_AGENCY_ID": AGENCY,
        "ONDC_SETTLEMENT_AGENCY_URI": f"{network_url}/agency",
    }


def searched(
    rider_id: UUID, speaking: Voice, *, booking_id: UUID | None = None, now: datetime | None = None
) -> list[OutboundMessage]:
    now = now or START
    return services.search_rides(
        rider_id=rider_id,
        zone_code="MNP",
        city="std:0820",
        trip=Trip(pickup=MANIPAL, drop=DROP, booking_id=booking_id),
        voice=speaking,
        now=now,
    )


def offered(
    transaction_id: UUID, *, uri: str, version: str = "2.0.1", now: datetime | None = None
) -> Offer:
    """Return an offer as a seller's catalogue makes it, at an address that the registry lists."""
    now = now or START
    Participant.objects.get_or_create(
        subscriber_id=SELLER,
        unique_key_id="key-1",
        defaults={"kind": "BPP", "status": "SUBSCRIBED", "url": uri, "fetched_at": now},
    )
    return Offer.objects.create(
        transaction_id=transaction_id,
        key=uuid4().hex,
        bpp_id=SELLER,
        bpp_uri=uri,
        version=version,
        provider_id="P1",
        item_id="I1",
        fulfillment_id=f"F-{version}",
        vehicle_category="CAB",
        vehicle_variant="HATCHBACK",
        price_paise=FARE_PAISE,
        price_text="206.00",
        offered_at=now,
        valid_until=now + timedelta(hours=1),
    )


def selected(
    rider_id: UUID,
    speaking: Voice,
    *,
    uri: str,
    version: str = "2.0.1",
    now: datetime | None = None,
) -> tuple[OutboundMessage, Which]:
    """Return the request for a quote, and whose order it is."""
    now = now or START
    journey_id = searched(rider_id, speaking, now=now)[0].question.transaction_id
    offer = offered(journey_id, uri=uri, version=version, now=now)
    said = services.select_ride(
        transaction_id=journey_id,
        rider_id=rider_id,
        bpp_id=offer.bpp_id,
        item_id=offer.item_id,
        fulfillment_id=offer.fulfillment_id,
        voice=speaking,
        now=now,
    )
    return said, Which(journey_id, rider_id, offer.bpp_id)


def told(which: Which, *, stage: str, fare_paise: int = FARE_PAISE, **facts: object) -> RideOrder:
    """Let the seller have told its quote or its terms: what a callback makes of the order."""
    order = RideOrder.objects.get(transaction_id=which.transaction_id, bpp_id=which.bpp_id)
    for name, value in {"stage": stage, "fare_paise": fare_paise, **facts}.items():
        setattr(order, name, value)
    order.save()
    return order


def ready(rider_id: UUID, speaking: Voice, *, uri: str, now: datetime | None = None) -> Which:
    """Return an order whose seller told its terms."""
    now = now or START
    _, which = selected(rider_id, speaking, uri=uri, now=now)
    told(which, stage="QUOTED")
    services.init_ride(which=which, rider=RIDER, voice=speaking, now=now)
    told(which, stage="READY", number="O-1")
    return which


def quotes(order: RideOrder) -> list[int]:
    return list(Quote.objects.filter(order=order).values_list("price_paise", flat=True))


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def just_begun() -> datetime:
    """Return a start for a test that speaks to sellers: a signature is good for minutes alone."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=90)
