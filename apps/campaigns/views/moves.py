"""Campaigns moved along: by their owners, and by operators who review."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import operating
from apps.campaigns import selectors, services
from apps.campaigns.errors import TermsInvalid, TransitionNotAllowed, UnknownCampaign
from apps.campaigns.models import Campaign
from apps.campaigns.serializers import (
    CampaignResponse,
    ExposureResponse,
    ReasonRequest,
    exposure_response,
)
from apps.campaigns.views.access import (
    KEY_SCOPE,
    MOVE_REFUSALS,
    TERMS_REFUSALS,
    answer,
    reader_of,
    wire_names,
    writer_of,
)
from apps.merchants.access import REFUSALS
from apps.merchants.errors import MerchantNotActive, PlanLimitReached, ReasonRequired
from apps.merchants.selectors import StaffScope
from uma.kernel.http.permissions import IsMerchant, IsOperator
from uma.kernel.http.serializers import EmptyRequest


class _MoveView(APIView):
    permission_classes = [IsMerchant]
    key_scope = KEY_SCOPE
    refusals: Any = MOVE_REFUSALS  # Any: a tuple here, a mapping elsewhere

    def act(self, staff: StaffScope, campaign_id: UUID, now: datetime) -> Campaign:
        raise NotImplementedError

    @extend_schema(request=None, responses=CampaignResponse)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        staff = writer_of(request, campaign_id=campaign_id)
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        with wire_names():
            return answer(self.act(staff, campaign_id, timezone.now()))


class SubmitView(_MoveView):
    """Send a draft on its way: live at once within the standing limits, else to review."""

    refusals = (*MOVE_REFUSALS, MerchantNotActive, TermsInvalid)

    def act(self, staff: StaffScope, campaign_id: UUID, now: datetime) -> Campaign:
        return services.submit(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=now,
        )


class PauseView(_MoveView):
    """Stop selling until it is resumed; what is booked is honoured."""

    def act(self, staff: StaffScope, campaign_id: UUID, now: datetime) -> Campaign:
        return services.pause(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=now,
        )


class ResumeView(_MoveView):
    """Sell again after one's own pause."""

    def act(self, staff: StaffScope, campaign_id: UUID, now: datetime) -> Campaign:
        return services.resume(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=now,
        )


class EndView(_MoveView):
    """End a campaign for good; ending it again changes nothing."""

    def act(self, staff: StaffScope, campaign_id: UUID, now: datetime) -> Campaign:
        return services.end(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=now,
        )


class CloneView(APIView):
    """Copy a campaign into a new draft in which everything can be changed."""

    permission_classes = [IsMerchant]
    key_scope = KEY_SCOPE
    refusals = (UnknownCampaign, *TERMS_REFUSALS)

    @extend_schema(request=None, responses={201: CampaignResponse})
    def post(self, request: Request, campaign_id: UUID) -> Response:
        staff = writer_of(request, campaign_id=campaign_id)
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        with wire_names():
            copy = services.clone(
                campaign_id=campaign_id,
                merchant_id=staff.merchant_id,
                actor_id=staff.actor_id,
                now=timezone.now(),
            )
        return answer(copy, status=201)


class ExposureView(APIView):
    """The most a campaign can still cost, fees and GST included, and how long it will last."""

    permission_classes = [IsMerchant]
    key_scope = KEY_SCOPE
    refusals = (UnknownCampaign, *REFUSALS)

    @extend_schema(responses=ExposureResponse)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        exposure = selectors.exposure(
            campaign_id=campaign_id,
            merchant_id=reader_of(request).merchant_id,
            now=timezone.now(),
        )
        return Response(exposure_response(exposure))


class _ReviewView(APIView):
    permission_classes = [IsOperator]
    refusals = (UnknownCampaign, TransitionNotAllowed, PlanLimitReached, ReasonRequired)

    def act(self, actor_id: UUID, campaign_id: UUID, reason: str, now: datetime) -> Campaign:
        raise NotImplementedError

    @extend_schema(request=ReasonRequest, responses=CampaignResponse)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        # The token says operator; what this one may do, and where, the roles of this moment say.
        operator = operating(request, "campaigns.review_campaign")
        if not operator.covers(selectors.campaign(campaign_id=campaign_id).zone_id):
            raise UnknownCampaign
        body = ReasonRequest(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data["reason"]
        return answer(self.act(operator.user_id, campaign_id, reason, timezone.now()))


class ApproveView(_ReviewView):
    """Approve a campaign in review with the limits it asks for."""

    def act(self, actor_id: UUID, campaign_id: UUID, reason: str, now: datetime) -> Campaign:
        return services.approve(campaign_id=campaign_id, actor_id=actor_id, reason=reason, now=now)


class RejectView(_ReviewView):
    """Return a campaign in review to its owner; the reason is required."""

    def act(self, actor_id: UUID, campaign_id: UUID, reason: str, now: datetime) -> Campaign:
        return services.reject(campaign_id=campaign_id, actor_id=actor_id, reason=reason, now=now)
