"""
Tickets are bought: chosen, agreed with their seller, paid in advance, and ordered by one message for ever.

The order goes out when the money is held, and never before; money for an order that is not what was paid
for any more is let go by the same step. The rider's order is locked before its payment, always.
"""

import json
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.ondc import purse
from apps.ondc.errors import (
    OfferExpired,
    OfferNotFound,
    QuoteChanged,
    RideOrderNotReady,
    TicketCountNotOffered,
    TicketsNotPaid,
)
from apps.ondc.models import Offer, OutboundMessage, Quote, RideOrder, TicketTrip
from apps.ondc.outgoing import transit
from apps.ondc.outgoing.context import TTL
from apps.ondc.outgoing.forms import Person, money
from apps.ondc.outgoing.profiles import profile
from apps.ondc.outgoing.transit import Paid, Settling, Tickets
from apps.ondc.services.asking import ask, choose_offer
from apps.ondc.services.finding import Which
from apps.ondc.services.ordering import OWN_PAYMENT, refuse_stale
from apps.ondc.services.saying import give_up, say
from apps.ondc.services.travelling import terms_of
from apps.ondc.voice import Voice
from apps.payments import selectors as payments_read
from apps.payments import services as payments
from apps.payments.models import Prepayment
from uma.kernel.errors import DomainError
from uma.kernel.money import share_bps

Stage = RideOrder.Stage
# Of sellers that leave it to us (ondc.md 7.3): a month's invoice.
WINDOW, BASIS = "P30D", "INVOICE_RECEIPT"
MOST_COUNT = 100


@transaction.atomic(durable=True)
def select_tickets(
    *,
    transaction_id: UUID,
    rider_id: UUID,
    bpp_id: str,
    item_id: str,
    fulfillment_id: str,
    count: int,
    voice: Voice,
    now: datetime,
) -> OutboundMessage:
    """
    Choose so many of one kind of ticket and ask what they cost.

    Raises:
        OfferNotFound, OfferExpired, RideOrderUnderway
        TicketCountNotOffered: fewer or more than this seller sells at once
    """
    offer = Offer.objects.filter(
        transaction_id=transaction_id,
        transaction__rider_id=rider_id,
        transaction__domain=transit.DOMAIN,
        bpp_id=bpp_id,
        item_id=item_id,
        fulfillment_id=fulfillment_id,
    ).first()
    if offer is None:
        raise OfferNotFound
    least, most = offer.least_count or 1, offer.most_count or MOST_COUNT
    if not least <= count <= most:
        raise TicketCountNotOffered(least=least, most=most)
    question = choose_offer(
        transaction_id=transaction_id, rider_id=rider_id, offer_id=offer.pk, now=now
    )
    order = question.order
    assert order is not None
    TicketTrip.objects.filter(transaction_id=transaction_id).update(
        count=count, fulfillment_ids=[], settlement_window="", settlement_basis=""
    )
    message = transit.select(tickets=Tickets(order.provider_id, order.item_id, count))
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


@transaction.atomic(durable=True)
def init_tickets(*, which: Which, rider: Person, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Tell the seller who travels and ask for its terms.

    Raises:
        RideOrderNotFound, RideOrderNotReady, OfferExpired
    """
    order = which.lock()
    if order.stage not in {Stage.QUOTED, Stage.READY}:
        raise RideOrderNotReady(stage=order.stage)
    refuse_stale(order, now=now)
    trip = TicketTrip.objects.get(transaction_id=order.transaction_id)
    message = transit.init(
        profile(domain=transit.DOMAIN, version=order.version),
        mode=trip.mode,
        tickets=_tickets(order, trip),
        rider=rider,
        terms=terms_of(voice),
        settling=_settling(order, trip, voice),
    )
    order.stage, order.changed_at = Stage.QUOTED, now
    order.save(update_fields=["stage", "changed_at"])
    question = ask(journey=order.transaction, action="init", order=order, now=now, ttl=TTL)
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


@transaction.atomic(durable=True)
def pay_tickets(*, which: Which, fare_paise: int, now: datetime) -> Prepayment:
    """
    Record that the rider is to pay for tickets whose seller told its terms; asked again, it is the same.

    `fare_paise` is what the rider saw: no more than that is asked for.

    Raises:
        RideOrderNotFound, RideOrderNotReady, OfferExpired, QuoteChanged, PrepaymentTooSmall,
        PrepaymentUnderway
    """
    order = which.lock()
    if order.stage != Stage.READY or order.fare_paise is None:
        raise RideOrderNotReady(stage=order.stage)
    refuse_stale(order, now=now)
    if order.fare_paise > fare_paise:
        raise QuoteChanged(fare_paise=order.fare_paise, seen_paise=fare_paise)
    return payments.begin_prepayment(
        rider_id=which.rider_id,
        zone_code=order.transaction.zone_code,
        purpose=order.pk,
        amount_paise=order.fare_paise,
        now=now,
    )


def payment_to_look_at(*, which: Which) -> UUID | None:
    """
    Return the payment of an order that Razorpay may know more about.

    Raises:
        RideOrderNotFound
    """
    with transaction.atomic(durable=True):
        paid = payments_read.prepayment_of(purpose=which.lock().pk)
    waits = paid is not None and paid.state == Prepayment.State.OPEN
    return paid.pk if paid is not None and waits else None


def confirm_tickets(*, which: Which, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Order what was paid for, once for ever; asked again, the answer is the same message.

    Raises:
        RideOrderNotFound, TicketsNotPaid, RideOrderNotReady
        OfferExpired, QuoteChanged: the money is let go, and the order is over
    """
    return _said(_confirm(which, voice=voice, now=now))


def confirm_paid_tickets(*, voice: Voice, now: datetime, limit: int = 100) -> list[OutboundMessage]:
    """Order what was paid for and nobody ordered yet: the rider's app may be closed by then."""
    said = []
    for purpose in payments_read.held_purposes(limit=limit):
        order = RideOrder.objects.select_related("transaction").filter(pk=purpose).first()
        if order is None:
            continue
        which = Which(
            order.transaction_id, order.transaction.rider_id, order.bpp_id, transit.DOMAIN
        )
        try:
            said.append(_said(_confirm(which, voice=voice, now=now)))
        except DomainError:
            # Let go; the order says why.
            continue
    return said


def _said(found: OutboundMessage | DomainError) -> OutboundMessage:
    if isinstance(found, DomainError):
        raise found
    return found


@transaction.atomic(durable=True)
def _confirm(which: Which, *, voice: Voice, now: datetime) -> OutboundMessage | DomainError:
    """Say the order, or return why not: what is let go then stays let go."""
    order = which.lock()
    said = OutboundMessage.objects.filter(order=order, action="confirm").first()
    if said is not None and said.body:
        return said
    paid = payments_read.prepayment_of(purpose=order.pk)
    if paid is None or paid.state != Prepayment.State.HELD:
        return TicketsNotPaid()
    refusal = _why_not(order, paid, now=now)
    if refusal is not None:
        # What was paid is not for this order any more.
        if order.stage == Stage.READY:
            give_up(order, error_code=refusal.code, now=now)
        else:
            purse.let_go(order, now=now)
        return refusal
    return _say_confirm(order, paid, voice=voice, now=now)


def _why_not(order: RideOrder, paid: Prepayment, *, now: datetime) -> DomainError | None:
    if order.stage != Stage.READY or order.fare_paise is None:
        return RideOrderNotReady(stage=order.stage)
    if order.quote_valid_until is not None and order.quote_valid_until <= now:
        return OfferExpired()
    if order.fare_paise != paid.amount_paise:
        return QuoteChanged(fare_paise=order.fare_paise, seen_paise=paid.amount_paise)
    return None


def _say_confirm(
    order: RideOrder, paid: Prepayment, *, voice: Voice, now: datetime
) -> OutboundMessage:
    trip = TicketTrip.objects.get(transaction_id=order.transaction_id)
    terms = Quote.objects.filter(order=order).order_by("-told_at").first()
    assert terms is not None, "an order whose seller told its terms has a quote"
    order.payment_id = order.payment_id or OWN_PAYMENT.format(order=order.pk.hex[:12])
    message = transit.confirm(
        profile(domain=transit.DOMAIN, version=order.version),
        mode=trip.mode,
        tickets=_tickets(order, trip),
        rider=_rider_of(order),
        terms=terms_of(voice),
        settling=_settling(order, trip, voice),
        paid=Paid(order.payment_id, paid.payment_id or "", terms.price_text),
        sellers_terms=order.seller_terms,
    )
    payments.pledge_prepayment(purpose=order.pk, now=now)
    order.stage, order.changed_at = Stage.CONFIRMING, now
    order.finder_fee_bps = voice.terms.finder_fee_bps
    order.save(update_fields=["stage", "changed_at", "finder_fee_bps", "payment_id"])
    question = ask(journey=order.transaction, action="confirm", order=order, now=now, ttl=TTL)
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


def _tickets(order: RideOrder, trip: TicketTrip) -> Tickets:
    named = trip.fulfillment_ids or ([order.fulfillment_id] if order.fulfillment_id else [])
    return Tickets(order.provider_id, order.item_id, trip.count, tuple(named))


def _settling(order: RideOrder, trip: TicketTrip, voice: Voice) -> Settling:
    assert order.fare_paise is not None, "a quoted order has a fare"
    fee_paise = share_bps(order.fare_paise, voice.terms.finder_fee_bps)
    return Settling(
        amount=money(order.fare_paise - fee_paise),
        window=trip.settlement_window or WINDOW,
        basis=trip.settlement_basis or BASIS,
    )


def _rider_of(order: RideOrder) -> Person:
    """Return the rider as init named them: the network wants the same name and number again."""
    said = OutboundMessage.objects.filter(order=order, action="init").order_by("-said_at").first()
    assert said is not None, "an order whose seller told its terms was asked for them"
    billing = json.loads(said.body)["message"]["order"]["billing"]
    phone = billing["phone"].removeprefix("+91-")
    return Person(name=billing["name"], phone=phone, email=billing.get("email", ""))
