"""What operators decide about strikes, over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.access import operating
from apps.gamification import selectors, services
from apps.gamification.errors import (
    AppealDecided,
    PeriodInvalid,
    ReasonMissing,
    SecondLineIsAnothers,
    UnknownAppeal,
)
from apps.gamification.serializers.strikes import (
    AppealResponse,
    DecisionRequest,
    ForceMajeureRequest,
    ForceMajeureResponse,
    QueuedAppealResponse,
    appeal_fields,
    force_majeure_fields,
    queued_fields,
)
from apps.merchants.errors import UnknownZone
from uma.kernel.http.permissions import IsOperator

DECIDES = "gamification.overturn_strike"
QUEUE_MOST = 200


class AppealQueueView(APIView):
    """Appeals that wait, the one due first coming first; at most 200."""

    permission_classes = [IsOperator]

    @extend_schema(responses=QueuedAppealResponse(many=True))
    def get(self, request: Request) -> Response:
        rows = selectors.open_appeals(zones=operating(request, DECIDES).zones, limit=QUEUE_MOST)
        return Response([queued_fields(row) for row in rows])


class DecideAppealView(APIView):
    """Grant an appeal, or turn it down with the reason that its rider reads."""

    permission_classes = [IsOperator]
    refusals = (UnknownAppeal, AppealDecided, SecondLineIsAnothers, ReasonMissing)
    for_rider = True

    @extend_schema(request=DecisionRequest, responses=AppealResponse)
    def post(self, request: Request, appeal_id: UUID) -> Response:
        operator = operating(request, DECIDES)
        body = DecisionRequest(data=request.data)
        body.is_valid(raise_exception=True)
        if not operator.covers(selectors.zone_of_appeal(appeal_id=appeal_id)):
            raise UnknownAppeal
        row = services.decide_appeal(
            appeal_id=appeal_id,
            for_rider=self.for_rider,
            actor_id=operator.user_id,
            reason=body.validated_data["reason"],
            now=timezone.now(),
        )
        return Response(appeal_fields(row))


class ForceMajeureView(APIView):
    """A flood, a curfew: visits missed in the zone then cost nothing, and strikes for them go."""

    permission_classes = [IsOperator]
    refusals = (UnknownZone, PeriodInvalid, ReasonMissing)

    @extend_schema(request=ForceMajeureRequest, responses={201: ForceMajeureResponse})
    def post(self, request: Request) -> Response:
        operator = operating(request, "gamification.declare_force_majeure")
        body = ForceMajeureRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        if not operator.covers(data["zone"]):
            raise UnknownZone
        event = services.declare_force_majeure(
            zone_code=data["zone"],
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            reason=data["reason"],
            actor_id=operator.user_id,
            now=timezone.now(),
        )
        return Response(force_majeure_fields(event), status=201)
