"""When to tell a merchant of a low balance, over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.payments import selectors, services
from apps.payments.errors import BalanceRuleNotAllowed
from apps.payments.serializers.balances import (
    BalanceRuleRequest,
    BalanceRuleResponse,
    balance_rule_response,
)
from uma.kernel.http.permissions import IsMerchant


class BalanceRuleView(APIView):
    """When the merchant is told that its balance is low, and whether a top-up is ordered then."""

    permission_classes = [IsMerchant]
    key_scope = {"GET": duties.READ_MONEY.scope or ""}
    refusals = (*REFUSALS, BalanceRuleNotAllowed)

    @extend_schema(responses=BalanceRuleResponse)
    def get(self, request: Request) -> Response:
        merchant_id = acting(request, duties.READ_MONEY).merchant_id
        view = selectors.balance_rule(merchant_id=merchant_id, now=timezone.now())
        return Response(balance_rule_response(view))

    @extend_schema(request=BalanceRuleRequest, responses=BalanceRuleResponse)
    def put(self, request: Request) -> Response:
        """
        Set the rule. One message is sent for each time that the balance falls below the threshold.

        An automatic top-up is an open order: it is paid in the wallet, within a day.
        """
        staff = acting(request, duties.SET_BALANCE_RULE)
        body = BalanceRuleRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked, now = body.validated_data, timezone.now()
        services.set_balance_rule(
            merchant_id=staff.merchant_id,
            alert_below_paise=asked["alert_below"],
            auto_on=asked["auto_top_up"]["enabled"],
            auto_below_paise=asked["auto_top_up"]["below"],
            auto_amount_paise=asked["auto_top_up"]["amount"],
            auto_monthly_cap_paise=asked["auto_top_up"]["monthly_cap"],
            actor_id=staff.actor_id,
            now=now,
        )
        view = selectors.balance_rule(merchant_id=staff.merchant_id, now=now)
        return Response(balance_rule_response(view))
