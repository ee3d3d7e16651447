"""A proven phone number opens a session: whose it is, on which device, and what that pauses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.module_loading import import_string

from apps.accounts import cooling, selectors, tokens
from apps.accounts.cooling import Reason
from apps.accounts.errors import AccountClosed, IdTokenUsed, NotAnOperator, PhoneTaken
from apps.accounts.firebase import Proof
from apps.accounts.models import (
    ExchangedToken,
    FirebaseIdentity,
    KnownDevice,
    PayoutCooling,
    Session,
    User,
    phone_index,
)
from apps.accounts.services.numbers import record_number, set_phone
from apps.accounts.services.people import create_person
from apps.accounts.services.sessions import (
    SignedIn,
    open_session,
    revoke_sessions_of,
    valid_address,
)
from apps.accounts.services.trail import record

OPERATOR = "operator"
# Two who prove one number at the same time: one makes the row, the other finds it then.
TRIES = 3


@dataclass(frozen=True, slots=True)
class AppDevice:
    """What an app says about the phone it runs on; all of it may be missing."""

    id: str = ""
    platform: str = ""
    label: str = ""
    agent: str = ""
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """Who came in, with what they were given."""

    person: User
    is_new: bool
    tokens: SignedIn


@dataclass(frozen=True, slots=True)
class _Found:
    """Whose number and whose Firebase account it is, as far as anybody knows."""

    identity: FirebaseIdentity | None
    person: User | None
    # Who had the number until now, when that is somebody else.
    former: User | None = None


def sign_in_by_phone(*, proof: Proof, role: str, device: AppDevice, now: datetime) -> Entered:
    """
    Open a session for whoever proved the number; a number that nobody has makes a person.

    Raises:
        IdTokenUsed, AccountClosed, NotAnOperator
    """
    for _ in range(TRIES - 1):
        try:
            return _sign_in(proof=proof, role=role, device=device, now=now)
        except (PhoneTaken, IntegrityError):
            continue
    return _sign_in(proof=proof, role=role, device=device, now=now)


@transaction.atomic(durable=True)
def _sign_in(*, proof: Proof, role: str, device: AppDevice, now: datetime) -> Entered:
    # First of all: a twin of this request waits here until we are done, and then finds it spent.
    _spend(proof)
    found = _find(proof)
    is_new = found.person is None
    person = found.person or create_person(phone=proof.phone, zone_code="", now=now)
    if person.status == User.Status.CLOSED or not person.is_active:
        raise AccountClosed
    if role == OPERATOR and not selectors.is_operator(user_id=person.pk):
        raise NotAnOperator
    reasons = [] if is_new else _reasons(found, proof, device, now=now)
    if Reason.NUMBER_CHANGED in reasons:
        _move_number(found, proof, now=now)
    if Reason.ACCOUNT_REPLACED in reasons:
        # The number was handed on, or Firebase's account made anew: whoever held it is out.
        revoke_sessions_of(
            user_id=person.pk, reason="account_replaced", actor_id=person.pk, now=now
        )
    _remember(person, found.identity, proof, device, now=now)
    _pause(person.pk, reasons, address=device.address, now=now)
    opened = open_session(
        user_id=person.pk,
        role=role,
        device_id=device.id,
        authenticated_at=proof.signed_in_at,
        now=now,
        address=device.address,
        platform=device.platform,
        label=device.label,
        agent=device.agent,
    )
    return Entered(person=person, is_new=is_new, tokens=opened)


def purge_exchanged_tokens(*, limit: int, now: datetime) -> int:
    """Forget up to `limit` spent tokens that have expired, and so open nothing; return how many."""
    past = ExchangedToken.objects.filter(expires_at__lt=now).order_by("expires_at")
    chosen = list(past.values_list("pk", flat=True)[:limit])
    return ExchangedToken.objects.filter(pk__in=chosen).delete()[0]


def _spend(proof: Proof) -> None:
    try:
        with transaction.atomic():
            ExchangedToken.objects.create(digest=proof.digest, expires_at=proof.expires_at)
    except IntegrityError:
        raise IdTokenUsed from None


def _find(proof: Proof) -> _Found:
    """Return whom the proof speaks for, their row locked (in the order of ids where two are)."""
    identity = FirebaseIdentity.objects.filter(uid=proof.uid).first()
    holder = selectors.person_by_phone(phone=proof.phone)
    ids = {row for row in (identity and identity.person_id, holder and holder.pk) if row}
    people = User.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    locked = {row.pk: row for row in people}
    # Read again behind the locks: a number may have moved while we waited.
    identity = FirebaseIdentity.objects.filter(uid=proof.uid).first()
    holder = selectors.person_by_phone(phone=proof.phone)
    if {row for row in (identity and identity.person_id, holder and holder.pk) if row} != ids:
        raise PhoneTaken
    if identity is not None:
        person = locked[identity.person_id]
        former = holder if holder is not None and holder.pk != person.pk else None
        return _Found(identity, person, former and locked[former.pk])
    if holder is None:
        return _Found(None, None)
    return _Found(FirebaseIdentity.objects.filter(person_id=holder.pk).first(), locked[holder.pk])


def _reasons(found: _Found, proof: Proof, device: AppDevice, *, now: datetime) -> list[Reason]:
    person, identity = found.person, found.identity
    assert person is not None
    if identity is None:
        # Known by number alone (a member of staff who was invited): there is nothing to compare.
        return []
    reasons = []
    # The gravest first: it is what the person is told.
    if identity.uid != proof.uid:
        reasons.append(Reason.ACCOUNT_REPLACED)
    if person.phone_index != phone_index(proof.phone):
        reasons.append(Reason.NUMBER_CHANGED)
    if now - _last_seen(person.pk, identity) > cooling.IDLE:
        reasons.append(Reason.LONG_IDLE)
    if not _is_known(person.pk, device):
        reasons.append(Reason.NEW_DEVICE)
    return reasons


def _is_known(person_id: UUID, device: AppDevice) -> bool:
    # Nobody proves to be the same as one without a name.
    return bool(device.id) and (
        KnownDevice.objects.filter(
            person_id=person_id, device_hash=tokens.digest(device.id)
        ).exists()
    )


def _last_seen(person_id: UUID, identity: FirebaseIdentity) -> datetime:
    used: datetime | None = Session.objects.filter(user_id=person_id).aggregate(
        at=Max("last_used_at")
    )["at"]
    return max(identity.signed_in_at, used or identity.signed_in_at)


def _move_number(found: _Found, proof: Proof, *, now: datetime) -> None:
    """Give the person the number they proved; whoever had it keeps the account without it."""
    person, former = found.person, found.former
    assert person is not None
    if former is not None:
        set_phone(former, "")
        record_number(former.pk, "person.number-lost", actor_id=person.pk, now=now)
        _pause(former.pk, [Reason.NUMBER_CHANGED], address=None, now=now)
    set_phone(person, proof.phone)
    record_number(person.pk, "person.number-changed", actor_id=person.pk, now=now)


def _remember(
    person: User,
    identity: FirebaseIdentity | None,
    proof: Proof,
    device: AppDevice,
    *,
    now: datetime,
) -> None:
    if identity is None:
        FirebaseIdentity.objects.create(
            person_id=person.pk, uid=proof.uid, linked_at=now, signed_in_at=now
        )
    else:
        if identity.uid != proof.uid:
            identity.uid, identity.linked_at = proof.uid, now
        # Two servers' clocks may differ by a moment.
        identity.signed_in_at = max(now, identity.signed_in_at)
        identity.save(update_fields=["uid", "linked_at", "signed_in_at"])
    if device.id:
        known, is_new = KnownDevice.objects.get_or_create(
            person_id=person.pk,
            device_hash=tokens.digest(device.id),
            defaults={"first_seen_at": now, "last_seen_at": now},
        )
        if not is_new and now > known.last_seen_at:
            known.last_seen_at = now
            known.save(update_fields=["last_seen_at"])


def _pause(
    person_id: UUID, reasons: Sequence[Reason], *, address: str | None, now: datetime
) -> None:
    """Pause payouts for each reason, write it down, and tell the person's devices of the gravest."""
    rows = PayoutCooling.objects.bulk_create(
        PayoutCooling(
            person_id=person_id,
            reason=reason,
            begins_at=now,
            ends_at=now + cooling.PAUSES[reason],
        )
        for reason in reasons
    )
    for row in rows:
        record(
            action="payouts.paused",
            object_type="user",
            object_id=str(person_id),
            actor_id=person_id,
            at=now,
            reason=row.reason,
            after={"until": row.ends_at.isoformat()},
            address=valid_address(address),
        )
    if rows:
        import_string(settings.SECURITY_NOTICE)(
            person_id=person_id, event=str(rows[0].reason), event_id=str(rows[0].pk), now=now
        )
