"""A merchant's outlets over HTTP."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties, selectors, services
from apps.merchants.access import REFUSALS, acting, require_outlets
from apps.merchants.errors import (
    HoursInvalid,
    MerchantNotActive,
    MerchantStatusNotAllowed,
    OutletMovedTooFar,
    OutletNotYours,
    OutsideEveryZone,
    PlanLimitReached,
    RadiusNotAllowed,
    ReasonRequired,
    UnknownOutlet,
)
from apps.merchants.models import Outlet
from apps.merchants.selectors import StaffScope
from apps.merchants.serializers.outlets import (
    ActRequest,
    OutletRequest,
    OutletResponse,
    facts_from,
    outlet_response,
)
from uma.kernel.http.permissions import IsMerchant

# What a merchant's own system may read, its key may read here too.
_KEY_SCOPE = {"GET": duties.READ_PROFILE.scope}
_MANAGING = (*REFUSALS, OutletNotYours)
_FACTS = (HoursInvalid, MerchantNotActive, OutsideEveryZone, RadiusNotAllowed)


class OutletsView(APIView):
    """The merchant's outlets."""

    permission_classes = [IsMerchant]
    key_scope = _KEY_SCOPE
    refusals = {"GET": REFUSALS, "POST": (*_MANAGING, *_FACTS, PlanLimitReached)}

    @extend_schema(responses=OutletResponse(many=True))
    def get(self, request: Request) -> Response:
        """Return all outlets, closed ones too, the oldest first."""
        staff = acting(request, duties.READ_PROFILE)
        found = selectors.outlets(merchant_id=staff.merchant_id)
        return Response([outlet_response(outlet, now=timezone.now()) for outlet in found])

    @extend_schema(request=OutletRequest, responses={201: OutletResponse})
    def post(self, request: Request) -> Response:
        """Open another outlet in the merchant's own city (owner, or manager of all outlets)."""
        staff = acting(request, duties.MANAGE_OUTLETS)
        if staff.outlet_ids:
            raise OutletNotYours
        body = OutletRequest(data=request.data)
        body.is_valid(raise_exception=True)
        outlet = services.open_outlet(
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=timezone.now(),
            **facts_from(body.validated_data),
        )
        return _answer(outlet, status=201)


class OutletView(APIView):
    """One outlet of one's own merchant."""

    permission_classes = [IsMerchant]
    key_scope = _KEY_SCOPE
    refusals = {
        "GET": (UnknownOutlet, *REFUSALS),
        "PATCH": (UnknownOutlet, MerchantStatusNotAllowed, OutletMovedTooFar, *_FACTS, *_MANAGING),
    }

    @extend_schema(responses=OutletResponse)
    def get(self, request: Request, outlet_id: UUID) -> Response:
        staff = acting(request, duties.READ_PROFILE)
        return _answer(selectors.outlet_of(outlet_id=outlet_id, merchant_id=staff.merchant_id))

    @extend_schema(request=OutletRequest, responses=OutletResponse)
    def patch(self, request: Request, outlet_id: UUID) -> Response:
        """
        Change the named facts. A pin is corrected by 200 m at most from where the outlet was
        registered; farther away it is another outlet. Deals on the map follow within a minute.
        """
        staff = _manager(request, outlet_id)
        body = OutletRequest(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        outlet = services.change_outlet(
            outlet_id=outlet_id,
            merchant_id=staff.merchant_id,
            changes=facts_from(body.validated_data),
            actor_id=staff.actor_id,
            now=timezone.now(),
        )
        return _answer(outlet)


class _ActView(APIView):
    permission_classes = [IsMerchant]
    refusals: Any = (UnknownOutlet, MerchantStatusNotAllowed, *_MANAGING)  # Any: of any length
    status: str
    # What the trail says when nobody gave a reason; none where one is required.
    unsaid = ""

    @extend_schema(request=ActRequest, responses=OutletResponse)
    def post(self, request: Request, outlet_id: UUID) -> Response:
        staff = _manager(request, outlet_id)
        body = ActRequest(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data["reason"] or self.unsaid
        return _answer(self.act(staff, outlet_id, reason, timezone.now()))

    def act(self, staff: StaffScope, outlet_id: UUID, reason: str, now: datetime) -> Outlet:
        return services.set_outlet_status(
            outlet_id=outlet_id,
            merchant_id=staff.merchant_id,
            status=self.status,
            actor_id=staff.actor_id,
            reason=reason,
            now=now,
        )


class OpenOutletView(_ActView):
    """Take bookings at the outlet again, after a pause."""

    status = Outlet.Status.OPEN
    unsaid = "Opened by the merchant"


class PauseOutletView(_ActView):
    """Take no new bookings at the outlet; what is booked is honoured."""

    status = Outlet.Status.PAUSED
    unsaid = "Paused by the merchant"


class CloseOutletView(_ActView):
    """Close the outlet for good; what is booked is honoured. The reason is required."""

    refusals = (*_ActView.refusals, ReasonRequired)
    status = Outlet.Status.CLOSED


def _manager(request: Request, outlet_id: UUID) -> StaffScope:
    """Return who manages this outlet; another merchant's does not exist, whoever asks."""
    staff = acting(request, duties.MANAGE_OUTLETS)
    if staff.outlet_ids:
        selectors.outlet_of(outlet_id=outlet_id, merchant_id=staff.merchant_id)
        require_outlets(staff, [outlet_id])
    return staff


def _answer(outlet: Outlet, *, status: int = 200) -> Response:
    return Response(outlet_response(outlet, now=timezone.now()), status=status)
