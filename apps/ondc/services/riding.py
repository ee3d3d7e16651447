"""What a rider asks for while there is an order: where the driver is, to cancel, to rate, to be helped."""

import json
from datetime import datetime, timedelta

from django.db import transaction

from apps.ondc.errors import (
    CancellationNotAsked,
    ChangeNotOffered,
    RideOrderNotReady,
)
from apps.ondc.models import OutboundMessage, Quote, RideOrder
from apps.ondc.outgoing import orders
from apps.ondc.outgoing.context import TTL, Json
from apps.ondc.outgoing.forms import Stop, gps, money
from apps.ondc.outgoing.orders import Line, Step
from apps.ondc.outgoing.profiles import Profile, profile
from apps.ondc.services.asking import ask
from apps.ondc.services.finding import Which
from apps.ondc.services.saying import say
from apps.ondc.voice import Voice
from uma.kernel.geo import Point

Stage = RideOrder.Stage
TRACK_PAUSE = timedelta(seconds=3)
TIP = "BUYER_ADDITIONAL_AMOUNT"


@transaction.atomic(durable=True)
def ask_status(*, which: Which, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Ask how the order stands.

    Raises:
        RideOrderNotFound, RideOrderNotReady
    """
    order = which.lock_numbered(Stage.CONFIRMING, Stage.ACTIVE, Stage.COMPLETED, Stage.CANCELLED)
    return say_about(order, "status", orders.status(order_id=order.number), voice=voice, now=now)


@transaction.atomic(durable=True)
def ask_track(*, which: Which, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Ask where the driver is; asked again at once, the answer is the same message.

    Raises:
        RideOrderNotFound, RideOrderNotReady
    """
    order = which.lock_numbered(Stage.ACTIVE)
    # Many taps and several screens: the seller is asked every few seconds at the most.
    asked = OutboundMessage.objects.filter(
        order=order, action="track", question__asked_at__gt=now - TRACK_PAUSE, body__blank=False
    )
    if (said := asked.order_by("-said_at").first()) is not None:
        return said
    return say_about(order, "track", orders.track(order_id=order.number), voice=voice, now=now)


@transaction.atomic(durable=True)
def cancel_ride(
    *, which: Which, reason: str, charge_paise: int | None, voice: Voice, now: datetime
) -> OutboundMessage:
    """
    Ask what cancelling costs, or, once the rider saw it, cancel at that charge.

    `charge_paise` is what the rider agreed to; None asks. A charge is never agreed to for the rider.

    Raises:
        RideOrderNotFound, RideOrderNotReady
        CancellationNotAsked: nothing was asked, it is too long ago, or the charge is another
    """
    order = which.lock_numbered(Stage.CONFIRMING, Stage.ACTIVE)
    step = Step.ASK if charge_paise is None else Step.CONFIRM
    if step is Step.CONFIRM and not is_agreed(order, charge_paise, now=now):
        raise CancellationNotAsked
    message = orders.cancel(order_id=order.number, reason=reason, step=step)
    return say_about(order, "cancel", message, voice=voice, now=now)


@transaction.atomic(durable=True)
def move_drop(
    *, which: Which, drop: Point, confirmed: bool, voice: Voice, now: datetime
) -> OutboundMessage:
    """
    Ask what another drop would cost, or change it.

    Raises:
        RideOrderNotFound, RideOrderNotReady
        ChangeNotOffered: not by this seller's version, or it was not asked about before
    """
    order = which.lock_numbered(Stage.ACTIVE)
    spoken = _spoken(order)
    is_asked = order.proposal == RideOrder.Proposal.UPDATE and _is_fresh(order, now=now)
    if not spoken.has_updates or (confirmed and not (is_asked and _asked_about(order, drop))):
        raise ChangeNotOffered
    message = orders.change_stops(
        spoken,
        order_id=order.number,
        fulfillment_id=order.fulfillment_id,
        stops=[_last_stop(order, drop)],
        confirmed=confirmed,
    )
    return say_about(order, "update", message, voice=voice, now=now)


@transaction.atomic(durable=True)
def tip_driver(*, which: Which, tip_paise: int, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Add a tip to the fare of a ride that is over.

    Raises:
        RideOrderNotFound, RideOrderNotReady
        ChangeNotOffered: not by this seller's version, or a tip was given already
    """
    order = which.lock_numbered(Stage.ACTIVE, Stage.COMPLETED)
    told = Quote.objects.filter(order=order).order_by("-told_at").first()
    lines = [] if told is None else [Line(each["title"], each["value"]) for each in told.lines]
    is_tipped = any(line.title == TIP for line in lines)
    if not _spoken(order).has_updates or told is None or is_tipped or not lines:
        raise ChangeNotOffered
    if order.ride_state != "RIDE_ENDED":
        raise RideOrderNotReady(stage=order.stage)
    message = orders.tip(
        order_id=order.number,
        total=money(told.price_paise + tip_paise),
        lines=lines,
        tip=money(tip_paise),
    )
    return say_about(order, "update", message, voice=voice, now=now)


@transaction.atomic(durable=True)
def rate_ride(*, which: Which, stars: int, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Rate a ride that is over.

    Raises:
        RideOrderNotFound, RideOrderNotReady
    """
    order = which.lock_numbered(Stage.ACTIVE, Stage.COMPLETED)
    if order.ride_state != "RIDE_ENDED":
        raise RideOrderNotReady(stage=order.stage)
    message = orders.rating(
        _spoken(order), kind="FULFILLMENT", rated_id=order.fulfillment_id, stars=stars
    )
    return say_about(order, "rating", message, voice=voice, now=now)


@transaction.atomic(durable=True)
def ask_support(*, which: Which, voice: Voice, now: datetime) -> OutboundMessage:
    """
    Ask the seller whom the rider may call.

    Raises:
        RideOrderNotFound, RideOrderNotReady
    """
    order = which.lock_numbered(Stage.CONFIRMING, Stage.ACTIVE, Stage.COMPLETED, Stage.CANCELLED)
    return say_about(order, "support", orders.support(order_id=order.number), voice=voice, now=now)


def say_about(
    order: RideOrder, action: str, message: Json, *, voice: Voice, now: datetime
) -> OutboundMessage:
    """Note a question about an order and write it down, in the caller's transaction."""
    question = ask(journey=order.transaction, action=action, order=order, now=now, ttl=TTL)
    return say(question=question, message=message, version=order.version, voice=voice, now=now)


def _last_stop(order: RideOrder, drop: Point) -> Stop:
    """Return the new end of the way, named as in the search where stops lie between."""
    between = order.transaction.via.count("|") + bool(order.transaction.via)
    if not between:
        return Stop("END", place=drop)
    return Stop("END", place=drop, id=str(between + 2), parent=str(between + 1))


def _asked_about(order: RideOrder, drop: Point) -> bool:
    """Say whether the drop is the one whose fare was shown: the newest that was asked about."""
    said = OutboundMessage.objects.filter(order=order, action="update").order_by("-said_at").first()
    if said is None or not said.body:
        return False
    asked = json.loads(said.body)["message"]["order"].get("fulfillments", [{}])
    return bool(asked[0].get("stops", [{}])[-1].get("location", {}).get("gps") == gps(drop))


def _spoken(order: RideOrder) -> Profile:
    return profile(domain=order.transaction.domain, version=order.version)


def is_agreed(order: RideOrder, charge_paise: int | None, *, now: datetime) -> bool:
    """Say whether the charge is the one that was shown, and lately."""
    asked = order.proposal == RideOrder.Proposal.CANCEL and _is_fresh(order, now=now)
    return asked and order.proposal_paise == charge_paise


def _is_fresh(order: RideOrder, *, now: datetime) -> bool:
    return order.proposal_until is not None and now < order.proposal_until
