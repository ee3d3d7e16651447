"""What a rider does about a ride: chooses, books, follows, calls off, rates. Each is one call, as the API makes it."""

import functools
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.ondc import services, tasks
from apps.ondc.errors import RideOrderNotReady
from apps.ondc.models import OutboundMessage, RideOrder
from apps.ondc.services import Which
from apps.rider.journeys import Ride
from apps.rider.pages.rides import look, shown, whole
from apps.rider.ride_words import CANCEL_REASONS
from apps.rider.visiting import Visitor, fragment, page
from apps.rider.wordings import refusal_words
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue

LONGEST_NAME, LONGEST_ID = 120, 255
_DIGITS = 12
_BY_MISTAKE = "005"
Act = Callable[[HttpRequest, Visitor, UUID], str]


def act(view: Act) -> Callable[..., HttpResponse]:
    """
    Serve an act that answers with the ride as it stands then, and with what was refused, if anything.

    The act returns what is said to the rider about it, or nothing where the page says it.
    """

    @page("POST")
    @functools.wraps(view)
    def served(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
        done = why = ""
        status: int = HTTPStatus.OK
        try:
            done = view(request, visitor, journey_id)
        except DomainError as refusal:
            why, status = refusal_words(refusal), refusal.status
        if "HX-Request" not in request.headers:
            if why:
                found = look(visitor, journey_id)
                return whole(request, visitor, found, why=why, status=status)
            response = redirect("rider-ride", journey_id=journey_id)
            response.status_code = HTTPStatus.SEE_OTHER
            return response
        facts = shown(visitor, look(visitor, journey_id), why=why, done=done)
        return fragment(request, "parts/ride", facts, status=status)

    return served


@act
def choose(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Choose an offer: its seller looks for a driver and says the price."""
    _hand_on(
        services.select_ride(
            transaction_id=journey_id,
            rider_id=visitor.rider_id,
            bpp_id=request.POST.get("bpp", "")[:LONGEST_ID],
            item_id=request.POST.get("item", "")[:LONGEST_ID],
            fulfillment_id=request.POST.get("fulfillment", "")[:LONGEST_ID],
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


@act
def terms(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Tell the seller who rides; the page asks so by itself when the price has come."""
    found = look(visitor, journey_id)
    if found.phase != "quoted" or not found.must_ask_terms:
        # Another screen of the rider's was faster.
        return ""
    name = request.POST.get("name", "").strip()[:LONGEST_NAME]
    _hand_on(
        services.init_ride(
            which=_which(visitor, found),
            rider=services.rider_as(rider_id=visitor.rider_id, name=name),
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


@act
def confirm(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Book the ride at the fare that the rider saw."""
    found = look(visitor, journey_id)
    _hand_on(
        services.confirm_ride(
            which=_which(visitor, found),
            fare_paise=_number(request.POST.get("fare", "")),
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


@page("POST")
def track(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Ask where the driver is; the answer comes as news of the ride."""
    del request
    found = look(visitor, journey_id)
    if found.phase == "riding":
        try:
            said = services.ask_track(
                which=_which(visitor, found), voice=services.our_voice(), now=timezone.now()
            )
        except RideOrderNotReady:
            # It ended meanwhile, which is news by itself.
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        _hand_on(said)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@act
def status(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Ask the seller how the ride stands, for whoever thinks that the page is behind."""
    del request
    which = _which(visitor, look(visitor, journey_id))
    _hand_on(services.ask_status(which=which, voice=services.our_voice(), now=timezone.now()))
    return _("Asked. What they say stands here in a moment.")


@act
def cancel(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Ask what calling the ride off costs; with the fee that was shown, call it off."""
    reason = request.POST.get("reason", "")
    _hand_on(
        services.cancel_ride(
            which=_which(visitor, look(visitor, journey_id)),
            reason=reason if reason in CANCEL_REASONS else _BY_MISTAKE,
            charge_paise=_number(request.POST.get("charge", "")),
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


@act
def rate(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Rate a ride that is over."""
    stars = _number(request.POST.get("stars", "")) or 0
    which = _which(visitor, look(visitor, journey_id))
    if stars not in range(1, 6):
        return ""
    _hand_on(
        services.rate_ride(
            which=which,
            stars=stars,
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return _("Thank you. The ride company has your rating.")


def _which(visitor: Visitor, found: Ride) -> Which:
    """
    Return the order that counts.

    Raises:
        RideOrderNotReady: nothing was chosen
    """
    order: RideOrder | None = found.order
    if order is None:
        raise RideOrderNotReady(stage=found.phase)
    return Which(found.view.journey.pk, visitor.rider_id, order.bpp_id)


def _hand_on(message: OutboundMessage) -> None:
    enqueue(tasks.deliver, outbound_id=str(message.pk))


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_number else None
