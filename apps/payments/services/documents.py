"""How a document is written down: its number, its sums, and a snapshot of everything it says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from apps.merchants import selectors as merchants
from apps.merchants.models import Merchant, Zone
from apps.payments import billing, selectors
from apps.payments.amounts import in_words
from apps.payments.billing import Bill, PassThrough
from apps.payments.errors import SellerUnknown
from apps.payments.models import Document, DocumentKind, Seller, Series
from apps.payments.services.numbering import take_number
from uma.kernel.gstin import STATES
from uma.kernel.ids import new_id

Snapshot = dict[str, Any]  # Any: a JSON document


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sells to whom, where, on a document that is being issued."""

    zone: Zone
    seller: Seller
    merchant: Merchant


def parties(*, merchant_id: UUID, zone_code: str, now: datetime) -> Parties:
    """
    Return who sells to the merchant in the zone now.

    Raises:
        UnknownZone, UnknownMerchant, SellerUnknown
    """
    zone = merchants.zone(code=zone_code)
    seller = require_seller(zone_code=zone_code, at=now)
    return Parties(zone, seller, merchants.merchant(merchant_id=merchant_id))


def require_seller(*, zone_code: str, at: datetime) -> Seller:
    """
    Return who sells in a zone at an instant.

    Raises:
        SellerUnknown
    """
    seller = selectors.seller_of(zone_code=zone_code, at=at)
    if seller is None:
        raise SellerUnknown(f"Nobody was named as the seller in {zone_code}.")
    return seller


def write_bill(
    who: Parties,
    series: Series,
    bill: Bill,
    *,
    kind: DocumentKind,
    month: date,
    reimbursements: Iterable[PassThrough],
    now: datetime,
    corrects: Document | None = None,
    journal_id: UUID | None = None,
) -> Document:
    """Issue a bill under the next number of a locked series, in the caller's transaction."""
    outside = list(reimbursements)
    snapshot = snapshot_of(who, kind=kind, words_paise=bill.total_paise) | {
        "place_of_supply": _state(_place_of_supply(who, bill)),
        "lines": [_line(who.seller, line) for line in bill.lines],
        "taxes": [
            {"name": tax.name, "rate_bps": tax.rate_bps, "amount_paise": tax.amount_paise}
            for tax in billing.taxes_of(bill)
        ],
        "pass_through": [
            {"title": item.title, "count": item.count, "amount_paise": item.amount_paise}
            for item in outside
        ],
    }
    return write(
        who,
        series,
        kind=kind,
        now=now,
        snapshot=snapshot,
        month=month,
        integrated=bill.integrated,
        taxable_paise=bill.taxable_paise,
        cgst_paise=bill.taxes["gst_cgst"],
        sgst_paise=bill.taxes["gst_sgst"],
        igst_paise=bill.taxes["gst_igst"],
        total_paise=bill.total_paise,
        pass_through_paise=sum(item.amount_paise for item in outside),
        corrects=corrects,
        journal_id=journal_id,
    )


def write(
    who: Parties,
    series: Series,
    *,
    kind: DocumentKind,
    now: datetime,
    snapshot: Snapshot,
    **facts: Any,  # Any: columns of many types
) -> Document:
    """Insert a document under the next number of a locked series."""
    number = take_number(series)
    document = Document(
        id=new_id(),
        kind=kind,
        number=number.text,
        series=number.series,
        sequence=number.sequence,
        zone=who.zone,
        merchant=who.merchant,
        issued_at=now,
        snapshot=snapshot,
        **facts,
    )
    document.save(force_insert=True)
    return document


def snapshot_of(who: Parties, *, kind: DocumentKind, words_paise: int) -> Snapshot:
    """Return what every document says of its two sides, as it is today."""
    seller, merchant = who.seller, who.merchant
    addresses = [outlet.address for outlet in merchants.outlets(merchant_id=merchant.pk)]
    return {
        "kind": kind,
        "timezone": who.zone.timezone,
        "seller": {
            "legal_name": seller.legal_name,
            "address": seller.address,
            "gstin": seller.gstin,
            "state": _state(seller.gstin[:2]),
        },
        "buyer": {
            "id": str(merchant.pk),
            "legal_name": merchant.legal_name,
            "brand": merchant.brand,
            # The first place of business; a merchant has no other address of its own.
            "address": next((address for address in addresses if address), ""),
            "gstin": merchant.gstin or None,
            "state": _state(merchant.state_code),
        },
        "place_of_supply": _state(merchant.state_code),
        "lines": [],
        "taxes": [],
        "pass_through": [],
        "words": in_words(words_paise),
    }


def _line(seller: Seller, line: billing.Line) -> Snapshot:
    plan = line.kind in billing.PLANS
    return {
        "kind": line.kind,
        "title": line.title,
        "sac": seller.subscription_sac if plan else seller.advertising_sac,
        "quantity": line.quantity,
        "rate_paise": line.rate_paise,
        "amount_paise": line.amount_paise,
    }


def _place_of_supply(who: Parties, bill: Bill) -> str:
    """Return the merchant's state (product rule 1.12); the tax that was charged says when it moved."""
    within = bool(bill.tax_paise) and not bill.integrated
    return who.seller.gstin[:2] if within else who.merchant.state_code


def _state(code: str) -> Snapshot:
    return {"code": code, "name": STATES.get(code, "")}
