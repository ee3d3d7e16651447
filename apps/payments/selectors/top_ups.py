"""Reads about top-ups."""

from uuid import UUID

from apps.payments.errors import TopUpNotFound
from apps.payments.models import TopUp


def top_up_of(*, merchant_id: UUID, top_up_id: UUID) -> TopUp:
    """
    Return the merchant's own top-up.

    Raises:
        TopUpNotFound: also for another merchant's
    """
    found = TopUp.objects.filter(pk=top_up_id, merchant_id=merchant_id).first()
    if found is None:
        raise TopUpNotFound
    return found


def top_ups_of(*, merchant_id: UUID, limit: int, before: UUID | None) -> list[TopUp]:
    """Return up to `limit` of the merchant's top-ups, the newest first, older than `before`."""
    rows = TopUp.objects.filter(merchant_id=merchant_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])
