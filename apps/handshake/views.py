"""The handshake over HTTP."""

import dataclasses
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.handshake import disputes, identify, reversals, selectors, services, tasks
from apps.handshake.errors import (
    AlreadyRedeemed,
    BookingExpired,
    DisputeTooLate,
    NotDisputable,
    NotReversible,
    ReversalTooLarge,
    ReversalTooLate,
    ScannerNotAllowed,
    ScannerNotAtOutlet,
    SelfRedemption,
    UnknownCode,
    UnknownHandshake,
)
from apps.handshake.identify import Identified
from apps.handshake.models import Handshake
from apps.handshake.rules import Scan
from apps.handshake.selectors import LineCursor
from apps.handshake.serializers import (
    DisputeRequest,
    DisputeResponse,
    ExecuteResponse,
    PreviewResponse,
    ReverseRequest,
    ReverseResponse,
    ScanRequest,
    TransactionResponse,
    dispute_response,
    execute_response,
    handshake_facts,
    preview_response,
    reverse_response,
)
from apps.merchants import selectors as merchants
from apps.merchants.errors import MerchantNotActive, NotAMerchant, RoleNotAllowed
from apps.merchants.selectors import StaffScope
from apps.rides import qr
from apps.rides.errors import (
    BookingNotLive,
    QrStale,
    QrUnreadable,
    SpokenCodeAmbiguous,
    SpokenCodeLocked,
    SpokenCodeUnavailable,
    SpokenCodeUnknown,
)
from apps.wallet.errors import WalletFrozen
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsAuthenticated, IsMerchant
from uma.kernel.queue import enqueue

CODE_REFUSALS = (
    NotAMerchant,
    QrUnreadable,
    SpokenCodeAmbiguous,
    SpokenCodeLocked,
    SpokenCodeUnavailable,
    SpokenCodeUnknown,
    UnknownCode,
)
SCAN_REFUSALS = (
    *CODE_REFUSALS,
    AlreadyRedeemed,
    BookingExpired,
    BookingNotLive,
    MerchantNotActive,
    QrStale,
    ScannerNotAllowed,
    ScannerNotAtOutlet,
    SelfRedemption,
    WalletFrozen,
)


def _identified(request: Request, body: ScanRequest, *, now: datetime) -> Identified:
    data = body.validated_data
    if "qr_data" in data:
        return identify.by_qr(
            text=data["qr_data"], keys=qr.keyring(settings.QR_MASTER_KEYS), now=now
        )
    return identify.by_spoken_code(
        code=data["code"],
        actor_id=principal_of(request).user_id,
        outlet_id=data["outlet_id"],
        keys=qr.keyring(settings.QR_MASTER_KEYS),
        now=now,
    )


def _scan(request: Request, body: ScanRequest) -> Scan:
    data = body.validated_data
    return Scan(
        actor_id=principal_of(request).user_id,
        outlet_id=data["outlet_id"],
        location=data["location"],
        bill_paise=data["bill_amount"],
    )


def _staff(request: Request) -> StaffScope:
    staff = merchants.staff_of(user_id=principal_of(request).user_id)
    if staff is None:
        raise NotAMerchant
    return staff


def _manager(request: Request) -> StaffScope:
    staff = _staff(request)
    if not staff.manages:
        raise RoleNotAllowed
    return staff


class ExecuteView(APIView):
    """
    Settle a scanned code: the merchant pays, the rider is credited, the booking is redeemed.

    A repeat of the scan by the same merchant answers 200 with the first result and
    `alreadyRedeemed: true`; a repeat with the same Idempotency-Key and body answers the same bytes with
    `Idempotent-Replayed: true`.
    """

    permission_classes = [IsMerchant]
    rate_lane = "scanner"
    idempotent = True
    refusals = SCAN_REFUSALS

    @extend_schema(request=ScanRequest, responses=ExecuteResponse)
    def post(self, request: Request) -> Response:
        now = timezone.now()
        body = ScanRequest(data=request.data)
        body.is_valid(raise_exception=True)
        code = _identified(request, body, now=now)
        executed = services.execute(
            ref=code.ref,
            scan=_scan(request, body),
            freshness=code.freshness,
            key=read_idempotency_key(request),
            now=now,
        )
        if not (executed.replayed or executed.repeated):
            enqueue(tasks.announce, handshake_id=str(executed.handshake.pk))
        response = Response(execute_response(executed))
        if executed.replayed:
            response[REPLAYED] = "true"
        return response


class PreviewView(APIView):
    """Say what a scan would do, with every rule that fails; nothing is written."""

    permission_classes = [IsMerchant]
    rate_lane = "scanner"
    refusals = CODE_REFUSALS

    @extend_schema(request=ScanRequest, responses=PreviewResponse)
    def post(self, request: Request) -> Response:
        now = timezone.now()
        body = ScanRequest(data=request.data)
        body.is_valid(raise_exception=True)
        code = _identified(request, body, now=now)
        preview = services.preview(
            ref=code.ref, scan=_scan(request, body), freshness=code.freshness, now=now
        )
        return Response(preview_response(preview))


class HandshakeView(APIView):
    """One handshake, to its merchant and to its rider; to anybody else it does not exist."""

    permission_classes = [IsAuthenticated]
    refusals = (NotAMerchant, UnknownHandshake)

    @extend_schema(responses=ExecuteResponse)
    def get(self, request: Request, handshake_id: UUID) -> Response:
        handshake, _ = _visible(request, handshake_id)
        facts = handshake_facts(handshake)
        answer = execute_response(services.Executed(handshake))
        return Response(answer | {"handshake": facts})


def _visible(request: Request, handshake_id: UUID) -> tuple[Handshake, str]:
    """Return the caller's own handshake, and as whom the caller sees it."""
    principal = principal_of(request)
    if principal.role == "rider":
        return selectors.of_rider(handshake_id=handshake_id, rider_id=principal.user_id), "rider"
    staff = _staff(request)
    found = selectors.of_merchant(handshake_id=handshake_id, merchant_id=staff.merchant_id)
    return found, "merchant"


class ReverseView(APIView):
    """Return a handshake's money to the merchant: an owner or manager may within 24 hours."""

    permission_classes = [IsMerchant]
    idempotent = True
    refusals = (
        NotAMerchant,
        NotReversible,
        ReversalTooLarge,
        ReversalTooLate,
        RoleNotAllowed,
        UnknownHandshake,
        WalletFrozen,
    )

    @extend_schema(request=ReverseRequest, responses={201: ReverseResponse})
    def post(self, request: Request, handshake_id: UUID) -> Response:
        body = ReverseRequest(data=request.data)
        body.is_valid(raise_exception=True)
        staff = _manager(request)
        done = reversals.reverse(
            handshake_id=handshake_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.user_id,
            amount_paise=body.validated_data["amount"],
            reason=body.validated_data["reason"],
            key=read_idempotency_key(request),
            now=timezone.now(),
        )
        response = Response(reverse_response(done.reversal), status=201)
        if done.replayed:
            response[REPLAYED] = "true"
        return response


class DisputeView(APIView):
    """Contest a handshake within 14 days; the rider's part of the money is parked until decided."""

    permission_classes = [IsAuthenticated]
    refusals = (
        DisputeTooLate,
        NotAMerchant,
        NotDisputable,
        RoleNotAllowed,
        UnknownHandshake,
        WalletFrozen,
    )

    @extend_schema(request=DisputeRequest, responses={201: DisputeResponse})
    def post(self, request: Request, handshake_id: UUID) -> Response:
        body = DisputeRequest(data=request.data)
        body.is_valid(raise_exception=True)
        handshake, side = _visible(request, handshake_id)
        if side == "merchant":
            _manager(request)
        dispute = disputes.open_dispute(
            handshake=handshake,
            opened_by=principal_of(request).user_id,
            opened_as=side,
            reason=body.validated_data["reason"],
            now=timezone.now(),
        )
        return Response(dispute_response(dispute), status=201)


class TransactionsView(APIView):
    """What the merchant paid for, newest first; riders appear under this merchant's pseudonyms."""

    permission_classes = [IsMerchant]
    refusals = (NotAMerchant,)

    @extend_schema(responses=TransactionResponse(many=True))
    def get(self, request: Request) -> Response:
        page = read_page(request)
        lines, cursor = selectors.transactions(
            merchant_id=_staff(request).merchant_id,
            limit=page.limit,
            after=_line_cursor(page.after),
        )
        place = "|".join(map(str, dataclasses.astuple(cursor))) if cursor else None
        rows = [TransactionResponse(line).data for line in lines]
        return page_response(request, rows, place)


def _line_cursor(text: str | None) -> LineCursor | None:
    if text is None:
        return None
    try:
        at, handshake_id, line = text.split("|")
        return LineCursor(datetime.fromisoformat(at), UUID(handshake_id), int(line))
    except ValueError:
        raise InvalidCursor from None
