"""Which steps of a mission are proven, and by what. Pure: nothing is ever self-asserted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

RIDE, DEAL, COMMERCE, CHECKIN = "ride", "deal", "commerce", "checkin"
# What a ride is by: a ticket for a bus or a metro, or a car that was called.
TRANSIT, CAB = "transit", "cab"


@dataclass(frozen=True, slots=True)
class Proof:
    """A handshake (`deal`, which is a check-in as well) or an order on the network (`ride`, `commerce`)."""

    kind: str
    key: str
    at: datetime
    outlet_id: UUID | None = None
    campaign_id: UUID | None = None
    category: str = ""
    # Whose order it is; empty of a handshake, and of an order whose seller was not told.
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    """One step, by its place in the mission, and its proof."""

    place: int
    proof: Proof


def match(
    content: Mapping[str, Any],  # Any: JSON
    proofs: Iterable[Proof],
    *,
    since: datetime,
    until: datetime,
) -> list[Proven]:
    """
    Return the proven steps in their order.

    A proof serves one step; in an ordered mission a step counts only once those before it are proven, and
    where places must differ an outlet counts once.
    """
    steps: Sequence[Mapping[str, Any]] = content["steps"]
    found: dict[int, Proof] = {}
    places: set[UUID | None] = set()
    # Of one moment the ride comes before the visit that it led to.
    for proof in sorted(proofs, key=lambda one: (one.at, one.kind != RIDE, one.key)):
        if not since <= proof.at <= until or (content["distinct"] and proof.outlet_id in places):
            continue
        waiting = [place for place in range(len(steps)) if place not in found]
        if content["ordered"]:
            waiting = waiting[:1]
        place = next((one for one in waiting if _fits(steps[one], proof)), None)
        if place is not None:
            found[place] = proof
            if proof.outlet_id is not None:
                places.add(proof.outlet_id)
    return [Proven(place, found[place]) for place in sorted(found)]


def _fits(step: Mapping[str, Any], proof: Proof) -> bool:  # Any: JSON
    if proof.kind != DEAL or step["kind"] == RIDE:
        return proof.kind == step["kind"] and _is_of(step, proof) and _in_time(step, proof)
    # Goods of a catalogue are proven by a handshake only where we know the place that sells them.
    if step["kind"] == COMMERCE and not step.get("outlet_id"):
        return False
    wanted = {
        "campaign_id": str(proof.campaign_id),
        "outlet_id": str(proof.outlet_id),
        "category": proof.category,
    }
    if any(step.get(name) and step[name] != value for name, value in wanted.items()):
        return False
    return _in_time(step, proof)


def _is_of(step: Mapping[str, Any], proof: Proof) -> bool:  # Any: JSON
    """Say whether an order is of the kind and the seller that a step asks for, as far as it was told."""
    told = {"category": proof.category, "provider": proof.provider}
    return all(not step.get(name) or value in {"", step[name]} for name, value in told.items())


def _in_time(step: Mapping[str, Any], proof: Proof) -> bool:  # Any: JSON
    opens, closes = step.get("starts_at"), step.get("ends_at")
    if opens and proof.at < datetime.fromisoformat(opens):
        return False
    return not closes or proof.at <= datetime.fromisoformat(closes)
