"""What the accounts app keeps about a person."""

from datetime import datetime
from uuid import UUID

from apps.accounts import selectors
from apps.accounts.errors import UNTIL_REVIEW
from apps.accounts.models import (
    AuditEvent,
    Consent,
    FirebaseDeletion,
    FirebaseIdentity,
    KnownDevice,
    OperatorRole,
    PersonalDataExport,
    Session,
    User,
)
from uma.kernel.personal_data import Obstacle

SECTION = "Account"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return the person, the sign-ins, the answers to consents and what was done in their name."""
    person = selectors.person(user_id=person_id)
    return {
        "id": person.pk,
        "name": person.display_name,
        "phone": person.phone,
        "email": person.email,
        "zone": person.zone_code,
        "language": person.language,
        "status": person.status.lower(),
        "member_since": person.created_at,
        "booking_suspended_until": person.banned_until,
        "sign_ins": list(
            Session.objects.filter(user_id=person_id)
            .order_by("created_at", "pk")
            .values("created_at", "role", "platform", "label", "address", "agent", "last_used_at")
        ),
        "consents": list(
            Consent.objects.filter(person_id=person_id)
            .order_by("at", "pk")
            .values("purpose", "version", "granted", "at")
        ),
        "what_was_done": list(
            AuditEvent.objects.filter(object_type="user", object_id=str(person_id))
            .order_by("at", "pk")
            .values("action", "at", "reason")
        ),
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:
    """Return a suspension that is running (a new account must not end it), and an operator's rights."""
    found = []
    until = selectors.person(user_id=person_id).banned_until
    if until is not None and until > now:
        ends = "it has been reviewed" if until >= UNTIL_REVIEW else f"{until:%d %B %Y}"
        detail = f"Booking is suspended until {ends}; the account can be erased after that."
        found.append(Obstacle("booking_suspended", detail, until=until))
    if OperatorRole.objects.filter(user_id=person_id, revoked_at=None).exists():
        found.append(
            Obstacle("operator_role", "This person operates the platform: end the roles first.")
        )
    return found


def erase(*, person_id: UUID, now: datetime) -> None:
    """Empty the person's row. Consents and the trail stay: they name nobody but the bare id."""
    PersonalDataExport.objects.filter(person_id=person_id).delete()
    KnownDevice.objects.filter(person_id=person_id).delete()
    # Sessions end by the row's own trigger; what recognised the devices goes.
    Session.objects.filter(user_id=person_id).update(
        device_hash="", label="", address=None, agent="", platform=""
    )
    for identity in FirebaseIdentity.objects.filter(person_id=person_id):
        # Google is told after the commit, and until it has listened.
        FirebaseDeletion.objects.create(uid=identity.uid, requested_at=now, next_attempt_at=now)
        identity.delete()
    person = selectors.person(user_id=person_id)
    person.username = str(person_id)
    person.display_name = person.email = person.phone = ""
    person.language = ""
    person.phone_index = None
    person.status = User.Status.CLOSED
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.groups.clear()
    person.user_permissions.clear()
    person.save()
