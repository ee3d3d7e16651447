"""Carrying a sign-in on, ending it, and where somebody is signed in."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services, tokens
from apps.accounts.errors import RefreshInvalid, RefreshReused, UnknownSession
from apps.accounts.serializers.sessions import (
    RefreshRequest,
    RefreshResponse,
    SessionResponse,
    SignOutRequest,
    session_responses,
)
from uma.kernel.http.addresses import client_address
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsAuthenticated, Public


def _address(request: Request) -> str:
    return client_address(request._request)  # noqa: SLF001  # DRF wraps what came in


class RefreshView(APIView):
    """
    Exchange a refresh token for its successor and a new access token.

    A token is used once. Sent again within ten seconds with the same `deviceId`, it is answered
    alike, for the case that the first answer was lost; sent again otherwise, somebody has a copy,
    and the session ends.
    """

    permission_classes = [Public]
    authentication_classes = []
    rate_lanes = ("refresh",)
    refusals = (RefreshInvalid, RefreshReused)

    @extend_schema(request=RefreshRequest, responses=RefreshResponse)
    def post(self, request: Request) -> Response:
        body = RefreshRequest(data=request.data)
        body.is_valid(raise_exception=True)
        signed_in = services.refresh(
            secret=body.validated_data["refresh"],
            device_id=body.validated_data["device_id"],
            keys=tokens.keyring(settings.REFRESH_KEYS),
            now=timezone.now(),
            address=_address(request),
        )
        return Response(RefreshResponse(signed_in).data)


class SignOutView(APIView):
    """End this session; once more changes nothing and answers the same."""

    permission_classes = [IsAuthenticated]
    may_have_ended = True

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        SignOutRequest(data=request.data).is_valid(raise_exception=True)
        principal = principal_of(request)
        services.sign_out(
            session_id=principal.session_id,
            user_id=principal.user_id,
            now=timezone.now(),
            address=_address(request),
        )
        return Response(status=204)


class SignOutEverywhereView(APIView):
    """End every session of this person, on all devices and in all roles."""

    permission_classes = [IsAuthenticated]

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        SignOutRequest(data=request.data).is_valid(raise_exception=True)
        principal = principal_of(request)
        services.revoke_sessions_of(
            user_id=principal.user_id,
            reason="signed_out_everywhere",
            actor_id=principal.user_id,
            now=timezone.now(),
            address=_address(request),
        )
        return Response(status=204)


class SessionsView(APIView):
    """Where this person is signed in, the last used first."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=SessionResponse(many=True))
    def get(self, request: Request) -> Response:
        principal = principal_of(request)
        live = selectors.live_sessions(user_id=principal.user_id, now=timezone.now())
        rows = session_responses(live, current=principal.session_id)
        return Response(SessionResponse(rows, many=True).data)


class SessionView(APIView):
    """One session of this person's own."""

    permission_classes = [IsAuthenticated]
    refusals = (UnknownSession,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End one session of one's own, such as that of a lost phone."""
        principal = principal_of(request)
        services.revoke_session(
            session_id=session_id,
            user_id=principal.user_id,
            reason="by_owner",
            actor_id=principal.user_id,
            now=timezone.now(),
            address=_address(request),
        )
        return Response(status=204)
