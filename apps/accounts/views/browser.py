"""Sign-in with a browser: the tokens go into cookies, and scripts get a short-lived one to speak to the API."""

from typing import Any

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import browser
from apps.accounts.views.firebase import PhoneSignInView, exchange
from uma.kernel.http.errors import NotAuthenticated
from uma.kernel.http.fields import TextField
from uma.kernel.http.permissions import Public
from uma.kernel.http.serializers import EmptyRequest, StrictSerializer

# A token that a script is given is good for this long at least.
EARLY_S = 120
NO_STORE = {"Cache-Control": "no-store"}


class BrowserSignInRequest(StrictSerializer[Any]):
    id_token = TextField(max_length=4_096, trim_whitespace=False)


class BrowserSignInResponse(serializers.Serializer[object]):
    is_new = serializers.BooleanField()


@method_decorator(csrf_protect, name="dispatch")
class BrowserSignInView(APIView):
    """Exchange a Firebase ID token for a session that this browser keeps in cookies."""

    permission_classes = [Public]
    authentication_classes = []
    rate_lanes = ("sign_in",)
    refusals = PhoneSignInView.refusals
    schema = None  # spoken to by our own pages alone
    role = "merchant"

    def post(self, request: Request) -> Response:
        body = BrowserSignInRequest(data=request.data)
        body.is_valid(raise_exception=True)
        device = browser.device_id(request._request)  # noqa: SLF001  # DRF wraps what came in
        entered = exchange(
            request,
            id_token=body.validated_data["id_token"],
            role=self.role,
            device_id=device,
            platform="WEB",
            label="Browser",
        )
        browser.meet(request._request, person_id=entered.person.pk)  # noqa: SLF001  # as above
        response = Response({"is_new": entered.is_new}, headers=NO_STORE)
        browser.keep(response, entered.tokens, role=self.role, device=device)
        return response


@method_decorator(csrf_protect, name="dispatch")
class BrowserTokenView(APIView):
    """Give the page's scripts an access token; they keep it in memory."""

    permission_classes = [Public]
    authentication_classes = []
    rate_lanes = ("refresh",)
    refusals = (NotAuthenticated,)
    schema = None  # as above
    role = "merchant"

    def post(self, request: Request) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        now = timezone.now()
        plain = request._request  # noqa: SLF001  # as above
        visit = browser.visit(plain, role=self.role, now=now, at_least_s=EARLY_S)
        if visit is None:
            raise NotAuthenticated(is_guess=False)
        answer = {"access": visit.access, "expires_in": browser.left_s(visit.access, now=now)}
        response = Response(answer, headers=NO_STORE)
        if visit.replaced is not None:
            browser.keep(response, visit.replaced, role=self.role)
        return response
