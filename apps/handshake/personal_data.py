"""What the handshake app keeps about a rider's visits."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.handshake.models import CheckIn, Dispute, Handshake
from uma.kernel.money import rupees
from uma.kernel.personal_data import Obstacle

SECTION = "Visits"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return every proven visit of the rider, by a deal or without, and the disputes the person opened."""
    visits = Handshake.objects.filter(rider_id=person_id).order_by("created_at", "pk")
    return {
        "visits": [
            {
                "at": visit.created_at,
                "booking_id": visit.booking_id,
                "merchant_id": visit.merchant_id,
                "first_visit": visit.is_new_customer,
                "paid_back_rupees": rupees(visit.reimbursement_paise),
                "taken_back_rupees": rupees(visit.reversed_paise),
                "bill_rupees": None if visit.bill_paise is None else rupees(visit.bill_paise),
            }
            for visit in visits
        ],
        "check_ins": [
            {
                "at": noted.created_at,
                "merchant_id": noted.merchant_id,
                "first_visit": noted.is_new_customer,
                "bill_rupees": None if noted.bill_paise is None else rupees(noted.bill_paise),
            }
            for noted in CheckIn.objects.filter(rider_id=person_id).order_by("created_at", "pk")
        ],
        "disputes": list(
            Dispute.objects.filter(opened_by=person_id)
            .order_by("opened_at", "pk")
            .values("handshake_id", "reason", "state", "opened_at", "decided_at")
        ),
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return the disputes that are not decided, the person's own or about the person's visits."""
    disputes = Dispute.objects.filter(
        Q(opened_by=person_id) | Q(handshake__rider_id=person_id), state=Dispute.State.OPEN
    )
    return [
        Obstacle("dispute_open", "A dispute about a visit is not decided yet.", until=due_at)
        for due_at in disputes.order_by("pk").values_list("due_at", flat=True)
    ]


def erase(*, person_id: UUID, now: datetime) -> None:
    """Erase nothing: a visit belongs to the merchant's books too, by the rider's bare id."""
