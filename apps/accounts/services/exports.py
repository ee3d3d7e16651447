"""Writes about the copies of their data that people ask for (DPDP Act 2023, section 11)."""

from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from apps.accounts.archive import pack
from apps.accounts.errors import ExportNotFound, UnknownPerson
from apps.accounts.models import PersonalDataExport, User
from apps.accounts.services.trail import record
from uma.kernel.personal_data import sources

LIFE = timedelta(hours=24)
PENDING, READY, EXPIRED = (
    PersonalDataExport.State.PENDING,
    PersonalDataExport.State.READY,
    PersonalDataExport.State.EXPIRED,
)


@transaction.atomic
def request_export(*, person_id: UUID, now: datetime) -> PersonalDataExport:
    """
    Return the copy that is being made or still there, else ask for a new one.

    Raises:
        UnknownPerson
    """
    # Two who ask at once queue here, so that the second finds the first one's copy.
    if not _lock(person_id):
        raise UnknownPerson
    newest = (
        PersonalDataExport.objects.filter(person_id=person_id)
        .defer("content")
        .order_by("-requested_at")
        .first()
    )
    if newest is not None and (newest.state == PENDING or _is_there(newest, now)):
        return newest
    asked = PersonalDataExport.objects.create(person_id=person_id, requested_at=now)
    record(
        action="person.export-requested",
        object_type="user",
        object_id=str(person_id),
        actor_id=person_id,
        at=now,
    )
    return asked


@transaction.atomic
def make_export(*, export_id: UUID, now: datetime) -> bool:
    """Make a copy that waits; answer whether this call made it (a second one finds it made)."""
    export = _claim(export_id)
    if export is None:
        return False
    sections = {source.SECTION: source.export(person_id=export.person_id) for source in sources()}
    archive = pack(sections=sections, made_at=now)
    export.content = b64encode(archive).decode()
    export.size_bytes, export.sha256 = len(archive), sha256(archive).hexdigest()
    export.state, export.made_at, export.expires_at = READY, now, now + LIFE
    export.save()
    return True


def read_export(*, export_id: UUID, now: datetime) -> bytes:
    """
    Return the archive of a copy whose signed link was presented.

    Raises:
        ExportNotFound
    """
    export = PersonalDataExport.objects.filter(pk=export_id).first()
    if export is None or not _is_there(export, now):
        raise ExportNotFound
    return b64decode(export.content)


def expire_exports(*, now: datetime) -> int:
    """Forget the contents of copies whose day is over; return how many."""
    return PersonalDataExport.objects.filter(state=READY, expires_at__lte=now).update(
        state=EXPIRED, content=""
    )


def _lock(person_id: UUID) -> bool:
    return User.objects.select_for_update(no_key=True).filter(pk=person_id).exists()


def _claim(export_id: UUID) -> PersonalDataExport | None:
    """Return the waiting copy, locked; None when another worker has it in hand or it is made."""
    rows = PersonalDataExport.objects.select_for_update(skip_locked=True, no_key=True)
    return rows.filter(pk=export_id, state=PENDING).first()


def _is_there(export: PersonalDataExport, now: datetime) -> bool:
    return export.state == READY and export.expires_at is not None and export.expires_at > now
