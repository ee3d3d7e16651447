"""
A request of ours is written down with its question: the bytes that will be signed and sent, as they are.

Nothing leaves here. Whoever calls commits first and then has it delivered; a process that dies between
the two leaves a row that the sweep finds.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from apps.ondc import purse, signing
from apps.ondc.models import OutboundMessage, Question, RideOrder
from apps.ondc.outgoing import wire
from apps.ondc.outgoing.context import Context, Counterparty, Json
from apps.ondc.voice import Voice

_TICK = timedelta(milliseconds=1)


def moment_after(question: Question, *, now: datetime) -> datetime:
    """Return a moment later than every earlier message of ours in the journey: validators look."""
    earlier = Question.objects.filter(transaction_id=question.transaction_id).exclude(
        pk=question.pk
    )
    newest: datetime | None = earlier.aggregate(newest=Max("request__said_at"))["newest"]
    return now if newest is None else max(now, newest + _TICK)


@transaction.atomic
def say(
    *,
    question: Question,
    message: Json,
    version: str,
    voice: Voice,
    now: datetime,
    to: Counterparty | None = None,
) -> OutboundMessage:
    """
    Write down one request, in the caller's transaction.

    The order says to whom; without one it goes to `to`, and without that it is a broadcast.
    """
    journey, order = question.transaction, question.order
    said_at = moment_after(question, now=now)
    if order is not None:
        to = Counterparty(order.bpp_id, order.bpp_uri)
    context = Context(
        domain=journey.domain,
        version=version,
        action=question.action,
        city=journey.city,
        sender=voice.sender,
        to=to,
        transaction_id=journey.pk,
        message_id=question.message_id,
        at=said_at,
        ttl=question.until - question.asked_at,
    )
    raw = wire.encode(context=context.beckn(), message=message)
    base = voice.gateway if to is None else to.uri
    return OutboundMessage.objects.create(
        question=question,
        order=order,
        action=question.action,
        party=voice.gateway if to is None else to.id,
        url=f"{base.rstrip('/')}/{question.action}",
        body=raw.decode(),
        digest=signing.digest(raw),
        said_at=said_at,
        next_attempt_at=now,
    )


def give_up(order: RideOrder, *, error_code: str, now: datetime) -> None:
    """Note, on a locked order that was never confirmed, that nothing comes of it."""
    order.stage = RideOrder.Stage.FAILED
    order.error_code = error_code[:16]
    order.changed_at = now
    order.save(update_fields=["stage", "error_code", "changed_at"])
    purse.let_go(order, now=now)
