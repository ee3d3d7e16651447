"""Plans over HTTP: what there is, and what one's own business has of it."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties, selectors, services
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import (
    AlreadyOnPlan,
    MerchantNotActive,
    NoSubscription,
    PlanNotOffered,
    UndoOver,
)
from apps.merchants.serializers.plans import (
    ChoosePlanRequest,
    ChosenResponse,
    MerchantPlanResponse,
    PaidMonthResponse,
    PlanResponse,
    RefundResponse,
    charge_response,
    merchant_plan_response,
    paid_month_response,
    plan_response,
)
from apps.wallet.errors import InsufficientFunds, WalletFrozen
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsMerchant, Public
from uma.kernel.http.serializers import EmptyRequest
from uma.kernel.money import rupees


class PlansView(APIView):
    """The plans, what each costs a month and what it unlocks; the smallest first."""

    permission_classes = [Public]
    authentication_classes = []

    @extend_schema(responses=PlanResponse(many=True))
    def get(self, request: Request) -> Response:  # noqa: ARG002  # DRF's signature
        return Response([plan_response(offer) for offer in selectors.plans(at=timezone.now())])


class MerchantPlanView(APIView):
    """The plan of one's own business."""

    permission_classes = [IsMerchant]
    key_scope = {"GET": duties.READ_PROFILE.scope}
    idempotent = True
    refusals = {
        "GET": REFUSALS,
        "POST": (
            *REFUSALS,
            AlreadyOnPlan,
            InsufficientFunds,
            MerchantNotActive,
            PlanNotOffered,
            WalletFrozen,
        ),
        "DELETE": (*REFUSALS, NoSubscription),
    }

    @extend_schema(responses=MerchantPlanResponse)
    def get(self, request: Request) -> Response:
        """What the business has, uses and could have, each plan with its own price."""
        merchant_id = acting(request, duties.READ_PROFILE).merchant_id
        now = timezone.now()
        return Response(
            merchant_plan_response(
                selectors.merchant(merchant_id=merchant_id),
                offers=selectors.plans(at=now, merchant_id=merchant_id),
                used=selectors.usage(merchant_id=merchant_id, now=now),
                subscription=selectors.live_subscription(merchant_id=merchant_id),
            )
        )

    @extend_schema(request=ChoosePlanRequest, responses=ChosenResponse)
    def post(self, request: Request) -> Response:
        """
        Choose a plan. A larger one is paid from the wallet and holds at once; a smaller one follows
        the month that is paid. Choosing what runs takes a cancellation back.
        """
        staff = acting(request, duties.CHOOSE_PLAN)
        body = ChoosePlanRequest(data=request.data)
        body.is_valid(raise_exception=True)
        chosen = services.choose_plan(
            merchant_id=staff.merchant_id,
            plan=body.validated_data["plan"].upper(),
            actor_id=principal_of(request).user_id,
            key=read_idempotency_key(request),
            now=timezone.now(),
        )
        charge = None if chosen.charge is None else charge_response(chosen.charge)
        return Response(
            {"plan": chosen.plan.lower(), "charge": charge},
            headers={REPLAYED: "true"} if chosen.replayed else {},
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Cancel: the plan stays until the end of the month that is paid, then it is Basic."""
        staff = acting(request, duties.CHOOSE_PLAN)
        services.cancel_plan(
            merchant_id=staff.merchant_id, actor_id=staff.actor_id, now=timezone.now()
        )
        return Response(status=204)


class UndoPlanView(APIView):
    """Take a first month back within a day of its purchase, once a year: all of it is returned."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, NoSubscription, UndoOver)

    @extend_schema(request=None, responses=RefundResponse)
    def post(self, request: Request) -> Response:
        staff = acting(request, duties.CHOOSE_PLAN)
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        back = services.undo_plan(
            merchant_id=staff.merchant_id, actor_id=staff.actor_id, now=timezone.now()
        )
        return Response({"refunded": rupees(back.total_paise)})


class PaidMonthsView(APIView):
    """What the business paid for plans, the newest month first."""

    permission_classes = [IsMerchant]
    key_scope = duties.READ_MONEY.scope
    refusals = (*REFUSALS, InvalidCursor)

    @extend_schema(responses=PaidMonthResponse(many=True))
    def get(self, request: Request) -> Response:
        staff = acting(request, duties.READ_MONEY)
        page = read_page(request)
        try:
            before = UUID(page.after) if page.after else None
        except ValueError:
            raise InvalidCursor from None
        rows = selectors.charges_of(
            merchant_id=staff.merchant_id, limit=page.limit + 1, before_id=before
        )
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        answer = [paid_month_response(row) for row in shown]
        return page_response(request, answer, str(shown[-1].pk) if more else None)
