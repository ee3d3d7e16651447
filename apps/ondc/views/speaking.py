"""What every view does that speaks in a rider's name: says how, hands the message on, answers at once."""

from collections.abc import Sequence
from uuid import UUID

from rest_framework.response import Response

from apps.accounts import selectors as accounts
from apps.ondc import tasks
from apps.ondc.errors import NetworkUnavailable, RiderDetailsMissing
from apps.ondc.models import OutboundMessage
from apps.ondc.network import NotConfigured
from apps.ondc.outgoing.forms import Person
from apps.ondc.serializers.asking import asked_response
from apps.ondc.voice import Voice, voice
from uma.kernel.queue import enqueue

DIGITS = 10


def our_voice() -> Voice:
    """
    Return how we speak.

    Raises:
        NetworkUnavailable: this server is on no network
    """
    try:
        return voice()
    except NotConfigured:
        raise NetworkUnavailable from None


def said(*messages: OutboundMessage) -> Response:
    """Hand on what was committed, and answer with the first of it."""
    hand_on(messages)
    return Response(asked_response(messages[0]))


def hand_on(messages: Sequence[OutboundMessage]) -> None:
    for message in messages:
        enqueue(tasks.deliver, outbound_id=str(message.pk))


def rider_as(*, rider_id: UUID, name: str = "", phone: str = "") -> Person:
    """
    Return the rider as a seller may know them: a name and ten digits.

    Raises:
        RiderDetailsMissing: neither the app nor the profile says them
    """
    person = accounts.person(user_id=rider_id)
    digits = "".join(letter for letter in phone or person.phone if letter.isdigit())[-DIGITS:]
    try:
        return Person(name=name or person.display_name, phone=digits)
    except ValueError:
        raise RiderDetailsMissing from None
