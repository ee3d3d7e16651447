"""
A journey begins, an offer is chosen, a question is noted: what the outgoing side writes with what it sends.

All join the caller's transaction, so that a request is on record exactly when its question is, and a
callback that comes back before the request's own answer finds it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.ondc.errors import OfferExpired, OfferNotFound, RideOrderUnderway, SearchNotFound
from apps.ondc.logged import note
from apps.ondc.models import Offer, Question, RideOrder, Transaction
from apps.rides import selectors as rides
from uma.kernel.geo import Point

TTL = timedelta(seconds=30)
# Before the seller was told to go ahead, another of its offers may be chosen instead.
OPEN_STAGES = frozenset({RideOrder.Stage.SELECTED, RideOrder.Stage.QUOTED, RideOrder.Stage.READY})


@transaction.atomic
def open_search(
    *,
    rider_id: UUID,
    zone_code: str,
    domain: str,
    city: str,
    pickup: Point | None,
    drop: Point | None,
    now: datetime,
    vehicle_category: str = "",
    scheduled_at: datetime | None = None,
    via: Sequence[Point] = (),
    is_rental: bool = False,
    booking_id: UUID | None = None,
    asked_count: int | None = None,
    ttl: timedelta = TTL,
) -> Question:
    """
    Begin a journey and note its broadcast search; `question.transaction` is the journey.

    `asked_count` is how many sellers the registry lists, so that a rider reads "3 of 5 providers answered".

    Raises:
        BookingNotFound: the journey would lead to somebody else's booking, or to none
    """
    if booking_id is not None:
        rides.of_rider(booking_id=booking_id, rider_id=rider_id)
    journey = Transaction.objects.create(
        rider_id=rider_id,
        booking_id=booking_id,
        zone_code=zone_code,
        domain=domain,
        city=city,
        pickup=_written(pickup),
        drop=_written(drop),
        via="|".join(map(str, via)),
        is_rental=is_rental,
        vehicle_category=vehicle_category,
        scheduled_at=scheduled_at,
        opened_at=now,
        closes_at=now + ttl,
        asked_count=asked_count,
    )
    note(journey)
    return ask(journey=journey, action="search", now=now, ttl=ttl)


@transaction.atomic
def ask(
    *,
    journey: Transaction,
    action: str,
    now: datetime,
    order: RideOrder | None = None,
    bpp_id: str = "",
    ttl: timedelta = TTL,
) -> Question:
    """Note one request of ours under a fresh message id; without an order it needs whom it asks."""
    return Question.objects.create(
        transaction=journey,
        order=order,
        action=action,
        bpp_id=order.bpp_id if order else bpp_id,
        asked_at=now,
        until=now + ttl,
    )


@transaction.atomic
def choose_offer(
    *,
    transaction_id: UUID,
    rider_id: UUID,
    offer_id: UUID,
    now: datetime,
    ttl: timedelta = TTL,
    bid_paise: int | None = None,
) -> Question:
    """
    Order what was offered, up to the quote; `question.order` is the order.

    Another offer of the same seller takes the place of one that was not confirmed.

    Raises:
        SearchNotFound, OfferNotFound, OfferExpired, RideOrderUnderway
    """
    journey = (
        Transaction.objects.select_for_update(no_key=True)
        .filter(pk=transaction_id, rider_id=rider_id)
        .first()
    )
    if journey is None:
        raise SearchNotFound
    note(journey)
    offer = Offer.objects.filter(pk=offer_id, transaction=journey).first()
    if offer is None:
        raise OfferNotFound
    if offer.valid_until <= now:
        raise OfferExpired
    order = _order_of(offer, bid_paise=bid_paise, now=now)
    return ask(journey=journey, action="select", order=order, now=now, ttl=ttl)


def _order_of(offer: Offer, *, bid_paise: int | None, now: datetime) -> RideOrder:
    ids = {
        "offer": offer,
        "bpp_uri": offer.bpp_uri,
        "version": offer.version,
        "provider_id": offer.provider_id,
        "item_id": offer.item_id,
        "fulfillment_id": offer.fulfillment_id,
        "vehicle_category": offer.vehicle_category,
        "vehicle_variant": offer.vehicle_variant,
        "stage": RideOrder.Stage.SELECTED,
        "fare_paise": None,
        "bid_paise": bid_paise,
        "quote_valid_until": None,
        "changed_at": now,
    }
    # Orders of a journey that are made at once wait at its row, which the caller has locked.
    orders = RideOrder.objects.select_for_update(no_key=True)
    order = orders.filter(transaction_id=offer.transaction_id, bpp_id=offer.bpp_id).first()
    if order is None:
        return RideOrder.objects.create(
            transaction_id=offer.transaction_id, bpp_id=offer.bpp_id, created_at=now, **ids
        )
    if order.stage not in OPEN_STAGES:
        raise RideOrderUnderway(stage=order.stage)
    for name, value in ids.items():
        setattr(order, name, value)
    order.save(update_fields=list(ids))
    return order


def _written(place: Point | None) -> str:
    return "" if place is None else str(place)
