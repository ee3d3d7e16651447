"""Reads about payouts."""

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.payments.errors import PayoutNotFound
from apps.payments.models import Payout


def payout_of(
    *, payout_id: UUID, person_id: UUID | None = None, merchant_id: UUID | None = None
) -> Payout:
    """
    Return the payee's own payout.

    Raises:
        PayoutNotFound: also for another payee's
    """
    found = _of(person_id, merchant_id).filter(pk=payout_id).first()
    if found is None:
        raise PayoutNotFound
    return found


def payouts_of(
    *,
    limit: int,
    before: UUID | None,
    person_id: UUID | None = None,
    merchant_id: UUID | None = None,
) -> list[Payout]:
    """Return up to `limit` of the payee's payouts, the newest first, older than `before`."""
    rows = _of(person_id, merchant_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def _of(person_id: UUID | None, merchant_id: UUID | None) -> QuerySet[Payout]:
    assert (person_id is None) != (merchant_id is None), "a payout has one payee"
    mine = Q(person_id=person_id) if person_id is not None else Q(merchant_id=merchant_id)
    return Payout.objects.select_related("fund_account").filter(mine)
