"""Where a merchant's own systems are told of events: the endpoints, their secrets, what was sent, and once more."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties, services
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import PlanLimitReached
from apps.merchants.serializers.webhooks import (
    DeliveryResponse,
    IssuedWebhookResponse,
    ReplayRequest,
    ReplayResponse,
    RotateSecretRequest,
    WebhookRequest,
    WebhookResponse,
    delivery_response,
    webhook_response,
)
from apps.notifications import selectors as told
from apps.notifications.errors import (
    EndpointExists,
    EndpointNotAllowed,
    EndpointOver,
    UnknownEndpoint,
)
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsMerchant


def _issued(issued: services.IssuedEndpoint, *, status: int = 201) -> Response:
    return Response(webhook_response(issued.row) | {"secret": issued.secret}, status=status)


class WebhooksView(APIView):
    """Where the merchant's systems listen, for its owner (Standard Webhooks, HMAC-SHA256)."""

    permission_classes = [IsMerchant]
    refusals = {
        "GET": REFUSALS,
        "POST": (*REFUSALS, EndpointNotAllowed, EndpointExists, PlanLimitReached),
    }

    @extend_schema(responses=WebhookResponse(many=True))
    def get(self, request: Request) -> Response:
        """List the endpoints, with those that ended; no secret is among it."""
        staff = acting(request, duties.MANAGE_WEBHOOKS)
        rows = told.endpoints(merchant_id=staff.merchant_id)
        return Response([webhook_response(row) for row in rows])

    @extend_schema(request=WebhookRequest, responses={201: IssuedWebhookResponse})
    def post(self, request: Request) -> Response:
        """
        Send these events to an address from now on. `secret` is in this answer and nowhere else.

        Each request carries `webhook-id`, `webhook-timestamp` and `webhook-signature`. Answer 2xx within five
        seconds; otherwise it is tried ten times in three days. 410 ends it, and so do five days without success.
        """
        staff = acting(request, duties.MANAGE_WEBHOOKS)
        body = WebhookRequest(data=request.data)
        body.is_valid(raise_exception=True)
        return _issued(
            services.add_webhook(
                merchant_id=staff.merchant_id,
                **body.validated_data,
                private=settings.DEBUG,
                actor_id=staff.actor_id,
                now=timezone.now(),
            )
        )


class WebhookView(APIView):
    """One endpoint of the merchant's."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, UnknownEndpoint)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, endpoint_id: UUID) -> Response:
        """Send nothing more there; once more changes nothing."""
        staff = acting(request, duties.MANAGE_WEBHOOKS)
        services.remove_webhook(
            endpoint_id=endpoint_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=timezone.now(),
        )
        return Response(status=204)


class RotateWebhookView(APIView):
    """Give an endpoint a new secret; for `overlapHours` both sign every request."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, UnknownEndpoint, EndpointOver)

    @extend_schema(request=RotateSecretRequest, responses={201: IssuedWebhookResponse})
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        staff = acting(request, duties.MANAGE_WEBHOOKS)
        body = RotateSecretRequest(data=request.data)
        body.is_valid(raise_exception=True)
        return _issued(
            services.rotate_webhook_secret(
                endpoint_id=endpoint_id,
                merchant_id=staff.merchant_id,
                overlap=timedelta(hours=body.validated_data["overlap_hours"]),
                actor_id=staff.actor_id,
                now=timezone.now(),
            )
        )


class WebhookDeliveriesView(APIView):
    """What an endpoint was sent, the newest first."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, UnknownEndpoint, InvalidCursor)

    @extend_schema(responses=DeliveryResponse(many=True))
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        staff = acting(request, duties.MANAGE_WEBHOOKS)
        page = read_page(request)
        try:
            before = UUID(page.after) if page.after else None
        except ValueError:
            raise InvalidCursor from None
        told.endpoint_of(merchant_id=staff.merchant_id, endpoint_id=endpoint_id)
        rows = told.delivery_log(endpoint_id=endpoint_id, limit=page.limit + 1, before_id=before)
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        return page_response(
            request, [delivery_response(row) for row in shown], str(shown[-1].pk) if more else None
        )


class ReplayWebhooksView(APIView):
    """Send once more what an endpoint was owed from `since` to `until`, under the same `webhook-id`s."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, UnknownEndpoint, EndpointOver)

    @extend_schema(request=ReplayRequest, responses=ReplayResponse)
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        staff = acting(request, duties.MANAGE_WEBHOOKS)
        body = ReplayRequest(data=request.data)
        body.is_valid(raise_exception=True)
        count = services.replay_webhooks(
            endpoint_id=endpoint_id,
            merchant_id=staff.merchant_id,
            **body.validated_data,
            actor_id=staff.actor_id,
            now=timezone.now(),
        )
        return Response({"replayed": count})
