"""
Monthly invoices and the credit notes that follow them (product rule 2.9).

An invoice bills what the ledger says was sold in a zone's month, less what was returned in the same
month. What is returned later has a credit note, one for each reversal, that names the invoice.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from logging import getLogger
from uuid import UUID

from django.db import DatabaseError, transaction

from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.payments import billing, selectors
from apps.payments.errors import MonthNotOver
from apps.payments.models import Document, DocumentKind, InvoiceRun
from apps.payments.services import documents
from apps.payments.services.numbering import lock_series
from apps.wallet import selectors as wallet
from apps.wallet.selectors import ReversalJournal
from uma.kernel.errors import DomainError
from uma.kernel.zones import month_after, month_of, month_span

logger = getLogger(__name__)

# A posting is dated by the request that makes it and committed within seconds; this is hundreds of times that.
SETTLES_WITHIN = timedelta(hours=2)
# An operator may reverse a visit for ninety days; a month's grace for an outage of the job.
LOOKS_BACK = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Billed:
    """What a run issued, and the merchants whose documents could not be."""

    invoices: int
    failed: int


def issue_due_invoices(*, now: datetime) -> int:
    """
    Bill every zone's months that are over and were not billed yet; return how many were issued.

    A zone where nobody was named as the seller waits, and says so each time.
    """
    issued = 0
    for zone in merchants.zones():
        due = _due_months(zone, now=now)
        if due and selectors.seller_of(zone_code=zone.pk, at=now) is None:
            logger.warning("a zone has no seller to issue its invoices", extra={"zone": zone.pk})
            continue
        for month in due:
            issued += bill_month(zone_code=zone.pk, month=month, now=now).invoices
    return issued


def bill_month(*, zone_code: str, month: date, now: datetime) -> Billed:
    """
    Issue the month's invoices of every merchant in a zone; those that were issued stay as they are.

    One merchant's trouble holds up nobody else's invoice; the month stays due until all have theirs.

    Raises:
        UnknownZone, MonthNotOver, SellerUnknown
    """
    zone = merchants.zone(code=zone_code)
    _require_over(zone, month, now=now)
    documents.require_seller(zone_code=zone_code, at=now)
    invoices = failed = 0
    for merchant_id in merchants.merchant_ids_in(zone_code=zone_code):
        try:
            made = issue_invoices(
                merchant_id=merchant_id, zone_code=zone_code, month=month, now=now
            )
        except (DomainError, DatabaseError):
            failed += 1
            logger.exception(
                "a merchant could not be invoiced",
                extra={"merchant_id": merchant_id, "zone": zone_code},
            )
        else:
            invoices += len(made)
    if not failed:
        run = InvoiceRun(zone=zone, month=month, completed_at=now, invoices=invoices)
        # The operator's command may have completed the month as well.
        InvoiceRun.objects.bulk_create([run], ignore_conflicts=True)
    return Billed(invoices, failed)


@transaction.atomic(durable=True)
def issue_invoices(
    *, merchant_id: UUID, zone_code: str, month: date, now: datetime
) -> list[Document]:
    """
    Issue a merchant's invoices of a zone's month and return them; none when there are some already.

    One, or two for a merchant that moved to another state in that month. Nothing sold is no invoice.

    Raises:
        UnknownZone, UnknownMerchant, SellerUnknown, MonthNotOver, SeriesExhausted
    """
    who = documents.parties(merchant_id=merchant_id, zone_code=zone_code, now=now)
    _require_over(who.zone, month, now=now)
    since, until = month_span(month, who.zone.timezone)
    flows = selectors.sold(merchant_id=merchant_id, zone_code=zone_code, since=since, until=until)
    bills = billing.bills(flows)
    if not bills or _invoices(merchant_id, zone_code, month):
        return []
    outside = billing.pass_through(
        selectors.reimbursed(merchant_id=merchant_id, zone_code=zone_code, since=since, until=until)
    )
    series = lock_series(
        kind=DocumentKind.INVOICE,
        series_code=who.seller.series,
        timezone=who.zone.timezone,
        now=now,
    )
    # Again behind the lock, because a twin may have been first.
    if _invoices(merchant_id, zone_code, month):
        return []
    made: list[Document] = []
    for bill in bills:
        made.append(
            documents.write_bill(
                who,
                series,
                bill,
                kind=DocumentKind.INVOICE,
                month=month,
                # Once: with the first of two.
                reimbursements=() if made else outside,
                now=now,
            )
        )
    return made


def issue_credit_notes(*, now: datetime, since: datetime | None = None) -> int:
    """
    Issue a credit note for each reversal of what an earlier month's invoice bills; return how many.

    Looks at reversals posted from `since` on, by default 120 days. One whose invoice is not issued yet
    waits for it; one that happened in the month of the sale is in that month's invoice.
    """
    zones = {zone.pk: zone for zone in merchants.zones()}
    reversals = wallet.reversal_journals(
        kinds=billing.REVERSALS,
        account_kinds=list(billing.FEES),
        since=now - LOOKS_BACK if since is None else since,
    )
    known = set(
        Document.objects.filter(kind=DocumentKind.CREDIT_NOTE)
        .filter(journal_id__in=[reversal.journal_id for reversal in reversals])
        .values_list("journal_id", flat=True)
    )
    issued = 0
    for reversal in reversals:
        zone = zones.get(reversal.zone_code)
        if reversal.journal_id in known or zone is None or not _is_late(reversal, zone):
            continue
        try:
            issued += issue_credit_note(reversal=reversal, now=now) is not None
        except (DomainError, DatabaseError):
            logger.exception(
                "a credit note could not be issued",
                extra={"merchant_id": reversal.merchant_id, "zone": reversal.zone_code},
            )
    return issued


@transaction.atomic(durable=True)
def issue_credit_note(*, reversal: ReversalJournal, now: datetime) -> Document | None:
    """
    Issue the credit note of one reversal, unless it has one or its invoice is not issued yet.

    Raises:
        UnknownZone, UnknownMerchant, SellerUnknown, SeriesExhausted
    """
    who = documents.parties(merchant_id=reversal.merchant_id, zone_code=reversal.zone_code, now=now)
    flows = wallet.journal_flows(
        merchant_id=reversal.merchant_id,
        journal_id=reversal.journal_id,
        account_kinds=[*selectors.INCOME_KINDS, *billing.RIDERS],
        priced_kinds=list(billing.FEES),
    )
    (bill,) = billing.bills(flows, sign=-1)
    month = month_of(reversal.reversed_at, who.zone.timezone)
    invoices = _invoices(reversal.merchant_id, reversal.zone_code, month)
    if not invoices:
        return None
    invoice = next((one for one in invoices if one.integrated == bill.integrated), invoices[0])
    series = lock_series(
        kind=DocumentKind.CREDIT_NOTE,
        series_code=who.seller.series,
        timezone=who.zone.timezone,
        now=now,
    )
    if Document.objects.filter(journal_id=reversal.journal_id).exists():
        return None
    return documents.write_bill(
        who,
        series,
        bill,
        kind=DocumentKind.CREDIT_NOTE,
        month=month_of(reversal.event_at, who.zone.timezone),
        reimbursements=billing.pass_through(flows),
        now=now,
        corrects=invoice,
        journal_id=reversal.journal_id,
    )


def _is_late(reversal: ReversalJournal, zone: Zone) -> bool:
    sold = month_of(reversal.reversed_at, zone.timezone)
    return sold < month_of(reversal.event_at, zone.timezone)


def _invoices(merchant_id: UUID, zone_code: str, month: date) -> list[Document]:
    rows = Document.objects.filter(
        merchant_id=merchant_id, zone_id=zone_code, month=month, kind=DocumentKind.INVOICE
    )
    return list(rows.order_by("integrated"))


def _due_months(zone: Zone, *, now: datetime) -> list[date]:
    billed = set(InvoiceRun.objects.filter(zone=zone).values_list("month", flat=True))
    month, due = month_of(zone.opened_at, zone.timezone), []
    while _is_over(zone, month, now=now):
        if month not in billed:
            due.append(month)
        month = month_after(month)
    return due


def _is_over(zone: Zone, month: date, *, now: datetime) -> bool:
    _, until = month_span(month, zone.timezone)
    return now >= until + SETTLES_WITHIN


def _require_over(zone: Zone, month: date, *, now: datetime) -> None:
    if not _is_over(zone, month, now=now):
        raise MonthNotOver(f"{month:%B %Y} is not over and settled in {zone.name} yet.")
