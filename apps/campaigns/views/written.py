"""Campaigns and deals: the list, one of them, and writing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.campaigns import queries, selectors, services
from apps.campaigns.errors import (
    CapBelowSold,
    FieldLocked,
    HeldOut,
    ReviewRequired,
    TermsInvalid,
    UnknownCampaign,
)
from apps.campaigns.serializers import (
    CampaignRequest,
    CampaignResponse,
    DealResponse,
    campaign_response,
    changes_from,
    deal_response,
)
from apps.campaigns.terms import Terms
from apps.campaigns.views.access import (
    KEY_SCOPE,
    MOVE_REFUSALS,
    TERMS_REFUSALS,
    answer,
    reader_of,
    wire_names,
    writer_of,
)
from apps.merchants import selectors as merchants
from apps.merchants.access import REFUSALS, require_outlets
from apps.merchants.selectors import StaffScope
from uma.kernel.http.authentication import Principal, caller_of
from uma.kernel.http.errors import InvalidCursor, InvalidParameter
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsAuthenticated
from uma.kernel.money import rupees

_CHANGES = (*TERMS_REFUSALS, *MOVE_REFUSALS, FieldLocked, CapBelowSold, ReviewRequired)


def _either(*, many: bool) -> PolymorphicProxySerializer:
    return PolymorphicProxySerializer(
        component_name="CampaignOrDeal",
        serializers=[CampaignResponse, DealResponse],
        resource_type_field_name=None,
        many=many,
    )


def _query(name: str, kind: Any, description: str) -> OpenApiParameter:  # Any: an OpenAPI type
    return OpenApiParameter(name, kind, description=description)


_SEARCH = [
    _query("near", OpenApiTypes.STR, "Where the rider is: latitude,longitude."),
    _query("radius", OpenApiTypes.INT, "Metres around `near`; 10000 by default, at most 50000."),
    _query("bbox", OpenApiTypes.STR, "west,south,east,north in degrees."),
    _query("category", OpenApiTypes.STR, "The outlet's category."),
    _query("minCashback", OpenApiTypes.NUMBER, "The least reimbursement, in rupees."),
    _query("openNow", OpenApiTypes.BOOL, "Only deals whose hours are open now."),
    _query("zone", OpenApiTypes.STR, "The code of a zone."),
    OpenApiParameter("sort", enum=["distance", "cashback", "newest"]),
    _query("limit", OpenApiTypes.INT, "1 to 100; 20 by default."),
    _query("after", OpenApiTypes.STR, "The position in a Link header."),
]


class CampaignsView(APIView):
    """A rider discovers deals; a merchant lists and writes campaigns."""

    permission_classes = [IsAuthenticated]
    key_scope = KEY_SCOPE
    refusals = {
        "GET": (InvalidParameter, InvalidCursor, *REFUSALS),
        "POST": TERMS_REFUSALS,
    }

    @extend_schema(parameters=_SEARCH, responses=_either(many=True), operation_id="campaigns_list")
    def get(self, request: Request) -> Response:
        """
        Discover deals (rider's token), or list one's own campaigns (merchant's token).

        A deal that cannot be booked now says why, and until when, in `ineligible`.
        """
        who = caller_of(request)
        if isinstance(who, Principal) and who.role == "rider":
            return _deals(request, who)
        return _own(request, reader_of(request))

    @extend_schema(request=CampaignRequest, responses={201: CampaignResponse})
    def post(self, request: Request) -> Response:
        """
        Write a campaign. With `active` (the default) it is submitted, and live at once when its
        terms keep within the standing limits; otherwise an operator reviews it.
        """
        staff = writer_of(request)
        body = CampaignRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data, now = body.validated_data, timezone.now()
        require_outlets(staff, data.get("outlet_ids", ()))
        with wire_names():
            _check_fees(data, merchant_id=staff.merchant_id, now=now)
            campaign = services.create(
                merchant_id=staff.merchant_id,
                wanted=Terms(**changes_from(data)),
                outlet_ids=data.get("outlet_ids", staff.outlet_ids),
                submit=data.get("active", True),
                actor_id=staff.actor_id,
                now=now,
            )
        return answer(campaign, status=201)


class CampaignView(APIView):
    """One campaign of one's own, or one deal as a rider sees it."""

    permission_classes = [IsAuthenticated]
    key_scope = KEY_SCOPE
    refusals = {
        "GET": (UnknownCampaign, HeldOut, InvalidParameter, *REFUSALS),
        "PUT": _CHANGES,
        "PATCH": _CHANGES,
        "DELETE": MOVE_REFUSALS,
    }

    @extend_schema(
        parameters=_SEARCH[:1], responses=_either(many=False), operation_id="campaigns_retrieve"
    )
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return a campaign of one's own (merchant's token) or a deal (rider's token)."""
        who = caller_of(request)
        if isinstance(who, Principal) and who.role == "rider":
            deal = selectors.one_deal(
                campaign_id=campaign_id,
                rider_id=who.user_id,
                place=queries.place_from(request),
                now=timezone.now(),
            )
            return Response(deal_response(deal))
        merchant_id = reader_of(request).merchant_id
        return answer(selectors.campaign(campaign_id=campaign_id, merchant_id=merchant_id))

    @extend_schema(request=CampaignRequest, responses=CampaignResponse)
    def put(self, request: Request, campaign_id: UUID) -> Response:
        """Change a campaign: title and reimbursement are required, what is left out stays."""
        return self._change(request, campaign_id, partial=False)

    @extend_schema(request=CampaignRequest, responses=CampaignResponse)
    def patch(self, request: Request, campaign_id: UUID) -> Response:
        """Change the named fields of a campaign; `active` pauses, resumes or submits it."""
        return self._change(request, campaign_id, partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, campaign_id: UUID) -> Response:
        """End a campaign: nothing more is sold, what is booked is honoured, history stays."""
        staff = writer_of(request, campaign_id=campaign_id)
        services.end(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=timezone.now(),
        )
        return Response(status=204)

    def _change(self, request: Request, campaign_id: UUID, *, partial: bool) -> Response:
        staff = writer_of(request, campaign_id=campaign_id)
        body = CampaignRequest(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        data, now = body.validated_data, timezone.now()
        require_outlets(staff, data.get("outlet_ids", ()))
        with wire_names():
            _check_own_fees(data, campaign_id=campaign_id, merchant_id=staff.merchant_id)
            campaign = services.change(
                campaign_id=campaign_id,
                merchant_id=staff.merchant_id,
                changes=changes_from(data),
                outlet_ids=data.get("outlet_ids"),
                active=data.get("active"),
                actor_id=staff.actor_id,
                now=now,
            )
        return answer(campaign)


def _deals(request: Request, who: Principal) -> Response:
    search = queries.search_from(request, read_page(request))
    found = selectors.discover(search=search, rider_id=who.user_id, now=timezone.now())
    return page_response(request, [deal_response(deal) for deal in found.deals], found.next_cursor)


def _own(request: Request, staff: StaffScope) -> Response:
    page = read_page(request)
    try:
        before = UUID(page.after) if page.after else None
    except ValueError:
        raise InvalidCursor from None
    rows = selectors.campaigns_of(
        merchant_id=staff.merchant_id, limit=page.limit + 1, before_id=before
    )
    shown = rows[: page.limit]
    outlets = selectors.outlet_ids(campaign_ids=[row.pk for row in shown])
    more = len(rows) > page.limit
    return page_response(
        request,
        [campaign_response(row, outlets[row.pk]) for row in shown],
        str(shown[-1].pk) if more else None,
    )


def _check_fees(data: dict[str, Any], *, merchant_id: UUID, now: datetime) -> None:
    if "cpt_fee" in data or "cpa_fee" in data:
        merchant = merchants.merchant(merchant_id=merchant_id)
        fees = selectors.fees(zone_code=merchant.zone_id, at=now)
        _same_fees(data, cpt_paise=fees.cpt_fee_paise, cpa_paise=fees.cpa_fee_paise)


def _check_own_fees(data: dict[str, Any], *, campaign_id: UUID, merchant_id: UUID) -> None:
    if "cpt_fee" in data or "cpa_fee" in data:
        own = selectors.campaign(campaign_id=campaign_id, merchant_id=merchant_id)
        _same_fees(data, cpt_paise=own.cpt_fee_paise, cpa_paise=own.cpa_fee_paise)


def _same_fees(data: dict[str, Any], *, cpt_paise: int, cpa_paise: int) -> None:
    """A form may send back the fees it was shown, or nought; it does not set them."""
    for name, pointer, paise in (
        ("cpt_fee", "cptFee", cpt_paise),
        ("cpa_fee", "cpaFee", cpa_paise),
    ):
        if data.get(name, paise) not in (paise, 0):
            rule = f"The fee schedule says {rupees(paise)} rupees."
            raise TermsInvalid(rule, errors=[{"pointer": pointer, "detail": rule}])
