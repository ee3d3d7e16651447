"""Applying for a business, over HTTP."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import selectors, services
from apps.merchants.errors import (
    AlreadyOnStaff,
    ApplicationDecided,
    GstinInvalid,
    GstinTaken,
    HoursInvalid,
    NoApplication,
    OutletsInSeveralZones,
    OutsideEveryZone,
    RadiusNotAllowed,
    StateUnknown,
    UnknownOutlet,
)
from apps.merchants.models import Application
from apps.merchants.serializers.applications import (
    ApplicationRequest,
    ApplicationResponse,
    application_response,
    wanted_from,
)
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.permissions import IsMerchant

_FACTS = (
    GstinInvalid,
    GstinTaken,
    HoursInvalid,
    OutletsInSeveralZones,
    OutsideEveryZone,
    RadiusNotAllowed,
    StateUnknown,
    UnknownOutlet,
)


class ApplicationView(APIView):
    """One's own application for a business."""

    permission_classes = [IsMerchant]
    idempotent = True
    refusals = {
        "GET": (NoApplication,),
        "POST": (AlreadyOnStaff, *_FACTS),
        "PUT": (NoApplication, ApplicationDecided, *_FACTS),
    }

    @extend_schema(responses=ApplicationResponse)
    def get(self, request: Request) -> Response:
        """Where one's application stands, what is missing, and what the reviewer said."""
        found = selectors.application_of(user_id=principal_of(request).user_id)
        if found is None:
            raise NoApplication
        return _answer(found)

    @extend_schema(request=ApplicationRequest, responses={201: ApplicationResponse})
    def post(self, request: Request) -> Response:
        """
        Apply for a business: the caller becomes its owner, an operator looks at it.

        Somebody who acts for a merchant already is refused. A repeat with the same Idempotency-Key
        and body answers with the application it made, as it is by then.
        """
        body = ApplicationRequest(data=request.data)
        body.is_valid(raise_exception=True)
        applied = services.apply(
            user_id=principal_of(request).user_id,
            wanted=wanted_from(body.validated_data),
            key=read_idempotency_key(request),
            now=timezone.now(),
        )
        response = _answer(applied.application, status=201)
        if applied.replayed:
            response[REPLAYED] = "true"
        return response

    @extend_schema(request=ApplicationRequest, responses=ApplicationResponse)
    def put(self, request: Request) -> Response:
        """
        Replace what the application says while it is undecided; one that was sent back is
        submitted again by it. Outlets with their `id` are changed, others added, the rest closed.
        """
        body = ApplicationRequest(data=request.data)
        body.is_valid(raise_exception=True)
        application = services.amend(
            user_id=principal_of(request).user_id,
            wanted=wanted_from(body.validated_data),
            now=timezone.now(),
        )
        return _answer(application)


def _answer(application: Application, *, status: int = 200) -> Response:
    outlets = selectors.open_outlets(merchant_id=application.pk)
    answer = application_response(application, outlets, now=timezone.now())
    return Response(answer, status=status)
