"""One trip by metro or bus: chosen, paid on Razorpay's page, shown, boarded, given back. Each act is one call."""

import functools
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.accounts import selectors as accounts
from apps.ondc import selectors, services, tasks
from apps.ondc.errors import RideOrderNotReady
from apps.ondc.models import OutboundMessage
from apps.ondc.services import TRANSIT, Which
from apps.payments import services as payments
from apps.rider.live import one_thing
from apps.rider.pages.travel import INDIA
from apps.rider.trip_words import trip_refusal_words
from apps.rider.trips import Trip, trip_of
from apps.rider.visiting import Visitor, fragment, page, show
from uma.kernel.errors import DomainError
from uma.kernel.http.checkout import checkout
from uma.kernel.queue import enqueue

LONGEST_NAME, LONGEST_ID = 120, 255
_DIGITS = 12
# As the API takes it: what stands on a bus.
_REGISTRATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 \-]{3,14}", re.ASCII)
Act = Callable[[HttpRequest, Visitor, UUID], str]


class NotLikeThis(Exception):
    """What a rider wrote cannot be meant; says why, in their language."""


def look(visitor: Visitor, journey_id: UUID) -> Trip:
    """
    Return the rider's trip as it stands.

    Raises:
        SearchNotFound
    """
    now = timezone.now()
    view = selectors.ticket_journey_of(
        transaction_id=journey_id, rider_id=visitor.rider_id, now=now
    )
    return trip_of(view, now=now)


@page()
def trip(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Show one trip: its price, the payment, the tickets, and what came back."""
    found = look(visitor, journey_id)
    return _whole(request, visitor, found, came="paid" in request.GET)


@page(live=True)
def state(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Show what has become of the trip since the page was opened."""
    return fragment(request, "parts/trip", _shown(visitor, look(visitor, journey_id)))


@page(live=True)
def events(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Tell that the trip changed since the reader's last id."""
    return one_thing(request, "trip", look(visitor, journey_id).mark)


def _whole(
    request: HttpRequest,
    visitor: Visitor,
    found: Trip,
    *,
    why: str = "",
    came: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    facts = {
        **_shown(visitor, found, why=why, came=came),
        "live_url": reverse("rider-trip-events", args=[found.view.trip.transaction_id]),
        "since": found.mark,
        "topics": "trip",
    }
    return show(request, "trip", facts, visitor=visitor, tab="ticket", status=status)


def _shown(
    visitor: Visitor, found: Trip, *, why: str = "", done: str = "", came: bool = False
) -> dict[str, object]:
    """Return what the page says; `came` is for whoever comes back from the payment."""
    return {
        "trip": found,
        "id": found.view.trip.transaction_id,
        "order": found.order,
        "purse": found.purse,
        "named": bool(accounts.person(user_id=visitor.rider_id).display_name),
        "why": why,
        "done": done,
        "came": came,
        "zone": INDIA,
    }


def act(view: Act) -> Callable[..., HttpResponse]:
    """
    Serve an act that answers with the trip as it stands then, and with what was refused, if anything.

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
            why, status = trip_refusal_words(refusal), refusal.status
        except NotLikeThis as wrong:
            why, status = str(wrong), HTTPStatus.UNPROCESSABLE_ENTITY
        if "HX-Request" in request.headers:
            facts = _shown(visitor, look(visitor, journey_id), why=why, done=done)
            return fragment(request, "parts/trip", facts, status=status)
        if why:
            return _whole(request, visitor, look(visitor, journey_id), why=why, status=status)
        response = redirect("rider-trip", journey_id=journey_id)
        response.status_code = HTTPStatus.SEE_OTHER
        return response

    return served


@act
def choose(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Choose so many tickets of a kind: the company says what they cost."""
    _hand_on(
        services.select_tickets(
            transaction_id=journey_id,
            rider_id=visitor.rider_id,
            bpp_id=request.POST.get("bpp", "")[:LONGEST_ID],
            item_id=request.POST.get("item", "")[:LONGEST_ID],
            fulfillment_id=request.POST.get("fulfillment", "")[:LONGEST_ID],
            count=_number(request.POST.get("count", "")) or 0,
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


@act
def terms(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Tell the company who travels; the page asks so by itself when the price has come."""
    found = look(visitor, journey_id)
    if found.phase != "quoted" or not found.must_ask_terms:
        # Another screen of the rider's was faster.
        return ""
    name = request.POST.get("name", "").strip()[:LONGEST_NAME]
    _hand_on(
        services.init_tickets(
            which=_which(visitor, found),
            rider=services.rider_as(rider_id=visitor.rider_id, name=name),
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


@page("POST")
def pay(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Begin the payment at the fare that the rider saw, and send the browser on to it."""
    now = timezone.now()
    found = look(visitor, journey_id)
    try:
        begun = services.pay_tickets(
            which=_which(visitor, found),
            fare_paise=_number(request.POST.get("fare", "")) or 0,
            now=now,
        )
        ordered = payments.order_prepayment_at_razorpay(prepayment_id=begun.pk, now=now)
    except DomainError as refusal:
        why = trip_refusal_words(refusal)
        again = look(visitor, journey_id)
        return _whole(request, visitor, again, why=why, status=refusal.status)
    way = found.view.trip
    form = checkout(
        request,
        order_id=ordered.order_id or "",
        amount_paise=ordered.amount_paise,
        description=_("Tickets from %(start)s to %(end)s")
        % {"start": way.from_name, "end": way.to_name},
        back=reverse("rider-trip-paid", args=[journey_id]),
        cancelled=reverse("rider-trip", args=[journey_id]),
    )
    return show(request, "checkout", {"checkout": form}, policy=form.policy)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def paid(request: HttpRequest, journey_id: UUID) -> HttpResponse:
    """
    Take back whoever comes from the checkout; what it says about the payment is not believed.

    Razorpay sends the browser with a POST of its own page, so there is no CSRF token, and nothing here
    is changed.
    """
    told = {**request.GET.dict(), **request.POST.dict()}
    declined = any(name.startswith("error") for name in told)
    page_of = reverse("rider-trip", args=[journey_id])
    return redirect(page_of if declined else f"{page_of}?paid=1")


@act
def confirm(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Look whether the money is there, and order the tickets; a job would do it a little later."""
    del request
    now = timezone.now()
    found = look(visitor, journey_id)
    if found.phase not in {"paying", "confirming"}:
        # They were ordered meanwhile.
        return ""
    which = _which(visitor, found)
    payment_id = services.payment_to_look_at(which=which)
    if payment_id is not None:
        payments.look_at_razorpay(prepayment_id=payment_id, now=now)
    _hand_on(services.confirm_tickets(which=which, voice=services.our_voice(), now=now))
    return ""


@act
def status(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Ask the company how the tickets stand, for whoever thinks that the page is behind."""
    del request
    which = _which(visitor, look(visitor, journey_id))
    _hand_on(services.ask_status(which=which, voice=services.our_voice(), now=timezone.now()))
    return _("Asked. What they say stands here in a moment.")


@act
def board(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Tell the number of the bus that was boarded, which makes the ticket good."""
    number = request.POST.get("number", "").strip()
    which = _which(visitor, look(visitor, journey_id))
    if not _REGISTRATION.fullmatch(number):
        raise NotLikeThis(_("Write the number as it stands on the bus, such as KA20 AB 1234."))
    _hand_on(
        services.board_bus(
            which=which,
            ticket_id=_uuid(request.POST.get("ticket", "")),
            registration=number,
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return _("Told. Your ticket is good for this bus in a moment.")


@act
def cancel(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> str:
    """Ask what giving the tickets back costs; with the charge that was shown, give them back."""
    _hand_on(
        services.cancel_tickets(
            which=_which(visitor, look(visitor, journey_id)),
            charge_paise=_number(request.POST.get("charge", "")),
            voice=services.our_voice(),
            now=timezone.now(),
        )
    )
    return ""


def _which(visitor: Visitor, found: Trip) -> Which:
    """
    Return the order that counts.

    Raises:
        RideOrderNotReady: nothing was chosen
    """
    if found.order is None:
        raise RideOrderNotReady(stage=found.phase)
    return Which(
        found.view.trip.transaction_id, visitor.rider_id, found.order.bpp_id, domain=TRANSIT
    )


def _hand_on(message: OutboundMessage) -> None:
    enqueue(tasks.deliver, outbound_id=str(message.pk))


def _number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_number else None


def _uuid(text: str) -> UUID:
    """Return an id; what is none is the id of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
