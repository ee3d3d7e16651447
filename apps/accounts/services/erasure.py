"""Erasing a person: what tells who somebody is goes, what the books need stays under a bare id."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import firebase
from apps.accounts.errors import (
    AccountClosed,
    ErasureRefused,
    SignInUnavailable,
    UnknownPerson,
)
from apps.accounts.models import FirebaseDeletion, User
from apps.accounts.services.trail import record
from uma.kernel.personal_data import sources

# Longer than a worker may live on one task (uma/celery.py), so that two never hold the same row.
LEASE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=6)


@transaction.atomic(durable=True)
def erase_person(*, person_id: UUID, now: datetime) -> None:
    """
    Close the account and erase the person in every app; nothing happens while something is owed.

    The person's row is locked first, as a booking locks it: what could become owed meanwhile waits.

    Raises:
        UnknownPerson, AccountClosed
        ErasureRefused: with every reason
    """
    person = _lock(person_id)
    if person is None:
        raise UnknownPerson
    if person.status == User.Status.CLOSED:
        raise AccountClosed
    obstacles = [
        obstacle
        for source in sources()
        for obstacle in source.obstacles(person_id=person_id, now=now)
    ]
    if obstacles:
        raise ErasureRefused(obstacles=obstacles)
    for source in sources():
        source.erase(person_id=person_id, now=now)
    record(
        action="person.erased",
        object_type="user",
        object_id=str(person_id),
        actor_id=person_id,
        at=now,
        before={"status": person.status},
        after={"status": User.Status.CLOSED},
    )


def _lock(person_id: UUID) -> User | None:
    return User.objects.select_for_update(no_key=True).filter(pk=person_id).first()


def delete_firebase_accounts(*, now: datetime, limit: int) -> int:
    """
    Have Google forget the accounts of people who were erased here; return how many it has forgotten.

    Each row is taken, Google asked, and the row removed when it has listened; otherwise it is tried
    again, later each time. Must not be inside a transaction.
    """
    forgotten = 0
    for deletion in _take_deletions(now=now, limit=limit):
        try:
            firebase.delete_account(deletion.uid)
        except SignInUnavailable:
            pause = min(timedelta(minutes=2**deletion.attempts), LONGEST_PAUSE)
            FirebaseDeletion.objects.filter(pk=deletion.pk).update(next_attempt_at=now + pause)
        else:
            deletion.delete()
            forgotten += 1
    return forgotten


@transaction.atomic(durable=True)
def _take_deletions(*, now: datetime, limit: int) -> list[FirebaseDeletion]:
    rows = list(
        FirebaseDeletion.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(next_attempt_at__lte=now)
        .order_by("next_attempt_at")[:limit]
    )
    for row in rows:
        row.attempts += 1
        row.next_attempt_at = now + LEASE
    FirebaseDeletion.objects.bulk_update(rows, ["attempts", "next_attempt_at"])
    return rows
