"""Everything that was proven of riders, read once for many of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from apps.gamification.matching import CAB, DEAL, RIDE, Proof, Proven, match
from apps.gamification.measuring import Done
from apps.gamification.models import MissionRun, ProvenOrder, Visit


@dataclass(slots=True)
class History:
    """One rider's visits that stand, what proves steps of missions, and the missions joined."""

    rider_id: UUID
    visits: list[Done] = field(default_factory=list)
    proofs: list[Proof] = field(default_factory=list)
    # All of them, those given up as well.
    runs: list[MissionRun] = field(default_factory=list)

    def proven(self, run: MissionRun) -> list[Proven]:
        """Return the steps of a run that are proven since it was joined; none of one given up."""
        if run.state == MissionRun.State.ABANDONED:
            return []
        mission = run.mission
        since = max(run.joined_at, mission.starts_at)
        return match(mission.content, self.proofs, since=since, until=mission.ends_at)

    def steps(self) -> list[Done]:
        """Return every proven step, as badges count them."""
        return [
            Done(
                key=f"{run.pk}:{one.place}",
                at=one.proof.at,
                timezone=run.mission.timezone,
                zone_code=run.zone_code,
                outlet_id=one.proof.outlet_id,
                category=one.proof.category,
            )
            for run in self.runs
            for one in self.proven(run)
        ]


def histories(*, rider_ids: Iterable[UUID]) -> dict[UUID, History]:
    """Return the riders' histories, an empty one for whom nothing is known."""
    found = {rider_id: History(rider_id) for rider_id in rider_ids}
    visits = Visit.objects.filter(rider_id__in=list(found), undone_at=None)
    columns = (
        "rider_id", "handshake_id", "at", "timezone", "zone_code", "outlet_id", "category",
        "campaign_id", "by_ride",
    )  # fmt: skip
    for row in visits.values_list(*columns):
        rider_id, key, at, timezone, zone_code, outlet_id, category, campaign_id, by_ride = row
        mine = found[rider_id]
        mine.visits.append(Done(key, at, timezone, zone_code, outlet_id, category))
        mine.proofs.append(Proof(DEAL, str(key), at, outlet_id, campaign_id, category))
        if by_ride:
            mine.proofs.append(Proof(RIDE, f"{key}:ride", at, category=CAB))
    for order in ProvenOrder.objects.filter(rider_id__in=list(found), undone_at=None):
        proof = Proof(
            order.kind,
            str(order.pk),
            order.at,
            category=order.category,
            provider=order.provider,
        )
        found[order.rider_id].proofs.append(proof)
    runs = MissionRun.objects.filter(rider_id__in=list(found)).select_related("mission")
    for run in runs.order_by("joined_at", "pk"):
        found[run.rider_id].runs.append(run)
    return found


def history(*, rider_id: UUID) -> History:
    """Return one rider's history."""
    return histories(rider_ids=[rider_id])[rider_id]
