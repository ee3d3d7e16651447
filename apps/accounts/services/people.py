"""Who exists, and who may book."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.errors import AccountClosed, PhoneTaken, RiderBanned, UnknownPerson
from apps.accounts.models import User, phone_index
from apps.accounts.services.trail import record
from uma.kernel.phones import e164


def create_person(
    *,
    zone_code: str,
    now: datetime,
    display_name: str = "",
    email: str = "",
    phone: str = "",
    username: str | None = None,
) -> User:
    """
    Create a person who signs in by phone and so has no password; the user name is the id by default.

    Raises:
        PhoneInvalid, PhoneTaken
    """
    number = e164(phone) if phone else ""
    user = User(
        display_name=display_name,
        zone_code=zone_code,
        email=email,
        phone=number,
        phone_index=phone_index(number),
        created_at=now,
    )
    user.username = username or str(user.pk)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as refused:
        # The index decides between two who sign in with one number at once.
        if "accounts_user_phone_once" in str(refused):
            raise PhoneTaken from None
        raise
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


def keep_language(*, person_id: UUID, language: str, is_chosen: bool) -> None:
    """Keep in which language a person is written to; what a browser merely prefers replaces nothing."""
    rows = User.objects.filter(pk=person_id)
    if not is_chosen:
        rows = rows.filter(language="")
    rows.update(language=language)


def lock_payee(*, person_id: UUID) -> User:
    """
    Lock the person until the caller's transaction ends: whose money moves, with a ban or without.

    Raises:
        UnknownPerson, AccountClosed
    """
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise UnknownPerson
    if person.status == User.Status.CLOSED or not person.is_active:
        raise AccountClosed
    return person


def lock_rider(*, rider_id: UUID, now: datetime) -> User:
    """
    Lock the rider until the caller's transaction ends, and answer whether the rider may book.

    Two bookings of one rider queue here, so that the rider's own limits are counted one at a time.

    Raises:
        UnknownPerson, AccountClosed, RiderBanned
    """
    rider = lock_payee(person_id=rider_id)
    if rider.banned_until is not None and rider.banned_until > now:
        raise RiderBanned(until=rider.banned_until)
    return rider


def lock_person(*, person_id: UUID, wait: bool = False) -> bool:
    """
    Lock the person until the caller's transaction ends; False when somebody else holds the row.

    Whoever works through many people passes by those that are busy and meets them in the next run; who
    is asked about one waits.
    """
    rows = User.objects.select_for_update(no_key=True, skip_locked=not wait)
    return rows.filter(pk=person_id).values_list("pk", flat=True).first() is not None


@transaction.atomic
def suspend(
    *, rider_id: UUID, until: datetime, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    """
    Stop the rider from booking until `until`; live bookings and the wallet are untouched.

    A suspension that lasts longer, for whatever other reason, stands.

    Raises:
        UnknownPerson
    """
    rider = User.objects.select_for_update(no_key=True).filter(pk=rider_id).first()
    if rider is None:
        raise UnknownPerson
    if rider.banned_until is not None and rider.banned_until >= until:
        return
    _set_suspension(rider, until, actor_id=actor_id, reason=reason, now=now)


@transaction.atomic
def replace_suspension(
    *,
    rider_id: UUID,
    instead_of: datetime,
    until: datetime | None,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    """
    End the suspension that lasts until `instead_of` at `until` instead, or now (None).

    Whoever caused a suspension takes back that one alone: another's, which ends at another instant, stands.

    Raises:
        UnknownPerson
    """
    rider = User.objects.select_for_update(no_key=True).filter(pk=rider_id).first()
    if rider is None:
        raise UnknownPerson
    if rider.banned_until == instead_of != until:
        _set_suspension(rider, until, actor_id=actor_id, reason=reason, now=now)


def _set_suspension(
    rider: User, until: datetime | None, *, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    before, rider.banned_until = rider.banned_until, until
    rider.save(update_fields=["banned_until"])
    record(
        action="rider.suspended" if until else "rider.suspension-ended",
        object_type="user",
        object_id=str(rider.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"banned_until": before and before.isoformat()},
        after={"banned_until": until and until.isoformat()},
    )
