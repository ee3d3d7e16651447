"""What the ondc app keeps about a rider: where they went, by whom, and what was written about it."""

from datetime import datetime
from uuid import UUID

from apps.ondc.models import (
    InboundMessage,
    Issue,
    IssueAct,
    OutboundMessage,
    RideOrder,
    Ticket,
    TicketTrip,
    Transaction,
)
from uma.kernel.personal_data import Obstacle

SECTION = "Rides"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return the rider's journeys and orders; a driver's own data is the driver's."""
    journeys = Transaction.objects.filter(rider_id=person_id).order_by("opened_at", "pk")
    orders = RideOrder.objects.filter(transaction__rider_id=person_id).order_by("created_at", "pk")
    return {
        "searches": [
            {
                "id": row.pk,
                "city": row.city,
                "pickup": row.pickup,
                "drop": row.drop,
                "via": row.via,
                "vehicle_category": row.vehicle_category,
                "booking_id": row.booking_id,
                "opened_at": row.opened_at,
            }
            for row in journeys
        ],
        "tickets": [
            {
                "transaction_id": row.transaction_id,
                "mode": row.mode,
                "from": row.from_name,
                "to": row.to_name,
                "count": row.count,
            }
            for row in TicketTrip.objects.filter(transaction__rider_id=person_id).order_by("pk")
        ],
        "complaints": [
            {"id": row.pk, "code": row.code, "text": row.long_text, "created_at": row.created_at}
            for row in Issue.objects.filter(order__transaction__rider_id=person_id).order_by("pk")
        ],
        "rides": list(
            orders.values(
                "transaction_id", "bpp_id", "number", "vehicle_category", "stage", "ride_state",
                "fare_paise", "cancelled_by", "cancel_charge_paise", "created_at", "changed_at",
            )
        ),
    }  # fmt: skip


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return the rides under way: a driver knows the rider by name."""
    live = RideOrder.objects.filter(
        transaction__rider_id=person_id, stage__in=["CONFIRMING", "ACTIVE"]
    ).exclude(ride_state="RIDE_ENDED")
    return [
        Obstacle("ride_live", f"The ride {row.number or row.pk} is under way: end or cancel it.")
        for row in live.order_by("pk")
    ]


def erase(*, person_id: UUID, now: datetime) -> None:  # noqa: ARG001 — the protocol's signature
    """Empty places and messages; that there were journeys stays known by the bare id."""
    Transaction.objects.filter(rider_id=person_id).update(pickup="", drop="", via="")
    TicketTrip.objects.filter(transaction__rider_id=person_id).update(
        from_code="", from_name="", to_code="", to_name=""
    )
    Ticket.objects.filter(order__transaction__rider_id=person_id).update(token="")
    RideOrder.objects.filter(transaction__rider_id=person_id).update(
        driver_name="", driver_phone="", driver_place="", start_code="", tracking_url=""
    )
    InboundMessage.objects.filter(transaction__rider_id=person_id).exclude(state="WAITING").update(
        raw=""
    )
    OutboundMessage.objects.filter(question__transaction__rider_id=person_id).exclude(
        state="WAITING"
    ).update(body="")
    Issue.objects.filter(order__transaction__rider_id=person_id).update(
        long_text="", sellers_part=""
    )
    IssueAct.objects.filter(issue__order__transaction__rider_id=person_id).update(text="", told="")
