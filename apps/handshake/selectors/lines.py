"""Reads about handshakes: one, a merchant's lines of account, and those nobody was told about yet."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.handshake.errors import UnknownHandshake
from apps.handshake.models import Handshake
from apps.merchants.selectors import pseudonym, pseudonym_id
from apps.wallet import selectors as wallet
from uma.kernel.money import rupees

LINE_TYPES = {
    "rider_wallet": "reimbursement",
    "rider_parked": "reimbursement",
    "cpt": "cpt",
    "cpa": "cpa",
    "gst_cgst": "gst",
    "gst_sgst": "gst",
    "gst_igst": "gst",
}


@dataclass(frozen=True, slots=True)
class LineCursor:
    """The last line of a page: a handshake, and the number of the line in it."""

    created_at: datetime
    handshake_id: UUID
    line: int


@dataclass(frozen=True, slots=True)
class TransactionLine:
    """One thing a merchant paid for, in paise; the rider is a pseudonym that only this merchant sees."""

    id: UUID
    handshake_id: UUID
    user_id: UUID
    user_name: str
    amount_paise: int
    type: str
    timestamp: datetime
    is_new_customer: bool


def of_merchant(*, handshake_id: UUID, merchant_id: UUID) -> Handshake:
    """
    Return the merchant's own handshake.

    Raises:
        UnknownHandshake: also for another merchant's, so that identifiers cannot be probed
    """
    found = Handshake.objects.filter(pk=handshake_id, merchant_id=merchant_id).first()
    if found is None:
        raise UnknownHandshake
    return found


def of_rider(*, handshake_id: UUID, rider_id: UUID) -> Handshake:
    """
    Return the rider's own handshake.

    Raises:
        UnknownHandshake
    """
    found = Handshake.objects.filter(pk=handshake_id, rider_id=rider_id).first()
    if found is None:
        raise UnknownHandshake
    return found


def of_booking(*, booking_id: UUID, rider_id: UUID) -> Handshake | None:
    """Return how a rider's own booking was settled; None while it was not."""
    return Handshake.objects.filter(booking_id=booking_id, rider_id=rider_id).first()


def rider_ids(*, handshake_ids: Iterable[UUID]) -> list[UUID]:
    """Return whose these handshakes are, each rider once."""
    rows = Handshake.objects.filter(pk__in=list(handshake_ids)).order_by("rider_id")
    return list(rows.values_list("rider_id", flat=True).distinct())


def unannounced_ids(*, before: datetime, limit: int) -> list[UUID]:
    """Return the oldest handshakes, settled before `before`, whose rider was not told yet."""
    rows = Handshake.objects.filter(announced_at__isnull=True, created_at__lt=before)
    return list(rows.order_by("created_at").values_list("pk", flat=True)[:limit])


def transactions(
    *,
    merchant_id: UUID,
    limit: int,
    after: LineCursor | None = None,
    outlet_ids: Collection[UUID] = (),
) -> tuple[list[TransactionLine], LineCursor | None]:
    """
    Return the merchant's newest lines of account, and the cursor of the next page if there is one.

    With `outlet_ids`, only what was scanned at those outlets.
    """
    # A visit that cost nothing has no line; every other has one at least.
    rows = Handshake.objects.filter(merchant_id=merchant_id, merchant_debit_paise__gt=0)
    if outlet_ids:
        rows = rows.filter(outlet_id__in=outlet_ids)
    if after is not None:
        older = Q(created_at__lt=after.created_at)
        rows = rows.filter(older | Q(created_at=after.created_at, pk__lte=after.handshake_id))
    # So these are enough for a page and one line more, though all lines of the first were shown.
    handshakes = list(rows.order_by("-created_at", "-pk")[: limit + 2])
    transfers = wallet.transfers_of(journal_ids=[row.pk for row in handshakes])
    lines = [
        (LineCursor(handshake.created_at, handshake.pk, number), line)
        for handshake in handshakes
        for number, line in enumerate(_lines(handshake, transfers.get(handshake.pk, ())), start=1)
    ]
    if after is not None:
        lines = [
            (place, line)
            for place, line in lines
            if place.handshake_id != after.handshake_id or place.line > after.line
        ]
    page = lines[:limit]
    return [line for _, line in page], page[-1][0] if len(lines) > limit else None


def _lines(handshake: Handshake, transfers: Iterable[wallet.TransferRow]) -> list[TransactionLine]:
    return [
        TransactionLine(
            id=transfer.id,
            handshake_id=handshake.pk,
            user_id=pseudonym_id(merchant_id=handshake.merchant_id, rider_id=handshake.rider_id),
            user_name=pseudonym(merchant_id=handshake.merchant_id, rider_id=handshake.rider_id),
            amount_paise=transfer.amount_paise,
            type=LINE_TYPES[transfer.credit_kind],
            timestamp=handshake.created_at,
            is_new_customer=handshake.is_new_customer,
        )
        for transfer in transfers
        if transfer.credit_kind in LINE_TYPES
    ]


def webhook_payload(handshake: Handshake) -> dict[str, object]:
    """Return what a merchant's own system is told about a handshake: rupees, and no person."""
    return {
        "handshakeId": str(handshake.pk),
        "bookingId": str(handshake.booking_id),
        "campaignId": str(handshake.campaign_id),
        "outletId": str(handshake.outlet_id),
        "customer": str(
            pseudonym_id(merchant_id=handshake.merchant_id, rider_id=handshake.rider_id)
        ),
        "isNewCustomer": handshake.is_new_customer,
        "merchantDebit": rupees(handshake.merchant_debit_paise),
        "createdAt": handshake.created_at.isoformat(),
    }
