"""Missions, streaks and the leaderboard over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors as people
from apps.accounts.errors import AccountClosed, RiderBanned
from apps.gamification import selectors, services
from apps.gamification.errors import (
    MissionBudgetGone,
    MissionOver,
    NotJoined,
    PseudonymTaken,
    UnknownMission,
)
from apps.gamification.ranking import ranked
from apps.gamification.serializers.missions import (
    MissionResponse,
    NameRequest,
    NameResponse,
    PlaceResponse,
    StreakResponse,
    mission_fields,
)
from apps.gamification.views.copies import marked
from apps.merchants import selectors as merchants
from apps.merchants.errors import UnknownZone
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsRider
from uma.kernel.http.serializers import EmptyRequest

_ZONE = [
    OpenApiParameter("zone", OpenApiTypes.STR, description="The rider's own when it is left out.")
]


def _zone_code(request: Request, *, rider_id: UUID) -> str:
    return request.query_params.get("zone") or people.person(user_id=rider_id).zone_code


class MissionsView(APIView):
    """
    Tonight's missions of a zone, the best first, each with why it was made and how far the rider is.

    While the catalogue's store is away the last good copy is shown, and the header `Copy-Of` says of when.
    """

    permission_classes = [IsRider]

    @extend_schema(parameters=_ZONE, responses=MissionResponse(many=True))
    def get(self, request: Request) -> Response:
        rider_id, now = principal_of(request).user_id, timezone.now()
        seen = selectors.missions(zone_code=_zone_code(request, rider_id=rider_id), now=now)
        own = selectors.own_runs(rider_id=rider_id, now=now)
        rows = [mission_fields(row, own) for row in ranked(seen.value, rider_id=rider_id)]
        return marked(MissionResponse(rows, many=True).data, seen.copy_of)


class MissionView(APIView):
    """One mission; also one that is over, for whoever was on it."""

    permission_classes = [IsRider]
    refusals = (UnknownMission,)

    @extend_schema(responses=MissionResponse)
    def get(self, request: Request, mission_id: UUID) -> Response:
        return _shown(mission_id, rider_id=principal_of(request).user_id)


class JoinView(APIView):
    """Take a mission; its reward is set aside from the budget that the zone's missions share."""

    permission_classes = [IsRider]
    refusals = (UnknownMission, MissionOver, MissionBudgetGone, RiderBanned, AccountClosed)

    @extend_schema(request=None, responses=MissionResponse)
    def post(self, request: Request, mission_id: UUID) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        rider_id = principal_of(request).user_id
        services.join_mission(mission_id=mission_id, rider_id=rider_id, now=timezone.now())
        return _shown(mission_id, rider_id=rider_id)


class AbandonView(APIView):
    """Give a mission up; what is completed stays so."""

    permission_classes = [IsRider]
    refusals = (NotJoined, UnknownMission)

    @extend_schema(request=None, responses=MissionResponse)
    def post(self, request: Request, mission_id: UUID) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        rider_id = principal_of(request).user_id
        services.abandon_mission(mission_id=mission_id, rider_id=rider_id, now=timezone.now())
        return _shown(mission_id, rider_id=rider_id)


def _shown(mission_id: UUID, *, rider_id: UUID) -> Response:
    now = timezone.now()
    mission = selectors.mission(mission_id=mission_id)
    own = selectors.own_runs(rider_id=rider_id, now=now)
    return Response(MissionResponse(mission_fields(mission, own)).data)


class StreakView(APIView):
    """How many weeks in a row the rider has visited, on the zone's own calendar."""

    permission_classes = [IsRider]

    @extend_schema(responses=StreakResponse)
    def get(self, request: Request) -> Response:
        own = selectors.own_streak(rider_id=principal_of(request).user_id, now=timezone.now())
        return Response(StreakResponse(own).data)


class LeaderboardView(APIView):
    """The week's riders of a zone who asked to be shown, under the names they chose."""

    permission_classes = [IsRider]
    refusals = (UnknownZone, PseudonymTaken)

    @extend_schema(parameters=_ZONE, responses=PlaceResponse(many=True))
    def get(self, request: Request) -> Response:
        rider_id = principal_of(request).user_id
        zone = merchants.zone(code=_zone_code(request, rider_id=rider_id))
        places = selectors.leaderboard(
            zone_code=zone.code, timezone=zone.timezone, rider_id=rider_id, now=timezone.now()
        )
        return Response(PlaceResponse(places, many=True).data)

    @extend_schema(request=NameRequest, responses=NameResponse)
    def put(self, request: Request) -> Response:
        """Be shown, under a name of one's own choice."""
        body = NameRequest(data=request.data)
        body.is_valid(raise_exception=True)
        rider_id = principal_of(request).user_id
        row = services.join_leaderboard(
            rider_id=rider_id,
            zone_code=body.validated_data["zone"] or people.person(user_id=rider_id).zone_code,
            pseudonym=body.validated_data["pseudonym"],
            now=timezone.now(),
        )
        return Response({"pseudonym": row.pseudonym, "zone": row.zone_code})

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Be shown no more."""
        services.leave_leaderboard(rider_id=principal_of(request).user_id)
        return Response(status=204)
