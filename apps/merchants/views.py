"""A merchant's own profile over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import selectors
from apps.merchants.errors import NotAMerchant
from apps.merchants.serializers import ProfileResponse, profile_response
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsMerchant


class ProfileView(APIView):
    """The merchant one acts for: its wallet, what is held, its plan and outlets."""

    permission_classes = [IsMerchant]
    refusals = (NotAMerchant,)

    @extend_schema(responses=ProfileResponse)
    def get(self, request: Request) -> Response:
        staff = selectors.staff_of(user_id=principal_of(request).user_id)
        if staff is None:
            raise NotAMerchant
        purse = codes.merchant_wallet(staff.merchant_id)
        answer = profile_response(
            selectors.merchant(merchant_id=staff.merchant_id),
            selectors.outlets(merchant_id=staff.merchant_id),
            wallet_paise=ledger.balance_paise(code=purse),
            held_paise=ledger.held_paise(merchant_id=staff.merchant_id),
            frozen=ledger.is_frozen(code=purse),
            role=staff.role,
        )
        return Response(answer)
