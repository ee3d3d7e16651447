"""What every interface needs that speaks in a rider's name: our voice, and the rider as a seller may know them."""

from uuid import UUID

from apps.accounts import selectors as accounts
from apps.ondc.errors import NetworkUnavailable, RiderDetailsMissing
from apps.ondc.network import NotConfigured
from apps.ondc.outgoing.forms import Person
from apps.ondc.voice import Voice, voice

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
