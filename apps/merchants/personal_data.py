"""What the merchants app keeps about a person: applications, posts, offers and first visits."""

from datetime import datetime
from uuid import UUID

from apps.merchants import selectors
from apps.merchants.models import Application, FirstVisit, Staff
from uma.kernel.personal_data import Obstacle

SECTION = "Merchants"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return what the person applied for, is offered and holds, and where the person is known."""
    return {
        "applications": list(
            Application.objects.filter(applicant_id=person_id)
            .order_by("pk")
            .values("merchant__brand", "state", "reason", "created_at", "decided_at")
        ),
        "offers": [
            {"merchant": one.merchant.brand, "role": one.role, "until": one.expires_at}
            for one in selectors.offers_to(person_id=person_id)
        ],
        "posts": list(
            Staff.objects.filter(user_id=person_id)
            .order_by("pk")
            .values("merchant__brand", "role", "is_active", "created_at")
        ),
        "customer_of": list(
            FirstVisit.objects.filter(person_id=person_id)
            .order_by("pk")
            .values("merchant_id", "at")
        ),
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return the merchants that would be left without an owner."""
    posts = Staff.objects.filter(user_id=person_id, is_active=True, role=Staff.Role.OWNER)
    return [
        Obstacle("last_owner", f"{brand} would have no owner: make somebody else one, or close it.")
        for merchant_id, brand, status in posts.values_list(
            "merchant_id", "merchant__brand", "merchant__status"
        )
        if status != "CLOSED"
        and not Staff.objects.filter(merchant_id=merchant_id, is_active=True, role=Staff.Role.OWNER)
        .exclude(user_id=person_id)
        .exists()
    ]


def erase(*, person_id: UUID, now: datetime) -> None:  # noqa: ARG001 — the protocol's signature
    """End the person's posts; that somebody was a customer stays known by the bare id."""
    Staff.objects.filter(user_id=person_id, is_active=True).update(is_active=False)
