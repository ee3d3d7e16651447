"""What a rider does with tickets that were bought: boards a bus, asks what giving them back costs, gives them back."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from apps.ondc.errors import CancellationNotAsked, ChangeNotOffered, TicketNotFound
from apps.ondc.models import OutboundMessage, RideOrder, Ticket
from apps.ondc.outgoing import orders, transit
from apps.ondc.outgoing.orders import TECHNICAL, Step
from apps.ondc.outgoing.profiles import profile
from apps.ondc.services.finding import Which
from apps.ondc.services.riding import is_agreed, say_about
from apps.ondc.voice import Voice

Stage = RideOrder.Stage
# Booked by mistake: the network has no list of reasons for tickets (ondc.md 16), and this one is everybody's.
REASON = "005"
# The seller decides about a cancellation that it took note of; meanwhile nothing else is asked.
DECIDING = "CANCELLATION_INITIATED"
TAKE_BACK_PAUSE, MOST_TAKE_BACKS = timedelta(seconds=60), 3


@transaction.atomic(durable=True)
def cancel_tickets(
    *, which: Which, charge_paise: int | None, voice: Voice, now: datetime
) -> OutboundMessage:
    """
    Ask what giving tickets back costs, or, once the rider saw it, give them back at that charge.

    Raises:
        RideOrderNotFound, RideOrderNotReady
        CancellationNotAsked: nothing was asked, it is too long ago, or the charge is another
        ChangeNotOffered: the seller is deciding about an earlier one
    """
    order = which.lock_numbered(Stage.ACTIVE)
    if order.status == DECIDING:
        raise ChangeNotOffered
    step = Step.ASK if charge_paise is None else Step.CONFIRM
    if step is Step.CONFIRM:
        if not is_agreed(order, charge_paise, now=now):
            raise CancellationNotAsked
        # What the rider agreed to: no more than this is kept, whatever is said later.
        order.cancel_charge_paise = charge_paise
        order.save(update_fields=["cancel_charge_paise"])
    message = orders.cancel(order_id=order.number, reason=REASON, step=step)
    return say_about(order, "cancel", message, voice=voice, now=now)


@transaction.atomic(durable=True)
def board_bus(
    *, which: Which, ticket_id: UUID, registration: str, voice: Voice, now: datetime
) -> OutboundMessage:
    """
    Tell the seller which bus was boarded, which makes its ticket good.

    Raises:
        RideOrderNotFound, RideOrderNotReady, TicketNotFound
        ChangeNotOffered: not by this seller's version, or not for this ticket
    """
    order = which.lock_numbered(Stage.ACTIVE)
    ticket = Ticket.objects.filter(pk=ticket_id, order=order).first()
    if ticket is None:
        raise TicketNotFound
    spoken = profile(domain=transit.DOMAIN, version=order.version)
    waits = "VEHICLE_NUMBER" in ticket.kind and ticket.status == "UNCLAIMED"
    if not spoken.has_updates or not waits or not ticket.fulfillment_id:
        raise ChangeNotOffered
    message = transit.board(
        spoken, order_id=order.number, ticket_id=ticket.fulfillment_id, registration=registration
    )
    return say_about(order, "update", message, voice=voice, now=now)


def take_back_unpaid(*, voice: Voice, now: datetime, limit: int = 100) -> list[OutboundMessage]:
    """
    Cancel, at no charge, what a seller has of ours though its money was let go; return what is to be sent.

    Safe to run twice: what was asked is counted on the order's own questions.
    """
    unpaid = (
        RideOrder.objects.filter(transaction__domain=transit.DOMAIN, stage=Stage.FAILED)
        .exclude(Q(number="") | Q(status__in=["", "CANCELLED"]))
        .order_by("changed_at")
    )
    ids = list(unpaid.values_list("pk", flat=True)[:limit])
    said = [_take_back(order_id, voice=voice, now=now) for order_id in ids]
    return [message for message in said if message is not None]


@transaction.atomic(durable=True)
def _take_back(order_id: UUID, *, voice: Voice, now: datetime) -> OutboundMessage | None:
    order = (
        RideOrder.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("transaction")
        .filter(pk=order_id, stage=Stage.FAILED)
        .exclude(status="CANCELLED")
        .first()
    )
    if order is None:
        return None
    asked = order.questions.filter(action="cancel")
    newest = asked.aggregate(newest=Max("asked_at"))["newest"]
    lately = newest is not None and newest > now - TAKE_BACK_PAUSE
    if lately or asked.count() >= MOST_TAKE_BACKS:
        return None
    message = orders.cancel(order_id=order.number, reason=TECHNICAL, step=Step.CONFIRM)
    return say_about(order, "cancel", message, voice=voice, now=now)
