"""What every view does that speaks in a rider's name: says how, hands the message on, answers at once."""

from collections.abc import Sequence

from rest_framework.response import Response

from apps.ondc import tasks
from apps.ondc.models import OutboundMessage
from apps.ondc.serializers.asking import asked_response
from apps.ondc.services import our_voice, rider_as
from uma.kernel.queue import enqueue

__all__ = ["hand_on", "our_voice", "rider_as", "said"]


def said(*messages: OutboundMessage) -> Response:
    """Hand on what was committed, and answer with the first of it."""
    hand_on(messages)
    return Response(asked_response(messages[0]))


def hand_on(messages: Sequence[OutboundMessage]) -> None:
    for message in messages:
        enqueue(tasks.deliver, outbound_id=str(message.pk))
