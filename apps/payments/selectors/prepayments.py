"""Reads about payments in advance."""

from collections.abc import Collection
from uuid import UUID

from apps.payments.models import Prepayment


def held_purposes(*, limit: int) -> list[UUID]:
    """Return what money is held for and nothing was sent yet, the longest held first."""
    held = Prepayment.objects.filter(state=Prepayment.State.HELD).order_by("state_changed_at")
    return list(held.values_list("purpose", flat=True)[:limit])


def prepayment_of(*, purpose: UUID) -> Prepayment | None:
    """Return the newest payment for something, with what is owed back of it."""
    return prepayments_of(purposes=[purpose]).get(purpose)


def prepayments_of(*, purposes: Collection[UUID]) -> dict[UUID, Prepayment]:
    """Return the newest payment for each of these, with what is owed back of it."""
    rows = Prepayment.objects.filter(purpose__in=purposes).select_related("refund")
    return {row.purpose: row for row in rows.order_by("created_at", "pk")}
