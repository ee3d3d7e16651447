"""What people decide about their own data, over HTTP."""

from uuid import UUID

from django.core import signing
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors, services, tasks
from apps.accounts.errors import (
    AccountClosed,
    ConsentOutdated,
    ConsentRequired,
    ErasureRefused,
    ExportNotFound,
    UnknownPerson,
    UnknownPurpose,
)
from apps.accounts.models import PersonalDataExport
from apps.accounts.serializers.privacy import (
    ConsentRequest,
    ConsentResponse,
    ExportResponse,
    consent_response,
)
from uma.kernel.http.authentication import principal_of, require_fresh_sign_in
from uma.kernel.http.errors import FreshSignInRequired
from uma.kernel.http.permissions import IsAuthenticated, Public
from uma.kernel.queue import enqueue

_LINK = signing.TimestampSigner(salt="apps.accounts.personal-data")
LINK_LIFE_S = 15 * 60


class ConsentsView(APIView):
    """What people are asked about their data, and what this person answered."""

    permission_classes = [IsAuthenticated]
    refusals = (UnknownPurpose, ConsentOutdated, ConsentRequired)

    @extend_schema(responses=ConsentResponse(many=True))
    def get(self, request: Request) -> Response:
        answers = selectors.consents(person_id=principal_of(request).user_id)
        return Response([consent_response(answer) for answer in answers])

    @extend_schema(request=ConsentRequest, responses={201: ConsentResponse})
    def post(self, request: Request) -> Response:
        """Give a consent or take it back: one answer, as easy one way as the other."""
        body = ConsentRequest(data=request.data)
        body.is_valid(raise_exception=True)
        person_id = principal_of(request).user_id
        given = services.answer_consent(
            person_id=person_id, **body.validated_data, now=timezone.now()
        )
        (answer,) = (
            answer
            for answer in selectors.consents(person_id=person_id)
            if answer.purpose.code == given.purpose
        )
        return Response(consent_response(answer), status=201)


class ExportView(APIView):
    """
    A copy of everything kept about the caller (DPDP Act 2023, section 11).

    The first call starts it and answers 202; ask again until it is ready. A copy is kept for a day,
    its link for a quarter of an hour; each call gives a fresh one.
    """

    permission_classes = [IsAuthenticated]
    refusals = (UnknownPerson,)

    @extend_schema(responses={200: ExportResponse, 202: ExportResponse})
    def get(self, request: Request) -> Response:
        export = services.request_export(
            person_id=principal_of(request).user_id, now=timezone.now()
        )
        ready = export.state == PersonalDataExport.State.READY
        if not ready:
            enqueue(tasks.make_export, export_id=str(export.pk))
        answer = {
            "id": export.pk,
            "status": "ready" if ready else "preparing",
            "requested_at": export.requested_at,
            "expires_at": export.expires_at,
            "url": _link(export.pk) if ready else None,
            "size": export.size_bytes,
            "sha256": export.sha256,
        }
        headers = {} if ready else {"Retry-After": "5"}
        return Response(answer, status=200 if ready else 202, headers=headers)


class ExportFileView(APIView):
    """The copy itself: whoever has the signed link may open it, until the link runs out."""

    permission_classes = [Public]
    authentication_classes = []
    refusals = (ExportNotFound,)

    @extend_schema(
        parameters=[OpenApiParameter("token", str, description="From the signed link.")],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponse:
        try:
            signed = _LINK.unsign(request.query_params.get("token", ""), max_age=LINK_LIFE_S)
        except signing.BadSignature:
            raise ExportNotFound from None
        if signed != str(export_id):
            raise ExportNotFound
        return HttpResponse(
            services.read_export(export_id=export_id, now=timezone.now()),
            content_type="application/zip",
            headers={
                "Content-Disposition": 'attachment; filename="uma-personal-data.zip"',
                "Cache-Control": "no-store",
            },
        )


class PersonView(APIView):
    """The caller's account as a whole."""

    permission_classes = [IsAuthenticated]
    refusals = (UnknownPerson, AccountClosed, ErasureRefused, FreshSignInRequired)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """
        Erase the caller: name, phone, e-mail, messages and phones; sign out everywhere.

        Bookings and ledger entries stay under an id that names nobody. Refused with every reason
        while money is owed either way, a booking is live or a dispute is open.
        """
        person, now = principal_of(request), timezone.now()
        require_fresh_sign_in(person, now=now)
        services.erase_person(person_id=person.user_id, now=now)
        return Response(status=204)


def _link(export_id: UUID) -> str:
    path = reverse("accounts-export-file", kwargs={"export_id": export_id})
    return f"{path}?token={_LINK.sign(str(export_id))}"
