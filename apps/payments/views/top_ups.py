"""Adding money over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.payments import selectors, services
from apps.payments.errors import GatewayUnavailable, TopUpAmountNotAllowed, TopUpNotFound
from apps.payments.gateway import gateway
from apps.payments.serializers.top_ups import AddFundsRequest, TopUpResponse, top_up_response
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsMerchant


class AddFundsView(APIView):
    """
    Add money to the merchant's wallet: the answer is an order that Razorpay's checkout takes.

    The wallet is credited when Razorpay confirms the payment, not by what the checkout tells the
    app. The same Idempotency-Key gives the same order.
    """

    permission_classes = [IsMerchant]
    idempotent = True
    refusals = (*REFUSALS, TopUpAmountNotAllowed, GatewayUnavailable)

    @extend_schema(request=AddFundsRequest, responses={201: TopUpResponse})
    def post(self, request: Request) -> Response:
        body = AddFundsRequest(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        begun = services.begin_top_up(
            merchant_id=acting(request, duties.ADD_MONEY).merchant_id,
            amount_paise=body.validated_data["amount"],
            actor_id=principal_of(request).user_id,
            key=read_idempotency_key(request),
            now=now,
        )
        top_up = services.order_top_up(top_up_id=begun.top_up.pk, gateway=gateway(), now=now)
        return Response(
            top_up_response(top_up),
            status=201,
            headers={REPLAYED: "true"} if begun.replayed else {},
        )


class TopUpsView(APIView):
    """The merchant's top-ups, the newest first."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = REFUSALS

    @extend_schema(responses=TopUpResponse(many=True))
    def get(self, request: Request) -> Response:
        page = read_page(request)
        rows = selectors.top_ups_of(
            merchant_id=acting(request, duties.READ_MONEY).merchant_id,
            limit=page.limit + 1,
            before=_before(page.after),
        )
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        answer = [top_up_response(row) for row in shown]
        return page_response(request, answer, str(shown[-1].pk) if more else None)


class TopUpView(APIView):
    """One top-up: whether it was paid yet."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = (*REFUSALS, TopUpNotFound)

    @extend_schema(responses=TopUpResponse)
    def get(self, request: Request, top_up_id: UUID) -> Response:
        found = selectors.top_up_of(
            merchant_id=acting(request, duties.READ_MONEY).merchant_id, top_up_id=top_up_id
        )
        return Response(top_up_response(found))


def _before(after: str | None) -> UUID | None:
    try:
        return None if after is None else UUID(after)
    except ValueError:
        raise InvalidCursor from None
