"""The room for somebody who learns: missions may be put into another order, and into nothing else."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from apps.gamification.documents import MissionDocument

# (rider_id, missions, the best by score first) -> their ids in the wanted order.
Ranker = Callable[[UUID, Sequence[MissionDocument]], Sequence[str]]


def ranked(rows: Sequence[MissionDocument], *, rider_id: UUID) -> list[MissionDocument]:
    """Return the missions as the ranker of the settings orders them; as scored, if it did anything else."""
    if not settings.MISSION_RANKER:
        return list(rows)
    ranker: Ranker = import_string(settings.MISSION_RANKER)
    order = list(ranker(rider_id, rows))
    by_id = {row["_id"]: row for row in rows}
    if sorted(order) != sorted(by_id):
        return list(rows)
    return [by_id[key] for key in order]
