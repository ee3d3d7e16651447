"""
What a finished order leaves to settle with its seller app, noted by the callback that told its end.

The ledger is a job's to bring after (`services.book_fees`): a posting that is refused must not keep a
ride from ending. Pure but for the one row it keeps.
"""

from datetime import datetime
from uuid import UUID, uuid5

from apps.ondc.messages import QuoteTold
from apps.ondc.models import RideOrder, Settlement
from uma.kernel.gst import Gst
from uma.kernel.money import share_bps

# Names of sellers' accounts in the ledger; the registry's own rows change with each key.
_SELLERS = UUID("0c8f2b0e-6f2e-4b43-9d3a-6f0f5a1d8a11")
GST_BPS = 1_800
_WHOLE = 10_000
Collector = Settlement.Collector


def seller_key(bpp_id: str) -> UUID:
    """Return by what the ledger knows a seller app, whatever key it signs with."""
    return uuid5(_SELLERS, bpp_id)


def split(gross_paise: int, *, intra_state: bool) -> tuple[int, Gst]:
    """
    Return what of an amount is ours, and its tax: a finder fee is agreed with its tax inside (product rule 2.6, 14).

    Each component is the rate's share of the whole, rounded by itself (CGST Rules 2017, rule 35), so that
    the two halves within a state are equal; what is left is ours.
    """
    if not intra_state:
        tax = Gst(0, 0, _inside(gross_paise, GST_BPS))
    else:
        half = _inside(gross_paise, GST_BPS // 2)
        tax = Gst(half, half, 0)
    return gross_paise - tax.total_paise, tax


def _inside(gross_paise: int, rate_bps: int) -> int:
    divisor = _WHOLE + GST_BPS
    return (gross_paise * rate_bps * 2 + divisor) // (divisor * 2)


def to_move(row: Settlement) -> int:
    """Return what whoever took the rider's money has to pay the other for an order."""
    return row.fee_paise if row.collected_by == Collector.BPP else row.fare_paise - row.fee_paise


def share_of(order: RideOrder, quote: QuoteTold) -> tuple[int, int]:
    """Return the fare that our share is of, and the share; what a rider gave on top after the ride is no fare."""
    extra = quote.price_paise - quote.fare_paise
    catalogue = order.offer.price_paise if order.offer is not None else 0
    bid = max((order.bid_paise or 0) - catalogue, 0) if order.bid_paise else 0
    fare_paise = quote.fare_paise + max(min(extra, bid), 0)
    return fare_paise, share_bps(fare_paise, order.finder_fee_bps or 0)


def owe(order: RideOrder, quote: QuoteTold, *, now: datetime) -> bool:
    """Note what a seller owes for a ride that ended; answer False when that was settled as another amount."""
    fare_paise, fee_paise = share_of(order, quote)
    row, is_new = Settlement.objects.select_for_update(no_key=True).get_or_create(
        order=order,
        defaults={
            "zone_code": order.transaction.zone_code,
            "domain": order.transaction.domain,
            "bpp_id": order.bpp_id,
            "number": order.number,
            "payment_id": order.payment_id,
            "collected_by": Collector.BPP,
            "fare_paise": fare_paise,
            "fee_bps": order.finder_fee_bps or 0,
            "fee_paise": fee_paise,
            "due_at": now,
        },
    )
    return is_new or _change(row, fare_paise=fare_paise, fee_paise=fee_paise)


def owe_nothing(order: RideOrder) -> bool:
    """Note that a seller took an order back after its ride; answer False when it was settled already."""
    row = Settlement.objects.select_for_update(no_key=True).filter(order=order).first()
    return row is None or _change(row, fare_paise=0, fee_paise=0)


def owe_seller(order: RideOrder, *, now: datetime) -> None:
    """Note, for tickets that were travelled on, what of their price is the seller's and what is our share."""
    fare_paise = order.fare_paise or 0
    _keep(order, fare_paise, share_bps(fare_paise, order.finder_fee_bps or 0), now=now)


def owe_seller_for_cancelled(order: RideOrder, *, now: datetime) -> None:
    """Note what a cancellation leaves the seller: its charge, of which nothing is ours (ondc.md 9)."""
    _keep(order, order.cancel_charge_paise or 0, 0, now=now)


def _keep(order: RideOrder, fare_paise: int, fee_paise: int, *, now: datetime) -> None:
    Settlement.objects.get_or_create(
        order=order,
        defaults={
            "zone_code": order.transaction.zone_code,
            "domain": order.transaction.domain,
            "bpp_id": order.bpp_id,
            "number": order.number,
            "payment_id": order.payment_id,
            "collected_by": Collector.BAP,
            "fare_paise": fare_paise,
            "fee_bps": order.finder_fee_bps or 0,
            "fee_paise": fee_paise,
            "due_at": now,
        },
    )


def _change(row: Settlement, *, fare_paise: int, fee_paise: int) -> bool:
    if (row.fare_paise, row.fee_paise) == (fare_paise, fee_paise):
        return True
    # The fee of this very fare was agreed upon: a seller that repeats itself does not undo that.
    if row.fee_agreed_at is not None and row.fare_paise == fare_paise:
        return True
    if row.settled_at is not None:
        return False
    row.fare_paise, row.fee_paise, row.fee_agreed_at = fare_paise, fee_paise, None
    # What both sides agreed on, or did not, was another amount.
    row.recon = Settlement.Recon.NONE
    row.save(update_fields=["fare_paise", "fee_paise", "fee_agreed_at", "recon"])
    return True
