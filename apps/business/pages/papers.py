"""The invoices: the list, and each as a page of A4."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.business.visiting import Visitor, page, show
from apps.merchants import duties
from apps.payments import selectors

SHOWN = 60


@page(duties.READ_MONEY)
def invoices(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the documents, the newest first."""
    rows = selectors.documents_of(merchant_id=visitor.staff.merchant_id, limit=SHOWN, before=None)
    papers = [(row, reverse("business-invoice", args=[row.pk])) for row in rows]
    return show(request, "invoices", {"papers": papers}, visitor=visitor)


@page(duties.READ_MONEY)
def invoice(request: HttpRequest, visitor: Visitor, document_id: UUID) -> HttpResponse:
    """Hand out a document as a file."""
    del request
    found = selectors.document_of(merchant_id=visitor.staff.merchant_id, document_id=document_id)
    file = selectors.printed(found)
    return HttpResponse(
        file.content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Cache-Control": "private, no-store",
        },
    )
