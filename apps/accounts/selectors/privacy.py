"""Reads about consents and copies of personal data."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.consents import PURPOSES, Purpose
from apps.accounts.models import Consent, PersonalDataExport


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and the person's newest answer to the version that is asked today, if any."""

    purpose: Purpose
    granted: bool | None
    answered_at: datetime | None


def consents(*, person_id: UUID) -> list[Answer]:
    """Return every question with the person's answer; None where today's version has none."""
    newest = {
        (row.purpose, row.version): row
        for row in Consent.objects.filter(person_id=person_id)
        .order_by("purpose", "-at", "-pk")
        .distinct("purpose")
    }
    answers = []
    for purpose in PURPOSES.values():
        row = newest.get((purpose.code, purpose.version))
        answers.append(Answer(purpose, row.granted, row.at) if row else Answer(purpose, None, None))
    return answers


def has_consented(*, person_id: UUID, purpose: str) -> bool:
    """Say whether the person agrees to this use of data in the version that is asked today."""
    return any(
        answer.granted for answer in consents(person_id=person_id) if answer.purpose.code == purpose
    )


def newest_export(*, person_id: UUID) -> PersonalDataExport | None:
    """Return the copy that was asked for last, without its content."""
    return (
        PersonalDataExport.objects.filter(person_id=person_id)
        .defer("content")
        .order_by("-requested_at")
        .first()
    )


def pending_exports(*, limit: int) -> list[UUID]:
    """Return the copies that wait to be made, the oldest first."""
    rows = PersonalDataExport.objects.filter(state=PersonalDataExport.State.PENDING)
    return list(rows.order_by("requested_at").values_list("pk", flat=True)[:limit])
