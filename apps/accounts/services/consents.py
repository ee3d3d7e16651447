"""Writes about what people agree to."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.consents import PURPOSES
from apps.accounts.errors import ConsentOutdated, ConsentRequired, UnknownPurpose
from apps.accounts.models import Consent


@transaction.atomic
def answer_consent(
    *, person_id: UUID, purpose: str, version: int, granted: bool, now: datetime
) -> Consent:
    """
    Record the person's answer; the same answer again is written again, because it was given again.

    Raises:
        UnknownPurpose
        ConsentOutdated: the text has changed since it was shown
        ConsentRequired: there is no account without it; closing the account takes it back
    """
    asked = PURPOSES.get(purpose)
    if asked is None:
        raise UnknownPurpose
    if version != asked.version:
        raise ConsentOutdated(current=asked.version)
    if asked.required and not granted:
        raise ConsentRequired
    return Consent.objects.create(
        person_id=person_id, purpose=purpose, version=version, granted=granted, at=now
    )
