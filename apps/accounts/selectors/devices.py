"""Who signed in on the same devices: by digests of installations, never by what they are."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.accounts.models import KnownDevice


def on_the_devices_of(*, person_ids: Collection[UUID], since: datetime) -> list[frozenset[UUID]]:
    """Return the people of each device that one of these used since then, where they were several."""
    theirs = KnownDevice.objects.filter(person_id__in=person_ids, last_seen_at__gte=since)
    rows = KnownDevice.objects.filter(
        device_hash__in=theirs.values("device_hash"), last_seen_at__gte=since
    )
    found: dict[str, set[UUID]] = defaultdict(set)
    for device_hash, person_id in rows.values_list("device_hash", "person_id"):
        found[device_hash].add(person_id)
    return [frozenset(one) for one in found.values() if len(one) > 1]
