"""
Receipt vouchers: that a top-up was received, on request, once.

The prepaid balance is a deposit until a visit, a boost or a plan is paid from it, so a voucher carries no
tax (product rule 2.9).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.payments import selectors
from apps.payments.errors import TopUpNotPaid
from apps.payments.models import Document, DocumentKind, Payment
from apps.payments.services import documents
from apps.payments.services.numbering import lock_series


@dataclass(frozen=True, slots=True)
class Receipt:
    """A voucher, and whether it had been issued before."""

    document: Document
    replayed: bool


@transaction.atomic(durable=True)
def issue_receipt(*, merchant_id: UUID, top_up_id: UUID, now: datetime) -> Receipt:
    """
    Issue the receipt voucher of a merchant's own top-up, or return the one that was issued.

    Raises:
        TopUpNotFound, TopUpNotPaid, SellerUnknown, SeriesExhausted
    """
    top_up = selectors.top_up_of(merchant_id=merchant_id, top_up_id=top_up_id)
    payment = Payment.objects.filter(top_up=top_up).first()
    if payment is None:
        raise TopUpNotPaid
    if earlier := _issued(payment):
        return Receipt(earlier, replayed=True)
    who = documents.parties(merchant_id=merchant_id, zone_code=top_up.merchant.zone_id, now=now)
    series = lock_series(
        kind=DocumentKind.RECEIPT_VOUCHER,
        series_code=who.seller.series,
        timezone=who.zone.timezone,
        now=now,
    )
    # Again behind the lock, because a twin of this request may have been first.
    if earlier := _issued(payment):
        return Receipt(earlier, replayed=True)
    snapshot = documents.snapshot_of(
        who, kind=DocumentKind.RECEIPT_VOUCHER, words_paise=payment.amount_paise
    ) | {
        "payment": {
            "id": payment.payment_id,
            "top_up_id": str(top_up.pk),
            "method": payment.method,
            "received_at": payment.credited_at.isoformat(),
        }
    }
    issued = documents.write(
        who,
        series,
        kind=DocumentKind.RECEIPT_VOUCHER,
        now=now,
        snapshot=snapshot,
        integrated=False,
        total_paise=payment.amount_paise,
        journal_id=payment.journal_id,
    )
    return Receipt(issued, replayed=False)


def _issued(payment: Payment) -> Document | None:
    return Document.objects.filter(journal_id=payment.journal_id).first()
