"""Reads about invoices, credit notes and receipt vouchers, and whether they agree with the ledger."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Sum

from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.payments import billing, printing
from apps.payments.errors import DocumentNotFound
from apps.payments.models import Document, DocumentKind, Seller
from apps.wallet import selectors as wallet
from apps.wallet.selectors import Flow
from uma.kernel.zones import month_span

INCOME_KINDS = (*billing.FEES, *billing.TAXES)


@dataclass(frozen=True, slots=True)
class Difference:
    """A merchant whose month in the ledger is not what its documents say, in paise."""

    merchant_id: UUID
    ledger_paise: int
    documents_paise: int


def seller_of(*, zone_code: str, at: datetime) -> Seller | None:
    """Return who sells in a zone at an instant, `None` when nobody was named yet."""
    begun = Seller.objects.filter(zone_id=zone_code, effective_from__lte=at)
    return begun.order_by("-effective_from").first()


def zones_without_seller(*, at: datetime) -> list[Zone]:
    """Return the zones where nobody is named as the seller at an instant, in the order of their codes."""
    named = set(Seller.objects.filter(effective_from__lte=at).values_list("zone_id", flat=True))
    return sorted(
        (zone for zone in merchants.zones() if zone.code not in named), key=lambda zone: zone.code
    )


def documents_of(
    *, merchant_id: UUID, limit: int, before: UUID | None, kind: str | None = None
) -> list[Document]:
    """Return up to `limit` of the merchant's documents, the newest first, older than `before`."""
    rows = Document.objects.filter(merchant_id=merchant_id).select_related("corrects")
    if kind is not None:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def document_of(*, merchant_id: UUID, document_id: UUID) -> Document:
    """
    Return the merchant's own document.

    Raises:
        DocumentNotFound: also for another merchant's
    """
    rows = Document.objects.select_related("corrects")
    found = rows.filter(pk=document_id, merchant_id=merchant_id).first()
    if found is None:
        raise DocumentNotFound
    return found


@dataclass(frozen=True, slots=True)
class Printed:
    """A document as a file: its name and the PDF."""

    name: str
    content: bytes


def printed(document: Document) -> Printed:
    """Return the document as one page of A4."""
    return Printed(printing.file_name(document), printing.pdf_of(document))


def sold(*, merchant_id: UUID, zone_code: str, since: datetime, until: datetime) -> list[Flow]:
    """
    Return what the merchant was sold in a period, with its tax, less what was returned of just that.

    A later return of it is a credit note's; the return of what was sold before is too.
    """
    return wallet.merchant_flows(
        merchant_id=merchant_id,
        zone_code=zone_code,
        since=since,
        until=until,
        journal_kinds=[*billing.SALES, *billing.REVERSALS],
        account_kinds=INCOME_KINDS,
        priced_kinds=list(billing.FEES),
        closed=True,
    )


def reimbursed(
    *, merchant_id: UUID, zone_code: str, since: datetime, until: datetime
) -> list[Flow]:
    """Return what went to riders on the merchant's behalf in a period, and what came back in it."""
    return wallet.merchant_flows(
        merchant_id=merchant_id,
        zone_code=zone_code,
        since=since,
        until=until,
        journal_kinds=list(billing.VISITS),
        account_kinds=list(billing.RIDERS),
        closed=False,
    )


def differences(*, zone_code: str, month: date) -> list[Difference]:
    """
    Compare a month's documents with the ledger's income and tax, merchant by merchant, to the paisa.

    The month's credit notes count against its invoices: they are of reversals that happened in it.
    """
    zone = merchants.zone(code=zone_code)
    since, until = month_span(month, zone.timezone)
    found = []
    for merchant_id in merchants.merchant_ids_in(zone_code=zone_code):
        flows = wallet.merchant_flows(
            merchant_id=merchant_id,
            zone_code=zone_code,
            since=since,
            until=until,
            journal_kinds=[*billing.SALES, *billing.REVERSALS],
            account_kinds=INCOME_KINDS,
            closed=False,
        )
        ledger_paise = sum(flow.amount_paise for flow in flows)
        documents_paise = _documents_paise(merchant_id, zone_code, month)
        if ledger_paise != documents_paise:
            found.append(Difference(merchant_id, ledger_paise, documents_paise))
    return found


def _documents_paise(merchant_id: UUID, zone_code: str, month: date) -> int:
    rows = Document.objects.filter(merchant_id=merchant_id, zone_id=zone_code, month=month)
    sums = dict(rows.values_list("kind").annotate(Sum("total_paise")).order_by())
    return int(sums.get(DocumentKind.INVOICE, 0)) - int(sums.get(DocumentKind.CREDIT_NOTE, 0))
