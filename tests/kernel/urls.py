"""Views that do one thing each, so that the kernel can be watched at work over HTTP."""

import time
from typing import Any

from django.db import connection, transaction
from django.urls import include, path, re_path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from uma.kernel.http import limits
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import NotAuthenticated, RequestInProgress
from uma.kernel.http.fields import (
    PointSerializer,
    RupeesField,
    TextField,
    TrueFalseField,
    WholeNumberField,
)
from uma.kernel.http.idempotency import read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsAuthenticated, IsMerchant, IsOperator, IsRider, Public
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.http.views import UnknownPathView


class PlaceRequest(StrictSerializer[Any]):
    """A nested body."""

    label_text = TextField(max_length=20)
    position = PointSerializer(required=False)


class ProbeRequest(StrictSerializer[Any]):
    """One field of every kind."""

    bill_amount = RupeesField(required=False, allow_null=True)
    seat_count = WholeNumberField(required=False, min_value=1, max_value=10)
    is_new = TrueFalseField(required=False)
    place = PlaceRequest(required=False)
    places = PlaceRequest(many=True, required=False)
    anything = serializers.JSONField(required=False)


class EchoView(APIView):
    permission_classes = [Public]

    def post(self, request: Request) -> Response:
        body = ProbeRequest(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            {"success": True, "apply_discount": "10%", "seen_keys": sorted(body.validated_data)}
        )


class KeyedView(APIView):
    permission_classes = [Public]

    def post(self, request: Request) -> Response:
        key = read_idempotency_key(request)
        if key is None:
            return Response(None, status=204)
        return Response({"key": key.key, "fingerprint": key.fingerprint.hex()})


class WhoView(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        principal = principal_of(request)
        return Response({"user_id": principal.user_id, "role": principal.role})


class RiderView(WhoView):
    permission_classes = [IsRider]


class MerchantView(WhoView):
    permission_classes = [IsMerchant]


class OperatorView(WhoView):
    permission_classes = [IsOperator]


class ForgottenView(APIView):
    def get(self, _request: Request) -> Response:
        raise AssertionError("a view without permissions must not run")


class ScannerView(WhoView):
    rate_lane = "scanner"


class OpenView(APIView):
    permission_classes = [Public]

    def get(self, _request: Request) -> Response:
        return Response({"ok": True})


class SignInView(APIView):
    """Whoever presents no bad token is signed in; a phone is believed as if it were verified."""

    permission_classes = [Public]
    authentication_classes = []
    rate_lanes = ("sign_in",)

    def post(self, request: Request) -> Response:
        body: dict[str, str] = request.data  # type: ignore[assignment]  # an object, as sent
        if body.get("token") == "bad":
            raise NotAuthenticated
        if "phone" in body:
            limits.take(request, sign_in_phone=body["phone"])
        return Response({})


class BugView(APIView):
    permission_classes = [Public]

    def get(self, _request: Request) -> Response:
        secret = "hunter2"
        raise RuntimeError(f"a secret: {secret}")


class LockView(APIView):
    permission_classes = [Public]

    def post(self, _request: Request) -> Response:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            cursor.execute("SELECT 1 FROM auth_group WHERE name = 'locked' FOR UPDATE")
        return Response({})


class SqlView(APIView):
    permission_classes = [Public]

    def post(self, request: Request) -> Response:
        with connection.cursor() as cursor:
            body: dict[str, str] = request.data  # type: ignore[assignment]  # an object, as sent
            cursor.execute(body["sql"])
        return Response({})


class DyingView(APIView):
    permission_classes = [Public]

    def post(self, _request: Request) -> Response:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return Response({})


class OutOfStepView(APIView):
    """The driver finds two answers where it asked one thing, as when a pooler fails over before BEGIN."""

    permission_classes = [Public]

    def post(self, _request: Request) -> Response:
        connection.ensure_connection()
        driver: Any = connection.connection
        with connection.wrap_database_errors:
            driver.wait(driver._exec_command(b"SELECT 1; SELECT 2"))
        return Response({})


class RunningView(APIView):
    permission_classes = [Public]

    def post(self, _request: Request) -> Response:
        raise RequestInProgress


NUMBERS: list[int] = []


class ListView(APIView):
    permission_classes = [Public]

    def get(self, request: Request) -> Response:
        page = read_page(request, default=3)
        after = int(page.after) if page.after is not None else None
        rows = sorted(number for number in NUMBERS if after is None or number > after)
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        return page_response(
            request, [{"row_number": row} for row in shown], str(shown[-1]) if more else None
        )


class SlowView(APIView):
    permission_classes = [Public]

    def get(self, _request: Request) -> Response:
        time.sleep(0.01)
        return Response({})


urlpatterns = [
    path("", include("uma.kernel.http.urls")),
    path("api/echo", EchoView.as_view()),
    path("api/keyed", KeyedView.as_view()),
    path("api/who", WhoView.as_view()),
    path("api/rider", RiderView.as_view()),
    path("api/merchant", MerchantView.as_view()),
    path("api/operator", OperatorView.as_view()),
    path("api/forgotten", ForgottenView.as_view()),
    path("api/scanner", ScannerView.as_view()),
    path("api/sign-in", SignInView.as_view()),
    path("api/open", OpenView.as_view()),
    path("api/bug", BugView.as_view()),
    path("api/lock", LockView.as_view()),
    path("api/sql", SqlView.as_view()),
    path("api/dying", DyingView.as_view()),
    path("api/out-of-step", OutOfStepView.as_view()),
    path("api/running", RunningView.as_view()),
    path("api/list", ListView.as_view()),
    path("api/other-list", ListView.as_view()),
    path("api/slow", SlowView.as_view()),
    re_path(r"^api(/.*)?$", UnknownPathView.as_view()),
]
handler400 = "uma.kernel.http.last_resort.bad_request"
handler403 = "uma.kernel.http.last_resort.forbidden"
handler404 = "uma.kernel.http.last_resort.not_found"
handler500 = "uma.kernel.http.last_resort.server_error"
