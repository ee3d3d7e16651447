"""A merchant's figures over HTTP."""

from datetime import date, datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.analytics import selectors
from apps.analytics.serializers import (
    TIMEFRAMES,
    AnalyticsQuery,
    AnalyticsResponse,
    analytics_response,
)
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.merchants.access import REFUSALS, acting, require_outlets
from apps.merchants.errors import OutletNotYours, PlanLimitReached
from uma.kernel.http.errors import InvalidParameter
from uma.kernel.http.names import snake
from uma.kernel.http.permissions import IsMerchant
from uma.kernel.zones import day_of

_QUERY = [
    OpenApiParameter("timeframe", enum=[*TIMEFRAMES], description="Up to today; month by default."),
    OpenApiParameter(
        "first", OpenApiTypes.DATE, description="With `last`, instead of a timeframe."
    ),
    OpenApiParameter("last", OpenApiTypes.DATE),
    OpenApiParameter("campaignId", OpenApiTypes.UUID),
    OpenApiParameter("outletId", OpenApiTypes.UUID),
    OpenApiParameter(
        "margin", OpenApiTypes.NUMBER, description="Your margin in per cent; without it no `roi`."
    ),
]


class AnalyticsView(APIView):
    """
    What the merchant's money bought: visits, customers, what each cost and what they brought.

    Days are the zone's. What is taken back counts on the day on which it was taken back, so a
    period's spend is what the ledger moved in it. `how` says how each figure is computed; null is
    what cannot be known. Who is posted at some outlets sees those. How many days one can look back
    is the plan's.
    """

    permission_classes = [IsMerchant]
    key_scope = duties.READ_ANALYTICS.scope
    refusals = (*REFUSALS, InvalidParameter, OutletNotYours, PlanLimitReached)

    @extend_schema(parameters=_QUERY, responses=AnalyticsResponse)
    def get(self, request: Request) -> Response:
        staff = acting(request, duties.READ_ANALYTICS)
        query = AnalyticsQuery(data=_named(request.query_params))
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        outlet_ids = staff.outlet_ids
        if "outlet_id" in asked:
            require_outlets(staff, [asked["outlet_id"]])
            outlet_ids = (asked["outlet_id"],)
        now = timezone.now()
        clock = merchants.merchant(merchant_id=staff.merchant_id).zone.timezone
        first, last = _days(asked, now=now, clock=clock)
        merchants.require_within_plan(
            merchant_id=staff.merchant_id,
            feature="analytics_days",
            wanted=(day_of(now, clock) - first).days + 1,
        )
        period = selectors.Period(first, last, outlet_ids, asked.get("campaign_id"))
        figures = selectors.figures(merchant_id=staff.merchant_id, period=period, now=now)
        margin = asked.get("margin")
        # Riders are drawn for the whole business, so a post at some outlets sees none of it.
        experiments = (
            []
            if staff.outlet_ids
            else selectors.experiments(
                merchant_id=staff.merchant_id, campaign_id=asked.get("campaign_id"), now=now
            )
        )
        return Response(
            analytics_response(
                figures,
                margin=None if margin is None else margin / 100,
                experiments=experiments,
                refused=selectors.refused(merchant_id=staff.merchant_id, period=period),
            )
        )


def _named(parameters: QueryDict) -> dict[str, object]:
    try:
        return {snake(name): parameters[name] for name in parameters}
    except ValueError:
        raise InvalidParameter("The names of query parameters are camelCase.") from None


def _days(asked: dict[str, Any], *, now: datetime, clock: str) -> tuple[date, date]:
    if "first" in asked:
        return asked["first"], asked["last"]
    today = day_of(now, clock)
    return today - timedelta(TIMEFRAMES[asked["timeframe"]] - 1), today
