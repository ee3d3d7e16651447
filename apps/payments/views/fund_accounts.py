"""Riders' own bank accounts and VPAs, and merchants' bank accounts, over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.payments import selectors, services
from apps.payments.errors import FundAccountKnown, UnknownFundAccount
from apps.payments.serializers.fund_accounts import (
    FundAccountRequest,
    FundAccountResponse,
    MerchantAccountRequest,
)
from uma.kernel.http.addresses import exact_address
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsMerchant, IsRider


def _address(request: Request) -> str | None:
    return exact_address(request._request)  # noqa: SLF001  # DRF wraps what came in


class FundAccountsView(APIView):
    """Where the rider can be paid; account numbers and VPAs are shown masked, to everybody."""

    permission_classes = [IsRider]
    refusals = {"POST": (FundAccountKnown,)}

    @extend_schema(responses=FundAccountResponse(many=True))
    def get(self, request: Request) -> Response:
        found = selectors.fund_accounts(person_id=principal_of(request).user_id)
        return Response(FundAccountResponse(found, many=True).data)

    @extend_schema(request=FundAccountRequest, responses={201: FundAccountResponse})
    def post(self, request: Request) -> Response:
        """
        Add a bank account or a VPA of one's own.

        Payouts may go to it from `payableFrom` on, a day later, and once it is known to be the rider's own
        (`verified`): its bank is asked for the holder's name. One in another name (`verification`) stays
        unpaid; the rider is told, and may add another.
        """
        body = FundAccountRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        added = services.add_fund_account(
            person_id=principal_of(request).user_id,
            holder_name=data["holder_name"],
            account_number=data.get("account_number", ""),
            ifsc=data.get("ifsc", "").upper(),
            vpa=data.get("vpa", "").lower(),
            now=timezone.now(),
            address=_address(request),
        )
        return Response(FundAccountResponse(added).data, status=201)


class FundAccountView(APIView):
    """One account of the rider's own."""

    permission_classes = [IsRider]
    refusals = (UnknownFundAccount,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, fund_account_id: UUID) -> Response:
        """Take the account off the list; added again, it waits again."""
        services.remove_fund_account(
            fund_account_id=fund_account_id,
            person_id=principal_of(request).user_id,
            now=timezone.now(),
            address=_address(request),
        )
        return Response(status=204)


class MerchantAccountsView(APIView):
    """Bank accounts to which the merchant's unused balance may be paid back, shown masked."""

    permission_classes = [IsMerchant]
    refusals = {"GET": REFUSALS, "POST": (*REFUSALS, FundAccountKnown)}

    @extend_schema(responses=FundAccountResponse(many=True))
    def get(self, request: Request) -> Response:
        merchant_id = acting(request, duties.TAKE_MONEY_OUT).merchant_id
        found = selectors.fund_accounts(merchant_id=merchant_id)
        return Response(FundAccountResponse(found, many=True).data)

    @extend_schema(request=MerchantAccountRequest, responses={201: FundAccountResponse})
    def post(self, request: Request) -> Response:
        """
        Add a bank account in the merchant's own name.

        Refunds may go to it from `payableFrom` on, a day later, and once it is `verified`.
        """
        staff = acting(request, duties.TAKE_MONEY_OUT)
        body = MerchantAccountRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        added = services.add_fund_account(
            merchant_id=staff.merchant_id,
            actor_id=principal_of(request).user_id,
            holder_name=data["holder_name"],
            account_number=data["account_number"],
            ifsc=data["ifsc"].upper(),
            now=timezone.now(),
            address=_address(request),
        )
        return Response(FundAccountResponse(added).data, status=201)


class MerchantAccountView(APIView):
    """One bank account of the merchant's."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, UnknownFundAccount)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, fund_account_id: UUID) -> Response:
        """Take the account off the list; added again, it waits again."""
        services.remove_fund_account(
            fund_account_id=fund_account_id,
            merchant_id=acting(request, duties.TAKE_MONEY_OUT).merchant_id,
            actor_id=principal_of(request).user_id,
            now=timezone.now(),
            address=_address(request),
        )
        return Response(status=204)
