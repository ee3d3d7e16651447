"""A rider's rides: those that were ordered, the one under way, the one that leads to a booking."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from apps.ondc.models import RideOrder

Stage = RideOrder.Stage
_RIDES = "ONDC:TRV10"
_ORDERED = (Stage.CONFIRMING, Stage.ACTIVE, Stage.COMPLETED, Stage.CANCELLED)


def rides_of(*, rider_id: UUID, limit: int, before: UUID | None = None) -> Sequence[RideOrder]:
    """Return the rides that a rider ordered with their journeys, the newest first, older than `before`."""
    rows = _ordered(rider_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def ride_under_way(*, rider_id: UUID) -> RideOrder | None:
    """Return the newest ride of a rider that was ordered and has not ended."""
    rows = _ordered(rider_id).filter(stage__in=[Stage.CONFIRMING, Stage.ACTIVE])
    return rows.exclude(ride_state="RIDE_ENDED").order_by("-pk").first()


def ride_to(*, booking_id: UUID, rider_id: UUID) -> RideOrder | None:
    """Return the newest ride that a rider ordered to a booking of theirs and nobody cancelled."""
    rows = _ordered(rider_id).filter(transaction__booking_id=booking_id)
    return rows.exclude(stage=Stage.CANCELLED).order_by("-pk").first()


def _ordered(rider_id: UUID) -> QuerySet[RideOrder]:
    return RideOrder.objects.select_related("transaction", "offer").filter(
        transaction__rider_id=rider_id, transaction__domain=_RIDES, stage__in=_ORDERED
    )
