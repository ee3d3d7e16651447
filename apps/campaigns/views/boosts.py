"""Boosting a campaign over HTTP: what it costs, buying a week of it, stopping it."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.campaigns import selectors, services
from apps.campaigns.errors import (
    AlreadyBoosted,
    BoostPriceChanged,
    CampaignNotOnSale,
    FeesNotSet,
    NoBoost,
    NoBoostSlot,
    UnknownCampaign,
)
from apps.campaigns.serializers.boosts import (
    BoostFields,
    BoostRequest,
    BoostResponse,
    boost_response,
    quote_response,
)
from apps.campaigns.views.access import WRITE_REFUSALS, reader_of
from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting, require_outlets
from apps.merchants.errors import MerchantNotActive
from apps.merchants.selectors import StaffScope
from apps.wallet.errors import InsufficientFunds, WalletFrozen
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.permissions import IsMerchant


class BoostView(APIView):
    """A campaign's boost: a week at the head of the lists around its outlets, labelled as such."""

    permission_classes = [IsMerchant]
    key_scope = {"GET": duties.READ_CAMPAIGNS.scope}
    idempotent = True
    refusals = {
        "GET": (UnknownCampaign, FeesNotSet, *REFUSALS),
        "POST": (
            UnknownCampaign,
            AlreadyBoosted,
            BoostPriceChanged,
            CampaignNotOnSale,
            FeesNotSet,
            InsufficientFunds,
            MerchantNotActive,
            NoBoostSlot,
            WalletFrozen,
            *WRITE_REFUSALS,
        ),
        "DELETE": (UnknownCampaign, NoBoost, *WRITE_REFUSALS),
    }

    @extend_schema(responses=BoostResponse)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """What a week costs now, the slots that are left, and the boost that runs."""
        now = timezone.now()
        quote = selectors.quote(
            campaign_id=campaign_id, merchant_id=reader_of(request).merchant_id, now=now
        )
        running = selectors.live_boost(campaign_id=campaign_id)
        shown = running is not None and running.ends_at > now
        return Response(
            {
                "boost": boost_response(running) if running and shown else None,
                "quote": quote_response(quote),
            }
        )

    @extend_schema(request=BoostRequest, responses={201: BoostFields})
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Buy a week from now on, paid from the wallet with GST."""
        staff = _booster(request, campaign_id)
        body = BoostRequest(data=request.data)
        body.is_valid(raise_exception=True)
        done = services.boost(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            key=read_idempotency_key(request),
            agreed_paise=body.validated_data.get("total"),
            now=timezone.now(),
        )
        return Response(
            boost_response(done.boost),
            status=201,
            headers={REPLAYED: "true"} if done.replayed else {},
        )

    @extend_schema(responses=BoostFields)
    def delete(self, request: Request, campaign_id: UUID) -> Response:
        """Stop it now: the price of the whole days that are left goes back to the wallet."""
        staff = _booster(request, campaign_id)
        stopped = services.stop_boost(
            campaign_id=campaign_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=timezone.now(),
        )
        return Response(boost_response(stopped))


def _booster(request: Request, campaign_id: UUID) -> StaffScope:
    """Return for whom the caller buys; a campaign at outlets beyond the caller's post is not theirs."""
    staff = acting(request, duties.BOOST)
    if staff.outlet_ids:
        # Another merchant's campaign does not exist, whatever its outlets.
        selectors.campaign(campaign_id=campaign_id, merchant_id=staff.merchant_id)
        require_outlets(staff, selectors.outlet_ids(campaign_ids=[campaign_id])[campaign_id])
    return staff
