"""The nightly look at everybody: whose badges or documents are not what the visits say is settled again."""

from datetime import datetime, timedelta
from uuid import UUID

from apps.gamification.badges import BADGES
from apps.gamification.measuring import measure
from apps.gamification.models import Award, MissionRun
from apps.gamification.selectors import projections
from apps.gamification.selectors.histories import History, histories
from apps.gamification.services.settling import settle_rider


def repair_awards(*, now: datetime, recent: timedelta | None = None) -> int:
    """
    Settle every rider whose awards differ from what the visits say; return how many did.

    Reads in batches and writes only where something is wrong, so a night in which all went well costs
    the reading alone. `recent` leaves out who has not been seen for so long.
    """
    repaired = 0
    for batch in projections.batches_of_riders(since=now - recent if recent else None):
        held: dict[UUID, set[tuple[str, int]]] = {}
        rows = Award.objects.filter(rider_id__in=batch, revoked_at=None)
        for rider_id, code, version in rows.values_list("rider_id", "badge", "version"):
            held.setdefault(rider_id, set()).add((code, version))
        for rider_id, known in histories(rider_ids=batch).items():
            if _is_wrong(known, held.get(rider_id, set()), now=now):
                settle_rider(rider_id=rider_id, now=now)
                repaired += 1
    return repaired


def _is_wrong(known: History, held: set[tuple[str, int]], *, now: datetime) -> bool:
    steps = known.steps()
    earned = {
        (badge.code, badge.version)
        for badge in BADGES
        if measure(badge.requirement, visits=known.visits, steps=steps, now=now).by is not None
    }
    if earned - held or {pair for pair in held - earned if pair in _CURRENT}:
        return True
    return any(
        (len(known.proven(run)) == len(run.mission.content["steps"]))
        != (run.state == MissionRun.State.COMPLETED)
        for run in known.runs
        if run.state != MissionRun.State.ABANDONED
    )


_CURRENT = {(badge.code, badge.version) for badge in BADGES}
