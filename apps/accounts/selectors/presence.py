"""When people were last there."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from apps.accounts.models import FirebaseIdentity, KnownDevice, Session, User


def last_seen(*, person_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """
    Return when each of these people last signed in or used a session; at least when they joined.

    Sessions are forgotten a month after their end; the devices and identities of sign-ins stay.
    """
    seen = dict(User.objects.filter(pk__in=person_ids).values_list("pk", "created_at"))
    for rows in (
        Session.objects.filter(user_id__in=person_ids)
        .values_list("user_id")
        .annotate(at=Max("last_used_at")),
        KnownDevice.objects.filter(person_id__in=person_ids)
        .values_list("person_id")
        .annotate(at=Max("last_seen_at")),
        FirebaseIdentity.objects.filter(person_id__in=person_ids)
        .values_list("person_id")
        .annotate(at=Max("signed_in_at")),
    ):
        for person_id, at in rows.order_by():
            seen[person_id] = max(at, seen.get(person_id, at))
    return seen
