"""Operators' review of merchants, over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import OperatorScope, operating
from apps.merchants import selectors, services
from apps.merchants.errors import (
    ApplicationChanged,
    ApplicationDecided,
    ApplicationIncomplete,
    GstinTaken,
    NoApplication,
    ReasonRequired,
    UnknownMerchant,
)
from apps.merchants.models import Application
from apps.merchants.serializers.applications import (
    DecisionRequest,
    ReviewedMerchant,
    ReviewedMerchantResponse,
    duplicate_fields,
    reviewed_merchant,
)
from uma.kernel.http.errors import InvalidCursor, InvalidParameter
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsOperator

_LIST = [
    OpenApiParameter("status", enum=list(selectors.STATUSES)),
    OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 100; 20 by default."),
    OpenApiParameter("after", OpenApiTypes.STR, description="The position in a Link header."),
]


class ReviewedMerchantsView(APIView):
    """Merchants as operators see them."""

    permission_classes = [IsOperator]
    refusals = (InvalidParameter, InvalidCursor)

    @extend_schema(
        parameters=_LIST,
        responses=ReviewedMerchant(many=True),
        operation_id="operator_merchants_list",
    )
    def get(self, request: Request) -> Response:
        """List merchants, the oldest first; `status=applied` is the queue of applications."""
        operator = _reviewer(request)
        status = request.query_params.get("status")
        if status is not None and status not in selectors.STATUSES:
            raise InvalidParameter(f"status is one of {', '.join(selectors.STATUSES)}.")
        page, now = read_page(request), timezone.now()
        rows = selectors.merchants_by_status(
            status=status,
            zones=operator.zones,
            limit=page.limit + 1,
            after_id=_position(page.after),
        )
        shown = rows[: page.limit]
        outlets = selectors.outlets_of(merchant_ids=[row.pk for row in shown])
        more = len(rows) > page.limit
        return page_response(
            request,
            [reviewed_merchant(row, outlets[row.pk], now=now) for row in shown],
            str(shown[-1].pk) if more else None,
        )


class ReviewedMerchantView(APIView):
    """One merchant with what its review needs."""

    permission_classes = [IsOperator]
    refusals = (UnknownMerchant,)

    @extend_schema(responses=ReviewedMerchantResponse, operation_id="operator_merchants_retrieve")
    def get(self, request: Request, merchant_id: UUID) -> Response:
        """Return a merchant, its GSTIN taken apart, and what may be the same business."""
        _reviewer(request, merchant_id)
        return _answer(merchant_id, now=timezone.now())


class _DecideView(APIView):
    permission_classes = [IsOperator]
    refusals: Any = (  # Any: a tuple here, a mapping elsewhere
        UnknownMerchant,
        NoApplication,
        ApplicationDecided,
        ApplicationChanged,
    )

    def decide(
        self, merchant_id: UUID, *, revision: int, actor_id: UUID, reason: str, now: datetime
    ) -> Application:
        raise NotImplementedError

    @extend_schema(request=DecisionRequest, responses=ReviewedMerchantResponse)
    def post(self, request: Request, merchant_id: UUID) -> Response:
        actor_id, now = _reviewer(request, merchant_id).user_id, timezone.now()
        body = DecisionRequest(data=request.data)
        body.is_valid(raise_exception=True)
        self.decide(merchant_id, actor_id=actor_id, now=now, **body.validated_data)
        return _answer(merchant_id, now=now)


class ApproveMerchantView(_DecideView):
    """Let the applicant sell; the owner is told."""

    refusals = (*_DecideView.refusals, ApplicationIncomplete, GstinTaken)

    def decide(
        self, merchant_id: UUID, *, revision: int, actor_id: UUID, reason: str, now: datetime
    ) -> Application:
        return services.approve(
            merchant_id=merchant_id, revision=revision, actor_id=actor_id, reason=reason, now=now
        )


class SendBackMerchantView(_DecideView):
    """Return the application to its owner, who reads the reason and submits it again."""

    refusals = (*_DecideView.refusals, ReasonRequired)

    def decide(
        self, merchant_id: UUID, *, revision: int, actor_id: UUID, reason: str, now: datetime
    ) -> Application:
        return services.send_back(
            merchant_id=merchant_id, revision=revision, actor_id=actor_id, reason=reason, now=now
        )


class RejectMerchantView(_DecideView):
    """Decline the application for good; the reason is required and shown to the owner."""

    refusals = (*_DecideView.refusals, ReasonRequired)

    def decide(
        self, merchant_id: UUID, *, revision: int, actor_id: UUID, reason: str, now: datetime
    ) -> Application:
        return services.reject(
            merchant_id=merchant_id, revision=revision, actor_id=actor_id, reason=reason, now=now
        )


def _reviewer(request: Request, merchant_id: UUID | None = None) -> OperatorScope:
    """Return the operator who reviews, here; a merchant of another zone does not exist."""
    operator = operating(request, "merchants.review_merchant")
    if merchant_id is not None:
        merchant = selectors.merchant(merchant_id=merchant_id)
        if not operator.covers(merchant.zone_id):
            raise UnknownMerchant
    return operator


def _answer(merchant_id: UUID, *, now: datetime) -> Response:
    merchant = selectors.reviewed_merchant(merchant_id=merchant_id)
    outlets = selectors.open_outlets(merchant_id=merchant_id)
    duplicates = selectors.duplicates_of(merchant_id=merchant_id)
    return Response(
        {
            **reviewed_merchant(merchant, outlets, now=now),
            "duplicates": [duplicate_fields(one) for one in duplicates],
        }
    )


def _position(after: str | None) -> UUID | None:
    try:
        return UUID(after) if after else None
    except ValueError:
        raise InvalidCursor from None
