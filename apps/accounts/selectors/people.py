"""Reads about people."""

from collections.abc import Iterator
from datetime import datetime
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


def language_of(*, user_id: UUID) -> str:
    """Return in which language a person is written to; English while nobody knows."""
    known = User.objects.filter(pk=user_id).values_list("language", flat=True).first()
    return known or "en"


def riders_in(*, zone_code: str, before: datetime) -> Iterator[UUID]:
    """
    Yield everybody who may ride in a zone and was there before an instant; operators are no riders.

    Who signed in by phone has no zone, and may ride in any.
    """
    rows = User.objects.filter(
        zone_code__in=["", zone_code],
        status=User.Status.ACTIVE,
        is_active=True,
        is_staff=False,
        created_at__lt=before,
    )
    yield from rows.values_list("pk", flat=True).iterator(chunk_size=10_000)


def person_by_phone(*, phone: str) -> User | None:
    """
    Return who signs in with this number, written in any way; closed accounts as well.

    Raises:
        PhoneInvalid
    """
    return User.objects.filter(phone_index=phone_index(e164(phone))).first()
