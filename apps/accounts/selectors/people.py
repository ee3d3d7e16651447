"""Reads about people."""

from uuid import UUID

from apps.accounts.errors import UnknownPerson
from apps.accounts.models import User, phone_index
from uma.kernel.phones import e164


def person(*, user_id: UUID) -> User:
    """
    Return the person.

    Raises:
        UnknownPerson
    """
    found = User.objects.filter(pk=user_id).first()
    if found is None:
        raise UnknownPerson
    return found


def person_named(*, username: str) -> User:
    """
    Return the person with this user name.

    Raises:
        UnknownPerson
    """
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise UnknownPerson(f"Nobody signs in as {username!r}.")
    return found


def person_by_phone(*, phone: str) -> User | None:
    """
    Return who signs in with this number, written in any way; closed accounts as well.

    Raises:
        PhoneInvalid
    """
    return User.objects.filter(phone_index=phone_index(e164(phone))).first()
