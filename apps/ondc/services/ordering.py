"""What a rider asks for, from the search to the confirmation: checked, noted, and written down to be sent."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.ondc.errors import (
    BidNotTaken,
    OfferExpired,
    OfferNotFound,
    QuoteChanged,
    RideOrderNotReady,
    TripNotOffered,
)
from apps.ondc.models import Offer, OutboundMessage, Quote, RideOrder, Transaction
from apps.ondc.outgoing import rides
from apps.ondc.outgoing.context import TTL
from apps.ondc.outgoing.forms import Person, money
from apps.ondc.outgoing.profiles import manners, profile
from apps.ondc.outgoing.rides import Booked, Offered, Wish
from apps.ondc.services.asking import ask, choose_offer, open_search
from apps.ondc.services.finding import Which
from apps.ondc.services.saying import say
from apps.ondc.voice import Voice
from uma.kernel.geo import Point

Stage = RideOrder.Stage
# A ride for later: what is sooner is a ride for now.
SOONEST, LATEST = timedelta(minutes=15), timedelta(days=7)
# A payment has an id in a confirmation, also where the seller gave it none (ondc.md 7.3).
OWN_PAYMENT = "UMA-{order}"


@dataclass(frozen=True, slots=True)
class Trip:
    """From where to where, in what, when, and to the outlet of which booking."""

    pickup: Point
    # A rental leads nowhere.
    drop: Point | None
    category: str = ""
    booking_id: UUID | None = None
    via: tuple[Point, ...] = ()
    at: datetime | None = None
    # Asked for by a woman; sellers are told that she is one, and nothing else of her.
    woman_driver: bool = False

    @property
    def way(self) -> list[Point]:
        return [self.pickup, *self.via, *([self.drop] if self.drop else [])]


@transaction.atomic(durable=True)
def search_rides(
    *, rider_id: UUID, zone_code: str, city: str, trip: Trip, voice: Voice, now: datetime
) -> list[OutboundMessage]:
    """
    Begin a journey: the broadcast question, once in each version that sellers here speak and that knows it.

    Raises:
        BookingNotFound: the trip would lead to somebody else's booking
        TripNotOffered: no version that is spoken here knows rentals, stops between or who is to drive; or its time
            is not ahead
    """
    is_rental = trip.drop is None
    if trip.at is not None and not now + SOONEST <= trip.at <= now + LATEST:
        raise TripNotOffered
    spoken = [profile(domain=rides.DOMAIN, version=version) for version in voice.versions]
    if is_rental or trip.via:
        spoken = [each for each in spoken if each.has_category]
    if trip.woman_driver:
        # Who cannot be asked for her is not asked: an offer without the promise is not what was wished for.
        spoken = [each for each in spoken if each.has_woman_driver]
    if not spoken:
        raise TripNotOffered
    first = open_search(
        rider_id=rider_id,
        zone_code=zone_code,
        domain=rides.DOMAIN,
        city=city,
        pickup=trip.pickup,
        drop=trip.drop,
        vehicle_category=trip.category,
        booking_id=trip.booking_id,
        scheduled_at=trip.at,
        via=trip.via,
        is_rental=is_rental,
        now=now,
    )
    wish = Wish(
        way=trip.way,
        at=trip.at,
        is_rental=is_rental,
        vehicle=trip.category,
        woman_driver=trip.woman_driver,
    )
    said: list[OutboundMessage] = []
    for each in spoken:
        question = ask(journey=first.transaction, action="search", now=now) if said else first
        message = rides.search(each, wish=wish, terms=voice.terms)
        said.append(
            say(question=question, message=message, version=each.version, voice=voice, now=now)
        )
    return said


@transaction.atomic(durable=True)
def select_ride(
    *,
    transaction_id: UUID,
    rider_id: UUID,
    bpp_id: str,
    item_id: str,
    fulfillment_id: str,
    voice: Voice,
    now: datetime,
    bid_paise: int | None = None,
) -> OutboundMessage:
    """
    Choose an offer and ask its seller for a quote; a bid offers more than its catalogue asks.

    Raises:
        SearchNotFound, OfferNotFound, OfferExpired, RideOrderUnderway
        BidNotTaken: this seller takes no bids, or it is not between the price and its highest
    """
    # Another rider's journey has no offers: whether it exists is nobody's business.
    offer = (
        Offer.objects.filter(
            transaction_id=transaction_id,
            transaction__rider_id=rider_id,
            transaction__domain=rides.DOMAIN,
            bpp_id=bpp_id,
            item_id=item_id,
            fulfillment_id=fulfillment_id,
        )
        .order_by("-version")
        .first()
    )
    if offer is None:
        raise OfferNotFound
    if bid_paise is not None:
        _check_bid(offer, bid_paise)
    question = choose_offer(
        transaction_id=transaction_id,
        rider_id=rider_id,
        offer_id=offer.pk,
        bid_paise=bid_paise,
        now=now,
        ttl=manners(bpp_id).quote_within,
    )
    order = question.order
    assert order is not None
    message = rides.select(offered=_offered(order), bid=_bid(order))
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


@transaction.atomic(durable=True)
def init_ride(*, which: Which, rider: Person, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Tell the seller who rides and ask for its terms.

    Raises:
        RideOrderNotFound, RideOrderNotReady, OfferExpired
    """
    order = which.lock()
    if order.stage not in {Stage.QUOTED, Stage.READY}:
        raise RideOrderNotReady(stage=order.stage)
    refuse_stale(order, now=now)
    spoken = profile(domain=order.transaction.domain, version=order.version)
    message = rides.init(spoken, booked=_booked(order, rider), terms=voice.terms)
    order.stage, order.changed_at = Stage.QUOTED, now
    order.save(update_fields=["stage", "changed_at"])
    question = ask(journey=order.transaction, action="init", order=order, now=now, ttl=TTL)
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


@transaction.atomic(durable=True)
def confirm_ride(
    *, which: Which, fare_paise: int | None, voice: Voice, now: datetime
) -> OutboundMessage:
    """
    Order the ride: once for ever; asked again, the answer is the same message.

    `fare_paise` is what the rider saw; without it only a fare that did not rise since it was chosen.

    Raises:
        RideOrderNotFound, RideOrderNotReady, OfferExpired, QuoteChanged
    """
    order = which.lock()
    said = OutboundMessage.objects.filter(order=order, action="confirm").first()
    if said is not None and said.body:
        return said
    if order.stage != Stage.READY:
        raise RideOrderNotReady(stage=order.stage)
    refuse_stale(order, now=now)
    _refuse_risen(order, seen_paise=fare_paise)
    spoken = profile(domain=order.transaction.domain, version=order.version)
    message = rides.confirm(
        spoken,
        booked=_booked(order, rider_of(order)),
        terms=voice.terms,
        payment_id=order.payment_id or OWN_PAYMENT.format(order=order.pk.hex[:12]),
        sellers_terms=order.seller_terms,
    )
    order.stage, order.changed_at = Stage.CONFIRMING, now
    order.finder_fee_bps = voice.terms.finder_fee_bps
    order.save(update_fields=["stage", "changed_at", "finder_fee_bps"])
    question = ask(journey=order.transaction, action="confirm", order=order, now=now, ttl=TTL)
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


def rider_of(order: RideOrder) -> Person:
    """Return the rider as init named them: the network wants the same name and number again."""
    said = OutboundMessage.objects.filter(order=order, action="init").order_by("-said_at").first()
    assert said is not None, "an order whose seller told its terms was asked for them"
    asked = json.loads(said.body)["message"]["order"]
    customer = asked["fulfillments"][0]["customer"]
    return Person(name=customer["person"]["name"], phone=customer["contact"]["phone"])


def _offered(order: RideOrder) -> Offered:
    return Offered(order.provider_id, order.item_id, order.fulfillment_id)


def _booked(order: RideOrder, rider: Person) -> Booked:
    journey: Transaction = order.transaction
    assert order.fare_paise is not None, "a quoted order has a fare"
    return Booked(
        offered=_offered(order),
        rider=rider,
        way=[
            Point.parse(place)
            for place in (journey.pickup, *journey.via.split("|"), journey.drop)
            if place
        ],
        vehicle=order.vehicle_category,
        variant=order.vehicle_variant,
        fare_paise=order.fare_paise,
        bid=_bid(order),
        at=journey.scheduled_at,
        woman_driver=order.offer is not None and order.offer.woman_driver,
    )


def _bid(order: RideOrder) -> str:
    return "" if order.bid_paise is None else money(order.bid_paise)


def _check_bid(offer: Offer, bid_paise: int) -> None:
    spoken = profile(domain=rides.DOMAIN, version=offer.version)
    highest = offer.maximum_paise or 0
    if not spoken.has_category or not offer.price_paise < bid_paise <= highest:
        raise BidNotTaken


def refuse_stale(order: RideOrder, *, now: datetime) -> None:
    """
    Refuse an order whose quote has run out.

    Raises:
        OfferExpired
    """
    if order.quote_valid_until is not None and order.quote_valid_until <= now:
        raise OfferExpired


def _refuse_risen(order: RideOrder, *, seen_paise: int | None) -> None:
    """A rider pays what they saw, or less: the network's sellers may change a price on the way."""
    assert order.fare_paise is not None, "an order whose seller told its terms has a fare"
    if seen_paise is None:
        chosen = Quote.objects.filter(order=order, action="on_select").order_by("-told_at").first()
        seen_paise = order.fare_paise if chosen is None else chosen.price_paise
    if order.fare_paise > seen_paise:
        raise QuoteChanged(fare_paise=order.fare_paise, seen_paise=seen_paise)
