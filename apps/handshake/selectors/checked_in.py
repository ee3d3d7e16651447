"""Visits without a deal, as the merchant counts and lists them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.handshake.models import CheckIn
from apps.merchants.selectors import pseudonym


@dataclass(frozen=True, slots=True)
class CameAnyway:
    """A guest without a deal, by the name that only this merchant sees; the bill in paise where it was keyed in."""

    at: datetime
    guest: str
    outlet_id: UUID
    is_new: bool
    bill_paise: int | None


def check_ins_of(
    *, merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID] = ()
) -> int:
    """Return how many visits without a deal were noted in a time; no outlets named means at all."""
    return _noted(merchant_id, since, until, outlet_ids).count()


def check_ins_one_by_one(
    *,
    merchant_id: UUID,
    since: datetime,
    until: datetime,
    limit: int,
    skip: int = 0,
    outlet_ids: Collection[UUID] = (),
) -> list[CameAnyway]:
    """Return the visits that `check_ins_of` counts, the newest first."""
    rows = _noted(merchant_id, since, until, outlet_ids).order_by("-created_at", "-pk")
    return [
        CameAnyway(
            one.created_at,
            pseudonym(merchant_id=merchant_id, rider_id=one.rider_id),
            one.outlet_id,
            one.is_new_customer,
            one.bill_paise,
        )
        for one in rows[skip : skip + limit]
    ]


def _noted(
    merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID]
) -> QuerySet[CheckIn]:
    rows = CheckIn.objects.filter(
        merchant_id=merchant_id, created_at__gte=since, created_at__lt=until
    )
    return rows.filter(outlet_id__in=outlet_ids) if outlet_ids else rows
