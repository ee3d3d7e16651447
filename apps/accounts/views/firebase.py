"""Sign-in by phone over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import errors, firebase, services
from apps.accounts.serializers.sign_in import PhoneSignInRequest, PhoneSignInResponse
from apps.accounts.services import AppDevice, Entered
from uma.kernel.http import limits
from uma.kernel.http.addresses import client_address
from uma.kernel.http.permissions import Public


def exchange(
    request: Request, *, id_token: str, role: str, device_id: str, platform: str, label: str
) -> Entered:
    """Open a session for what Firebase vouches for; the number's own lane is counted here."""
    now = timezone.now()
    proof = firebase.verify(id_token, now=now)
    limits.take(request._request, sign_in_phone=proof.phone)  # noqa: SLF001 - what the edge counts
    return services.sign_in_by_phone(
        proof=proof,
        role=role,
        device=AppDevice(
            id=device_id,
            platform=platform,
            label=label,
            agent=request.META.get("HTTP_USER_AGENT", ""),
            address=client_address(request._request),  # noqa: SLF001 - what the proxies wrote to
        ),
        now=now,
    )


class PhoneSignInView(APIView):
    """
    Exchange a Firebase ID token for a session: an access token and the first refresh token.

    The token must come from a sign-in by phone within the last five minutes, and is good once. 201
    when the number was unknown and an account was made, 200 otherwise; nothing else differs. A new
    device, a changed number or a long absence pauses payouts (`payoutsFrom` in the profile).
    """

    permission_classes = [Public]
    authentication_classes = []
    rate_lanes = ("sign_in",)
    refusals = (
        errors.IdTokenInvalid,
        errors.IdTokenExpired,
        errors.IdTokenRevoked,
        errors.IdTokenUsed,
        errors.PhoneSignInRequired,
        errors.SignInTooOld,
        errors.AccountClosed,
        errors.NotAnOperator,
        errors.SignInUnavailable,
    )

    @extend_schema(
        request=PhoneSignInRequest,
        responses={200: PhoneSignInResponse, 201: PhoneSignInResponse},
    )
    def post(self, request: Request) -> Response:
        body = PhoneSignInRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        entered = exchange(
            request,
            id_token=asked["id_token"],
            role=asked["role"],
            device_id=asked.get("device_id", ""),
            platform=asked.get("platform", "").upper(),
            label=asked["device_label"],
        )
        answer = {
            "access": entered.tokens.access,
            "refresh": entered.tokens.refresh,
            "session_id": entered.tokens.session_id,
            "user": {
                "id": entered.person.pk,
                "name": entered.person.display_name,
                "role": asked["role"],
                "is_new": entered.is_new,
            },
        }
        status = 201 if entered.is_new else 200
        # Secrets are nobody's to keep on the way.
        return Response(
            PhoneSignInResponse(answer).data, status=status, headers={"Cache-Control": "no-store"}
        )
