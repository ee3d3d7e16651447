"""The first visit: noting it where no money moves, and undoing one that turned out not to be one."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.merchants.models import FirstVisit


def record_first_visit(*, merchant_id: UUID, person_id: UUID, visit_id: UUID, at: datetime) -> bool:
    """Note that the person came to the merchant; say whether for the first time. The insert decides."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT merchants_record_first_visit(%s, %s, %s, %s)",
            [merchant_id, person_id, visit_id, at],
        )
        row = cursor.fetchone()
    assert row is not None
    return bool(row[0])


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
