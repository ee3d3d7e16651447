"""Undoing a first visit that turned out not to be one."""

from uuid import UUID

from apps.merchants.models import FirstVisit


def forget_first_visit(*, merchant_id: UUID, person_id: UUID, booking_id: UUID) -> bool:
    """
    Forget that this booking made the person a customer; say whether it had.

    In the caller's transaction, when a visit is reversed in full. The pair finds the row by its
    index; the booking keeps a later visit's row from being taken for it.
    """
    deleted, _ = FirstVisit.objects.filter(
        merchant_id=merchant_id, person_id=person_id, booking_id=booking_id
    ).delete()
    return deleted > 0
