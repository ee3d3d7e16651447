"""Writes about people: who exists, who may book, and the trail of sensitive acts."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.errors import AccountClosed, RiderBanned, UnknownPerson
from apps.accounts.models import AuditEvent, User


@transaction.atomic
def create_person(
    *,
    username: str,
    display_name: str,
    zone_code: str,
    now: datetime,
    email: str = "",
    phone: str = "",
) -> User:
    """Create a person who signs in by phone and so has no password."""
    user = User(
        username=username,
        display_name=display_name,
        zone_code=zone_code,
        email=email,
        phone=phone,
        created_at=now,
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def create_operator(*, username: str, display_name: str, password: str, now: datetime) -> User:
    """Create a person who signs in to the console with a password and may do everything there."""
    user = User(
        username=username,
        display_name=display_name,
        is_staff=True,
        is_superuser=True,
        created_at=now,
    )
    user.set_password(password)
    user.save(force_insert=True)
    return user


def lock_rider(*, rider_id: UUID, now: datetime) -> User:
    """
    Lock the rider until the caller's transaction ends, and answer whether the rider may book.

    Two bookings of one rider queue here, so that the rider's own limits are counted one at a time.

    Raises:
        UnknownPerson, AccountClosed, RiderBanned
    """
    rider = User.objects.select_for_update(no_key=True).filter(pk=rider_id).first()
    if rider is None:
        raise UnknownPerson
    if rider.status == User.Status.CLOSED or not rider.is_active:
        raise AccountClosed
    if rider.banned_until is not None and rider.banned_until > now:
        raise RiderBanned(until=rider.banned_until)
    return rider


@transaction.atomic
def suspend(
    *, rider_id: UUID, until: datetime, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    """
    Stop the rider from booking until `until`; live bookings and the wallet are untouched.

    Raises:
        UnknownPerson
    """
    rider = User.objects.select_for_update(no_key=True).filter(pk=rider_id).first()
    if rider is None:
        raise UnknownPerson
    before, rider.banned_until = rider.banned_until, until
    rider.save(update_fields=["banned_until"])
    record(
        action="rider.suspended",
        object_type="user",
        object_id=str(rider_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"banned_until": before and before.isoformat()},
        after={"banned_until": until.isoformat()},
    )


def record(
    *,
    action: str,
    object_type: str,
    object_id: str,
    actor_id: UUID | None,
    at: datetime,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    address: str | None = None,
) -> None:
    """Append one sensitive act to the trail, in the transaction of the act itself."""
    AuditEvent.objects.create(
        action=action,
        object_type=object_type,
        object_id=object_id,
        actor_id=actor_id,
        at=at,
        reason=reason,
        before=dict(before or {}),
        after=dict(after or {}),
        address=address,
    )
