"""Whose a phone number is, when somebody other than a sign-in says so."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.errors import PhoneTaken, UnknownPerson
from apps.accounts.models import User, phone_index
from apps.accounts.services.trail import record
from uma.kernel.phones import e164


@transaction.atomic
def give_number(*, user_id: UUID, phone: str, actor_id: UUID | None, now: datetime) -> None:
    """
    Let the person sign in with this number from now on.

    Raises:
        UnknownPerson, PhoneInvalid, PhoneTaken
    """
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise UnknownPerson
    # Only the number is written, nothing that was read: between two people the index decides.
    try:
        with transaction.atomic():
            set_phone(person, e164(phone))
    except IntegrityError:
        raise PhoneTaken from None
    record_number(person.pk, "person.number-changed", actor_id=actor_id, now=now)


def set_phone(person: User, phone: str) -> None:
    """Write the number, an E.164 one or none, and nothing else."""
    person.phone, person.phone_index = phone, phone_index(phone)
    person.save(update_fields=["phone", "phone_index"])


def record_number(person_id: UUID, action: str, *, actor_id: UUID | None, now: datetime) -> None:
    """Note on the trail that a number came or went; not which: it is for many eyes and for ever."""
    record(action=action, object_type="user", object_id=str(person_id), actor_id=actor_id, at=now)
