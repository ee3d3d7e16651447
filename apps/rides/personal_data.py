"""What the rides app keeps about a rider."""

from datetime import datetime
from uuid import UUID

from apps.rides.models import Booking, SpokenCodeTries
from uma.kernel.personal_data import Obstacle

SECTION = "Bookings"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return every booking of the rider."""
    return {
        "bookings": list(
            Booking.objects.filter(rider_id=person_id)
            .order_by("pk")
            .values(
                "id", "merchant_name", "title", "zone_code", "state", "booked_at", "expires_at",
                "redeemed_at",
            )
        )
    }  # fmt: skip


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return the live bookings: a merchant's money is held for them."""
    live = Booking.objects.filter(rider_id=person_id, state=Booking.State.BOOKED)
    return [
        Obstacle(
            "booking_live", f"The booking at {merchant} is live: cancel or use it.", until=until
        )
        for merchant, until in live.order_by("pk").values_list("merchant_name", "expires_at")
    ]


def erase(*, person_id: UUID, now: datetime) -> None:  # noqa: ARG001 — the protocol's signature
    """Forget the wrong codes; bookings stay, by the rider's bare id."""
    SpokenCodeTries.objects.filter(person_id=person_id).delete()
