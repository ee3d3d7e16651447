"""A merchant's own profile over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties, selectors
from apps.merchants.access import REFUSALS, acting, may
from apps.merchants.serializers.profile import ProfileResponse, profile_response
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.http.permissions import IsMerchant


class ProfileView(APIView):
    """The merchant one acts for: its wallet, what is held, its plan and outlets."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_PROFILE.scope
    refusals = REFUSALS

    @extend_schema(responses=ProfileResponse)
    def get(self, request: Request) -> Response:
        staff = acting(request, duties.READ_PROFILE)
        purse = codes.merchant_wallet(staff.merchant_id)
        sees_money = may(request, staff, duties.READ_MONEY)
        answer = profile_response(
            selectors.merchant(merchant_id=staff.merchant_id),
            selectors.outlets(merchant_id=staff.merchant_id),
            wallet_paise=ledger.balance_paise(code=purse) if sees_money else None,
            held_paise=ledger.held_paise(merchant_id=staff.merchant_id) if sees_money else None,
            frozen=ledger.is_frozen(code=purse),
            role=staff.role,
        )
        return Response(answer)
