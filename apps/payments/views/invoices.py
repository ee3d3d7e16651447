"""Invoices, credit notes and receipt vouchers over HTTP."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.payments import printing, selectors, services
from apps.payments.errors import (
    DocumentNotFound,
    SellerUnknown,
    SeriesExhausted,
    TopUpNotFound,
    TopUpNotPaid,
)
from apps.payments.models import Document
from apps.payments.serializers.invoices import (
    KINDS,
    InvoiceResponse,
    InvoiceRow,
    invoice_response,
    invoice_row,
)
from uma.kernel.http.errors import InvalidCursor, InvalidParameter
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsMerchant
from uma.kernel.http.renderers import to_wire
from uma.kernel.http.serializers import EmptyRequest


class InvoicesView(APIView):
    """The merchant's invoices, credit notes and receipt vouchers, the newest first."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = REFUSALS

    @extend_schema(
        parameters=[OpenApiParameter("kind", str, enum=KINDS)], responses=InvoiceRow(many=True)
    )
    def get(self, request: Request) -> Response:
        merchant_id = acting(request, duties.READ_MONEY).merchant_id
        page = read_page(request)
        rows = selectors.documents_of(
            merchant_id=merchant_id,
            limit=page.limit + 1,
            before=_before(page.after),
            kind=_kind(request),
        )
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        answer = [invoice_row(row) for row in shown]
        return page_response(request, answer, str(shown[-1].pk) if more else None)


class InvoiceView(APIView):
    """One document as it was issued."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = (*REFUSALS, DocumentNotFound)

    @extend_schema(responses=InvoiceResponse)
    def get(self, request: Request, document_id: UUID) -> Response:
        return Response(invoice_response(_own(request, document_id)))


class PdfRenderer(BaseRenderer):
    """`application/pdf`; a problem stays JSON."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    # Any: DRF's signature.
    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:  # noqa: ARG002
        return data if isinstance(data, bytes) else to_wire(data)


class InvoicePdfView(APIView):
    """The same document as a page of A4."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    renderer_classes = [PdfRenderer]
    refusals = (*REFUSALS, DocumentNotFound)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, document_id: UUID) -> Response:
        document = _own(request, document_id)
        name = printing.file_name(document)
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        }
        return Response(printing.pdf_of(document), headers=headers)


class ReceiptView(APIView):
    """
    Ask for the receipt voucher of a paid top-up.

    There is one for each top-up: asked again, the answer is 200 with the voucher that was issued.
    """

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, TopUpNotFound, TopUpNotPaid, SellerUnknown, SeriesExhausted)

    @extend_schema(request=None, responses={200: InvoiceResponse, 201: InvoiceResponse})
    def post(self, request: Request, top_up_id: UUID) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        receipt = services.issue_receipt(
            merchant_id=acting(request, duties.ASK_RECEIPTS).merchant_id,
            top_up_id=top_up_id,
            now=timezone.now(),
        )
        status = 200 if receipt.replayed else 201
        return Response(invoice_response(receipt.document), status=status)


def _own(request: Request, document_id: UUID) -> Document:
    merchant_id = acting(request, duties.READ_MONEY).merchant_id
    return selectors.document_of(merchant_id=merchant_id, document_id=document_id)


def _kind(request: Request) -> str | None:
    wanted = request.query_params.get("kind")
    if wanted is not None and wanted not in KINDS:
        raise InvalidParameter(f"kind is one of {', '.join(KINDS)}.")
    return wanted and wanted.upper()


def _before(after: str | None) -> UUID | None:
    try:
        return None if after is None else UUID(after)
    except ValueError:
        raise InvalidCursor from None
