"""Invoices, credit notes and receipt vouchers as they were issued, to read and to download."""

from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.payments import printing
from apps.payments.models import Document, InvoiceRun, Series
from uma.kernel.desk import ReadOnlyAdmin, link_to
from uma.kernel.desk_amounts import amount


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin[Series]):
    few = True
    list_display = ("code", "kind", "financial_year", "last_number")
    list_filter = ("kind", "financial_year")
    ordering = ("-financial_year", "code", "kind")


@admin.register(InvoiceRun)
class InvoiceRunAdmin(ReadOnlyAdmin[InvoiceRun]):
    few = True
    zone_path = "zone_id"
    list_display = ("month", "zone", "invoices", "completed_at")
    list_filter = ("zone",)
    ordering = ("-month", "zone")


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin[Document]):
    zone_path = "zone_id"
    list_display = (
        "issued_at", "number", "kind", "merchant", "month", "taxable", "tax", "total", "download",
    )  # fmt: skip
    list_filter = ("kind", "zone", "month")
    list_select_related = ("merchant",)
    search_fields = ("=id", "=number", "=merchant__id")
    fields = readonly_fields = (
        "id", "number", "kind", "zone", "merchant", "month", "issued_at", "taxable", "tax", "total",
        "passed_on", "corrects", "journal", "download", "snapshot",
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.pdf)
        return [
            path("<uuid:document_id>/pdf", view, name="payments_document_pdf"),
            *super().get_urls(),
        ]

    def pdf(self, request: HttpRequest, document_id: UUID) -> HttpResponse:
        """Answer the document as PDF, to whoever may see its row."""
        rows = self.get_queryset(request).select_related("corrects")
        document = (
            rows.filter(pk=document_id).first() if self.has_view_permission(request) else None
        )
        if document is None:
            raise Http404
        name = printing.file_name(document)
        return HttpResponse(
            printing.pdf_of(document),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
            },
        )

    @admin.display(description="Taxable value")
    def taxable(self, document: Document) -> str:
        return amount(document.taxable_paise)

    @admin.display(description="GST")
    def tax(self, document: Document) -> str:
        return amount(document.cgst_paise + document.sgst_paise + document.igst_paise)

    @admin.display(description="Total")
    def total(self, document: Document) -> str:
        return amount(document.total_paise)

    @admin.display(description="Passed on to riders")
    def passed_on(self, document: Document) -> str:
        return amount(document.pass_through_paise)

    @admin.display(description="In the ledger")
    def journal(self, document: Document) -> SafeString | str:
        if document.journal_id is None:
            return "—"
        return link_to("wallet_journal_changelist", "its posting", id__exact=document.journal_id)

    @admin.display(description="PDF")
    def download(self, document: Document) -> SafeString:
        address = reverse("admin:payments_document_pdf", args=[document.pk])
        return format_html('<a href="{}">Download</a>', address)
