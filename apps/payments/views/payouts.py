"""Riders' withdrawals and merchants' refunds over HTTP."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.errors import AccountClosed
from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.payments import selectors, services
from apps.payments.errors import (
    FundAccountNotPayable,
    KycLevelTooLow,
    NotWithdrawableYet,
    PayoutAmountNotAllowed,
    PayoutBlockedByDebt,
    PayoutLimitReached,
    PayoutNotCancellable,
    PayoutNotFound,
    PayoutsPaused,
    UnknownFundAccount,
)
from apps.payments.models import Payout
from apps.payments.serializers.payouts import PayoutRequest, PayoutResponse, payout_responses
from apps.wallet.errors import InsufficientFunds, WalletFrozen
from uma.kernel.http.authentication import principal_of, require_fresh_sign_in
from uma.kernel.http.errors import FreshSignInRequired, InvalidCursor
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsMerchant, IsRider
from uma.kernel.http.serializers import EmptyRequest

_ASKING = (
    FreshSignInRequired,
    UnknownFundAccount,
    FundAccountNotPayable,
    PayoutsPaused,
    PayoutBlockedByDebt,
    PayoutLimitReached,
    PayoutAmountNotAllowed,
    NotWithdrawableYet,
    InsufficientFunds,
    WalletFrozen,
)


class WithdrawalsView(APIView):
    """
    The rider's withdrawals.

    The money leaves the wallet at once and is sent within seconds. Needs a sign-in of the last five
    minutes, an account that was checked to be the rider's own, and the level of KYC that goes with the
    amount; `GET /api/user/wallet` says how much can be withdrawn and why not more.
    """

    permission_classes = [IsRider]
    refusals = {"POST": (*_ASKING, KycLevelTooLow, AccountClosed)}
    idempotent = True

    @extend_schema(responses=PayoutResponse(many=True))
    def get(self, request: Request) -> Response:
        return _listed(request, {"person_id": principal_of(request).user_id})

    @extend_schema(request=PayoutRequest, responses={201: PayoutResponse})
    def post(self, request: Request) -> Response:
        body = PayoutRequest(data=request.data)
        body.is_valid(raise_exception=True)
        person, now = principal_of(request), timezone.now()
        require_fresh_sign_in(person, now=now)
        asked = services.request_withdrawal(
            person_id=person.user_id,
            amount_paise=body.validated_data["amount"],
            fund_account_id=body.validated_data["fund_account_id"],
            key=read_idempotency_key(request),
            now=now,
        )
        services.keep_within_limits(person_id=person.user_id, now=now)
        return _asked(asked)


class WithdrawalView(APIView):
    """One withdrawal of the rider's."""

    permission_classes = [IsRider]
    refusals = (PayoutNotFound,)

    @extend_schema(responses=PayoutResponse)
    def get(self, request: Request, payout_id: UUID) -> Response:
        person_id = principal_of(request).user_id
        return _one(selectors.payout_of(payout_id=payout_id, person_id=person_id))


class WithdrawalCancelView(APIView):
    """Second thoughts about a withdrawal."""

    permission_classes = [IsRider]
    refusals = (PayoutNotFound, PayoutNotCancellable)

    @extend_schema(request=None, responses=PayoutResponse)
    def post(self, request: Request, payout_id: UUID) -> Response:
        """Take the withdrawal back while it was not sent; cancelled twice is cancelled once."""
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        person_id = principal_of(request).user_id
        services.cancel_payout(
            payout_id=payout_id,
            person_id=person_id,
            merchant_id=None,
            actor_id=person_id,
            now=timezone.now(),
        )
        return _one(selectors.payout_of(payout_id=payout_id, person_id=person_id))


class RefundsView(APIView):
    """
    Refunds of the merchant's unused balance to its own bank account.

    An owner asks for one, signed in within the last five minutes; large ones are looked at first.
    """

    permission_classes = [IsMerchant]
    key_scope = {"GET": duties.READ_MONEY.scope}
    refusals = {"GET": REFUSALS, "POST": (*REFUSALS, *_ASKING)}
    idempotent = True

    @extend_schema(responses=PayoutResponse(many=True))
    def get(self, request: Request) -> Response:
        return _listed(request, {"merchant_id": acting(request, duties.READ_MONEY).merchant_id})

    @extend_schema(request=PayoutRequest, responses={201: PayoutResponse})
    def post(self, request: Request) -> Response:
        staff = acting(request, duties.TAKE_MONEY_OUT)
        body = PayoutRequest(data=request.data)
        body.is_valid(raise_exception=True)
        person, now = principal_of(request), timezone.now()
        require_fresh_sign_in(person, now=now)
        asked = services.request_refund(
            merchant_id=staff.merchant_id,
            amount_paise=body.validated_data["amount"],
            fund_account_id=body.validated_data["fund_account_id"],
            actor_id=person.user_id,
            key=read_idempotency_key(request),
            now=now,
        )
        return _asked(asked)


class RefundView(APIView):
    """One refund of the merchant's."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = (*REFUSALS, PayoutNotFound)

    @extend_schema(responses=PayoutResponse)
    def get(self, request: Request, payout_id: UUID) -> Response:
        merchant_id = acting(request, duties.READ_MONEY).merchant_id
        return _one(selectors.payout_of(payout_id=payout_id, merchant_id=merchant_id))


class RefundCancelView(APIView):
    """Second thoughts about a refund."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, PayoutNotFound, PayoutNotCancellable)

    @extend_schema(request=None, responses=PayoutResponse)
    def post(self, request: Request, payout_id: UUID) -> Response:
        """Take the refund back while it was not sent; cancelled twice is cancelled once."""
        staff = acting(request, duties.TAKE_MONEY_OUT)
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        services.cancel_payout(
            payout_id=payout_id,
            person_id=None,
            merchant_id=staff.merchant_id,
            actor_id=principal_of(request).user_id,
            now=timezone.now(),
        )
        return _one(selectors.payout_of(payout_id=payout_id, merchant_id=staff.merchant_id))


def _asked(asked: services.Asked) -> Response:
    headers = {REPLAYED: "true"} if asked.replayed else {}
    return Response(_shown([asked.payout])[0], status=201, headers=headers)


def _one(payout: Payout) -> Response:
    return Response(_shown([payout])[0])


def _listed(request: Request, payee: dict[str, Any]) -> Response:  # Any: whose, by name
    page = read_page(request)
    rows = selectors.payouts_of(limit=page.limit + 1, before=_before(page.after), **payee)
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    return page_response(request, _shown(shown), str(shown[-1].pk) if more else None)


def _shown(payouts: list[Payout]) -> list[dict[str, object]]:
    halted, down = selectors.payouts_halted(), selectors.banks_down(now=timezone.now())
    return payout_responses(payouts, halted=halted, down=down)


def _before(after: str | None) -> UUID | None:
    try:
        return None if after is None else UUID(after)
    except ValueError:
        raise InvalidCursor from None
