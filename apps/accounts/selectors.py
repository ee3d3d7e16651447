"""Reads about people."""

from uuid import UUID

from apps.accounts.errors import UnknownPerson
from apps.accounts.models import User


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
