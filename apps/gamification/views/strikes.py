"""A rider's strikes and appeals over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.gamification import selectors, services
from apps.gamification.errors import (
    AppealExhausted,
    AppealOpen,
    AppealTooLate,
    StrikeOverturned,
    UnknownStrike,
)
from apps.gamification.serializers.strikes import (
    AppealRequest,
    AppealResponse,
    StrikeResponse,
    appeal_fields,
    strike_fields,
)
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsRider


class StrikesView(APIView):
    """The rider's strikes, newest first, each with what was said against it."""

    permission_classes = [IsRider]
    refusals = (InvalidCursor,)

    @extend_schema(responses=StrikeResponse(many=True))
    def get(self, request: Request) -> Response:
        page = read_page(request)
        rows = selectors.page_of_strikes(
            rider_id=principal_of(request).user_id,
            limit=page.limit + 1,
            before=_position(page.after),
            now=timezone.now(),
        )
        shown = rows[: page.limit]
        more = len(rows) > page.limit
        return page_response(
            request,
            [strike_fields(row) for row in shown],
            str(shown[-1].strike.pk) if more else None,
        )


class AppealsView(APIView):
    """Appeals: up to 14 days after the strike, decided within 72 hours or granted."""

    permission_classes = [IsRider]
    refusals = (UnknownStrike, StrikeOverturned, AppealOpen, AppealTooLate, AppealExhausted)

    @extend_schema(responses=AppealResponse(many=True))
    def get(self, request: Request) -> Response:
        """List the rider's own appeals, newest first."""
        rows = selectors.appeals_of(rider_id=principal_of(request).user_id)
        return Response([appeal_fields(row) for row in rows])

    @extend_schema(request=AppealRequest, responses={201: AppealResponse})
    def post(self, request: Request) -> Response:
        """Appeal against a strike; after a rejection once more, to somebody else."""
        body = AppealRequest(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.appeal(
            rider_id=principal_of(request).user_id, **body.validated_data, now=timezone.now()
        )
        return Response(appeal_fields(row), status=201)


def _position(after: str | None) -> UUID | None:
    try:
        return UUID(after) if after is not None else None
    except ValueError:
        raise InvalidCursor from None
