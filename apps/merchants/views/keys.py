"""The keys of a merchant's own systems over HTTP."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties, selectors, services
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import (
    ApiKeyOver,
    ExpiryNotAllowed,
    PlanLimitReached,
    ScopeUnknown,
    UnknownApiKey,
    UnknownOutlet,
)
from apps.merchants.serializers.keys import (
    ApiKeyRequest,
    ApiKeyResponse,
    IssuedKeyResponse,
    RotateRequest,
    key_response,
)
from apps.merchants.services import IssuedKey
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsMerchant


def _issued(key: IssuedKey) -> Response:
    return Response(key_response(key.row) | {"key": key.text}, status=201)


class ApiKeysView(APIView):
    """The keys of the merchant's own systems, for its owner."""

    permission_classes = [IsMerchant]
    refusals = {
        "GET": (*REFUSALS, InvalidCursor),
        "POST": (*REFUSALS, ExpiryNotAllowed, PlanLimitReached, ScopeUnknown, UnknownOutlet),
    }

    @extend_schema(responses=ApiKeyResponse(many=True))
    def get(self, request: Request) -> Response:
        """List the keys, newest first, with those that ended; no secret is among it."""
        staff = acting(request, duties.MANAGE_KEYS)
        page = read_page(request)
        try:
            before = UUID(page.after) if page.after else None
        except ValueError:
            raise InvalidCursor from None
        rows = selectors.api_keys(
            merchant_id=staff.merchant_id, limit=page.limit + 1, before_id=before
        )
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        return page_response(
            request, [key_response(row) for row in shown], str(shown[-1].pk) if more else None
        )

    @extend_schema(request=ApiKeyRequest, responses={201: IssuedKeyResponse})
    def post(self, request: Request) -> Response:
        """
        Create a key. `key` is in this answer and nowhere else: send it as
        `Authorization: Bearer uma_…`.
        """
        staff = acting(request, duties.MANAGE_KEYS)
        body = ApiKeyRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        return _issued(
            services.create_api_key(
                merchant_id=staff.merchant_id,
                name=data["name"],
                scopes=data["scopes"],
                outlet_ids=data["outlet_ids"],
                expires_at=data["expires_at"],
                environment=settings.API_KEY_ENVIRONMENT,
                actor_id=staff.actor_id,
                now=timezone.now(),
            )
        )


class RotateApiKeyView(APIView):
    """Give a key a successor that may do the same; both are good for `overlapHours`."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, ApiKeyOver, UnknownApiKey)

    @extend_schema(request=RotateRequest, responses={201: IssuedKeyResponse})
    def post(self, request: Request, key_id: UUID) -> Response:
        staff = acting(request, duties.MANAGE_KEYS)
        body = RotateRequest(data=request.data)
        body.is_valid(raise_exception=True)
        return _issued(
            services.rotate_api_key(
                key_id=key_id,
                merchant_id=staff.merchant_id,
                overlap=timedelta(hours=body.validated_data["overlap_hours"]),
                actor_id=staff.actor_id,
                now=timezone.now(),
            )
        )


class ApiKeyView(APIView):
    """One key of the merchant's."""

    permission_classes = [IsMerchant]
    refusals = (*REFUSALS, UnknownApiKey)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke the key: within a second it opens nothing. Revoking it again changes nothing."""
        staff = acting(request, duties.MANAGE_KEYS)
        services.revoke_api_key(
            key_id=key_id,
            merchant_id=staff.merchant_id,
            actor_id=staff.actor_id,
            now=timezone.now(),
        )
        return Response(status=204)
