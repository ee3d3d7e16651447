"""What a deal asks to be proven beside the visit: a ride of the network that ended here, and the bill. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apps.campaigns.pricing import GeofencePolicy, ProofPolicy

# A guest who came by a ride stands at the counter within the hour (product rule 1.3).
RIDE_PROVES_FOR = timedelta(minutes=60)


class Lack(StrEnum):
    """What a ride that was asked for lacks."""

    NO_RIDE = "no_ride"
    ELSEWHERE = "elsewhere"
    TOO_LONG_AGO = "too_long_ago"


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of a booking that ask for proof, as they were sold."""

    proof_policy: str
    geofence_policy: str

    @property
    def recent_ride(self) -> bool:
        """Whether the ride has to have ended here within the hour before the scan."""
        return self.proof_policy in {ProofPolicy.RIDE_VISIT, ProofPolicy.RIDE_VISIT_BILL}

    @property
    def ride(self) -> bool:
        """Whether it takes a ride that was ordered here, for the one reason or for the other."""
        return self.recent_ride or self.geofence_policy == GeofencePolicy.RIDE_DROPOFF

    @property
    def bill(self) -> bool:
        """Whether the amount of the bill is keyed in at the scan."""
        return self.proof_policy == ProofPolicy.RIDE_VISIT_BILL


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when the newest ride to a booking ended, as the network told it."""

    distance_m: int
    at: datetime


def lack_of_place(arrival: Arrival | None, *, radius_m: int) -> Lack | None:
    """Return why a ride did not end at the outlet; `None` when it did, whenever that was."""
    if arrival is None:
        return Lack.NO_RIDE
    return Lack.ELSEWHERE if arrival.distance_m > radius_m else None


def lack_of_ride(arrival: Arrival | None, *, radius_m: int, scanned_at: datetime) -> Lack | None:
    """Return why a ride does not prove a scan of that instant; `None` when it does."""
    lack = lack_of_place(arrival, radius_m=radius_m)
    if lack is None and arrival is not None and arrival.at < scanned_at - RIDE_PROVES_FOR:
        return Lack.TOO_LONG_AGO
    return lack
