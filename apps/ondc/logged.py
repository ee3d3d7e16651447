"""What the log says of a journey."""

from apps.ondc.models import Transaction
from uma.kernel import context


def note(journey: Transaction) -> None:
    """Say that the work at hand is about this journey, where it is, and about the booking it leads to, if any."""
    context.about(
        journey_id=journey.pk, zone=journey.zone_code or None, booking_id=journey.booking_id
    )
