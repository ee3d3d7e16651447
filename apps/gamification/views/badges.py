"""Badges over HTTP: the catalogue with what a rider has of it, and badges to take along."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.gamification import credentials, selectors
from apps.gamification.errors import UnknownBadge
from apps.gamification.serializers.badges import BadgeResponse, badge_fields
from apps.gamification.views.copies import marked
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsRider, Public


class BadgesView(APIView):
    """
    Every badge, and how far the rider is.

    While the catalogue's store is away the last good copy is shown, and the header `Copy-Of` says of when.
    """

    permission_classes = [IsRider]

    @extend_schema(responses=BadgeResponse(many=True))
    def get(self, request: Request) -> Response:
        now = timezone.now()
        seen = selectors.badges(now=now)
        own = selectors.own_badges(rider_id=principal_of(request).user_id, now=now)
        return marked(BadgeResponse(badge_fields(seen.value, own), many=True).data, seen.copy_of)


class CredentialView(APIView):
    """A badge of one's own as an Open Badges 3.0 credential, signed with Ed25519."""

    permission_classes = [IsRider]
    refusals = (UnknownBadge,)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, award_id: UUID) -> Response:
        rider_id, now = principal_of(request).user_id, timezone.now()
        held = selectors.held_badge(rider_id=rider_id, award_id=award_id)
        document = credentials.credential(
            badge=held.badge,
            award_id=held.award.pk,
            rider_id=rider_id,
            earned_at=held.award.earned_at,
            base_url=request.build_absolute_uri("/").rstrip("/"),
            seed=settings.BADGE_KEY,
            now=now,
        )
        # The renderer would write its keys in another case; they are signed as they are.
        return Response(document)


class RevocationsView(APIView):
    """Credentials that are good no more, as a 1EdTech revocation list."""

    permission_classes = [Public]
    # Whoever is shown a badge may ask, with a stale token in hand as well.
    authentication_classes = ()

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        return Response(
            credentials.revocations(
                award_ids=selectors.revoked_awards(),
                base_url=request.build_absolute_uri("/").rstrip("/"),
                seed=settings.BADGE_KEY,
            )
        )
