"""
A confirmation whose answer never came: the seller is asked about it, and in the end it is taken back.

`status` by the journey's own id at 0, 5, 15 and 30 seconds after the answer was due (ondc.md 8), then a
technical cancellation, which costs nobody anything. While nothing is known, nothing else is booked.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.ondc import purse
from apps.ondc.handlers import ending
from apps.ondc.models import OutboundMessage, Question, RideOrder
from apps.ondc.outgoing import orders
from apps.ondc.outgoing.orders import TECHNICAL, Step
from apps.ondc.services.riding import say_about
from apps.ondc.services.saying import give_up
from apps.ondc.voice import Voice

Stage = RideOrder.Stage
ASK_AFTER = tuple(timedelta(seconds=after) for after in (0, 5, 15, 30))
TAKE_BACK_AFTER = (timedelta(seconds=60), timedelta(seconds=120))
GIVE_UP_AFTER = timedelta(minutes=10)


def recover_confirmations(
    *, voice: Voice, now: datetime, limit: int = 100
) -> list[OutboundMessage]:
    """
    Ask about orders whose confirmation was never answered; return what is to be sent.

    Safe to run twice: what was asked is counted on the order's own questions.
    """
    late = Question.objects.filter(
        action="confirm",
        until__lte=now,
        answered_at__isnull=True,
        order__stage=Stage.CONFIRMING,
    ).values_list("order_id", "until")[:limit]
    said = [_recover(order_id, until, voice=voice, now=now) for order_id, until in late]
    return [message for message in said if message is not None]


@transaction.atomic(durable=True)
def _recover(
    order_id: UUID, due_at: datetime, *, voice: Voice, now: datetime
) -> OutboundMessage | None:
    # A callback that is being acted on holds the order; whatever it says, we look again later.
    order = (
        RideOrder.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("transaction")
        .filter(pk=order_id, stage=Stage.CONFIRMING)
        .first()
    )
    if order is None:
        return None
    waited = now - due_at
    asked = order.questions.filter(action="status").count()
    if asked < len(ASK_AFTER):
        if waited < ASK_AFTER[asked]:
            return None
        message = orders.status_of_journey(transaction_id=order.transaction_id)
        return say_about(order, "status", message, voice=voice, now=now)
    if waited >= GIVE_UP_AFTER:
        give_up(order, error_code="no_answer", now=now)
        ending.failed(order, code="no_answer", now=now)
        # Tickets are bought, not waited for: their page shows it, with the money that is on its way back.
        if not purse.is_prepaid(order):
            ending.say_it_never_came(order, now=now)
        return None
    # Without a number there is nothing to cancel: sellers who name it at init have one.
    cancelled = order.questions.filter(action="cancel").count()
    if not order.number or cancelled == len(TAKE_BACK_AFTER) or waited < TAKE_BACK_AFTER[cancelled]:
        return None
    # Not asked about first: a technical cancellation costs nothing, and an answer to the question
    # would only say that there is an order.
    message = orders.cancel(order_id=order.number, reason=TECHNICAL, step=Step.CONFIRM)
    return say_about(order, "cancel", message, voice=voice, now=now)
