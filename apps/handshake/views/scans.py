"""The handshake over HTTP."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.handshake import (
    disputes,
    identify,
    reversals,
    selectors,
    services,
    tasks,
)
from apps.handshake.errors import (
    AlreadyRedeemed,
    BillNeeded,
    BookingExpired,
    CampaignSuspended,
    DisputeTooLate,
    DropoffNotHere,
    NotDisputable,
    NotReversible,
    ReversalTooLarge,
    ReversalTooLate,
    RideNotProven,
    ScannerNotAllowed,
    ScannerNotAtOutlet,
    SelfRedemption,
    UnknownCode,
    UnknownHandshake,
)
from apps.handshake.faults import noting_faults
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
from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import MerchantNotActive, NotAMerchant
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
from uma.kernel import context
from uma.kernel.http.authentication import Caller, Principal, caller_of, principal_of
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.idempotency import REPLAYED, IdempotencyKey, read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsAuthenticated, IsMerchant
from uma.kernel.http.plain import Plain, answer_plainly, read_plainly
from uma.kernel.queue import enqueue_id

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
    BillNeeded,
    BookingExpired,
    BookingNotLive,
    CampaignSuspended,
    DropoffNotHere,
    MerchantNotActive,
    QrStale,
    RideNotProven,
    ScannerNotAllowed,
    ScannerNotAtOutlet,
    SelfRedemption,
    WalletFrozen,
)


# One for the process: it only reads, and to build it anew cost a tenth of a scan.
_SHAPE = ScanRequest()


def _identified(scan: Scan, data: Mapping[str, Any], *, now: datetime) -> Identified:
    if "qr_data" in data:
        return identify.by_qr(
            text=data["qr_data"],
            keys=qr.keyring(settings.QR_MASTER_KEYS),
            now=now,
            scanned_at=data["scanned_at"],
        )
    return identify.by_spoken_code(
        code=data["code"],
        actor_id=scan.actor_id,
        post=scan.post,
        outlet_id=scan.outlet_id,
        keys=qr.keyring(settings.QR_MASTER_KEYS),
        now=now,
    )


def _scan(request: Request, data: Mapping[str, Any]) -> Scan:
    caller = caller_of(request)
    if isinstance(caller, Principal):
        return _scan_by(caller, data)
    # A person's post is read with the booking, in one statement; a key brings its own.
    post = acting(request, duties.SCAN)
    return dataclasses.replace(_scan_by(caller, data), post=post)


def _scan_by(caller: Caller, data: Mapping[str, Any]) -> Scan:
    return Scan(
        actor_id=caller.user_id if isinstance(caller, Principal) else caller.key_id,
        outlet_id=data["outlet_id"],
        location=data["location"],
        bill_paise=data["bill_amount"],
        scanned_at=data["scanned_at"],
    )


def _execute(
    scan: Scan, data: Mapping[str, Any], read_key: Callable[[], IdempotencyKey | None]
) -> tuple[dict[str, object], dict[str, str]]:
    """Settle, and return the answer with its headers."""
    now = timezone.now()
    code = _identified(scan, data, now=now)
    with noting_faults(ref=code.ref, now=now):
        executed = services.execute(
            ref=code.ref, scan=scan, freshness=code.freshness, key=read_key(), now=now
        )
    if not (executed.replayed or executed.repeated):
        enqueue_id(tasks.announce, executed.handshake.pk)
    return execute_response(executed), {REPLAYED: "true"} if executed.replayed else {}


def _execute_plain(plain: Plain) -> tuple[dict[str, object], dict[str, str]]:
    return _execute(_scan_by(plain.caller, plain.data), plain.data, lambda: plain.key)


class ExecuteView(APIView):
    """
    Settle a scanned code: the merchant pays, the rider is credited, the booking is redeemed.

    A repeat of the scan by the same merchant answers 200 with the first result and
    `alreadyRedeemed: true`; a repeat with the same Idempotency-Key and body answers the same bytes with
    `Idempotent-Replayed: true`.
    """

    permission_classes = [IsMerchant]
    key_scope = duties.SCAN.scope
    rate_lane = "scanner"
    idempotent = True
    refusals = SCAN_REFUSALS

    # Any: DRF's signature.
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        plain = read_plainly(request, role=IsMerchant.role, shape=_SHAPE)
        if plain is None:
            return super().dispatch(request, *args, **kwargs)
        return answer_plainly(request, plain, _execute_plain)

    @extend_schema(request=ScanRequest, responses=ExecuteResponse)
    def post(self, request: Request) -> Response:
        body = ScanRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        answer, headers = _execute(
            _scan(request, data), data, lambda: read_idempotency_key(request)
        )
        return Response(answer, headers=headers)


class PreviewView(APIView):
    """Say what a scan would do, with every rule that fails; nothing is written."""

    permission_classes = [IsMerchant]
    key_scope = duties.SCAN.scope
    rate_lane = "scanner"
    refusals = CODE_REFUSALS

    @extend_schema(request=ScanRequest, responses=PreviewResponse)
    def post(self, request: Request) -> Response:
        now = timezone.now()
        body = ScanRequest(data=request.data)
        body.is_valid(raise_exception=True)
        scan = _scan(request, body.validated_data)
        code = _identified(scan, body.validated_data, now=now)
        preview = services.preview(ref=code.ref, scan=scan, freshness=code.freshness, now=now)
        return Response(preview_response(preview))


class HandshakeView(APIView):
    """One handshake, to its merchant and to its rider; to anybody else it does not exist."""

    permission_classes = [IsAuthenticated]
    key_scope = duties.READ_HANDSHAKES.scope
    refusals = (*REFUSALS, UnknownHandshake)

    @extend_schema(responses=ExecuteResponse)
    def get(self, request: Request, handshake_id: UUID) -> Response:
        caller = caller_of(request)
        if isinstance(caller, Principal) and caller.role == "rider":
            handshake = selectors.of_rider(handshake_id=handshake_id, rider_id=caller.user_id)
        else:
            handshake = _of_staff(handshake_id, acting(request, duties.READ_HANDSHAKES))
        _note(handshake)
        facts = handshake_facts(handshake)
        answer = execute_response(services.Executed(handshake))
        return Response(answer | {"handshake": facts})


def _note(handshake: Handshake) -> None:
    """Let the log's lines of this request say which visit it is about."""
    context.about(
        booking_id=handshake.booking_id, handshake_id=handshake.pk, zone=handshake.zone_code
    )


def _of_staff(handshake_id: UUID, staff: StaffScope) -> Handshake:
    """Return the merchant's handshake; one of an outlet beyond the caller's post does not exist."""
    found = selectors.of_merchant(handshake_id=handshake_id, merchant_id=staff.merchant_id)
    if not staff.covers(found.outlet_id):
        raise UnknownHandshake
    return found


class ReverseView(APIView):
    """Return a handshake's money to the merchant: an owner or manager may within 24 hours."""

    permission_classes = [IsMerchant]
    key_scope = duties.REVERSE.scope
    idempotent = True
    refusals = (
        *REFUSALS,
        NotReversible,
        ReversalTooLarge,
        ReversalTooLate,
        UnknownHandshake,
        WalletFrozen,
    )

    @extend_schema(request=ReverseRequest, responses={201: ReverseResponse})
    def post(self, request: Request, handshake_id: UUID) -> Response:
        staff = acting(request, duties.REVERSE)
        body = ReverseRequest(data=request.data)
        body.is_valid(raise_exception=True)
        if staff.outlet_ids:
            _of_staff(handshake_id, staff)
        done = reversals.reverse(
            handshake_id=handshake_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            amount_paise=body.validated_data["amount"],
            reason=body.validated_data["reason"],
            key=read_idempotency_key(request),
            now=timezone.now(),
        )
        if not done.replayed:
            _note(done.reversal.handshake)
        response = Response(reverse_response(done.reversal), status=201)
        if done.replayed:
            response[REPLAYED] = "true"
        return response


class DisputeView(APIView):
    """Contest a handshake within 14 days; the rider's part of the money is parked until decided."""

    permission_classes = [IsAuthenticated]
    refusals = (
        *REFUSALS,
        DisputeTooLate,
        NotDisputable,
        UnknownHandshake,
        WalletFrozen,
    )

    @extend_schema(request=DisputeRequest, responses={201: DisputeResponse})
    def post(self, request: Request, handshake_id: UUID) -> Response:
        body = DisputeRequest(data=request.data)
        body.is_valid(raise_exception=True)
        caller = principal_of(request)
        if caller.role == "rider":
            side = "rider"
            handshake = selectors.of_rider(handshake_id=handshake_id, rider_id=caller.user_id)
        else:
            side = "merchant"
            handshake = _of_staff(handshake_id, acting(request, duties.DISPUTE))
        _note(handshake)
        dispute = disputes.open_dispute(
            handshake=handshake,
            opened_by=caller.user_id,
            opened_as=side,
            reason=body.validated_data["reason"],
            now=timezone.now(),
        )
        return Response(dispute_response(dispute), status=201)


class TransactionsView(APIView):
    """What the merchant paid for, newest first; riders appear under this merchant's pseudonyms."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = REFUSALS

    @extend_schema(responses=TransactionResponse(many=True))
    def get(self, request: Request) -> Response:
        staff = acting(request, duties.READ_MONEY)
        page = read_page(request)
        lines, cursor = selectors.transactions(
            merchant_id=staff.merchant_id,
            outlet_ids=staff.outlet_ids,
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
