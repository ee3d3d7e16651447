"""Invitations over HTTP: a merchant's own, and those that wait for a person."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.errors import UnknownPerson
from apps.merchants import duties, selectors, services, tasks
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import (
    AlreadyInvited,
    AlreadyOnStaff,
    InvitationOver,
    MerchantNotActive,
    PlanLimitReached,
    TooManyInvitations,
    UnknownInvitation,
    UnknownOutlet,
)
from apps.merchants.serializers.inviting import (
    InvitationRequest,
    InvitationResponse,
    OfferResponse,
    invitation_response,
    offer_response,
)
from apps.merchants.serializers.staff import StaffResponse, staff_response
from uma.kernel.errors import PhoneInvalid
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.idempotency import REPLAYED
from uma.kernel.http.permissions import IsAuthenticated, IsMerchant
from uma.kernel.http.serializers import EmptyRequest
from uma.kernel.queue import enqueue


class InvitationsView(APIView):
    """The merchant's invitations that still stand."""

    permission_classes = [IsMerchant]
    # Whoever may invite may ask about many numbers; the answer says nothing, and slowly.
    rate_lanes = ("invitation",)
    refusals = {
        "GET": REFUSALS,
        "POST": (
            *REFUSALS,
            AlreadyInvited,
            MerchantNotActive,
            PhoneInvalid,
            PlanLimitReached,
            TooManyInvitations,
            UnknownOutlet,
        ),
    }

    @extend_schema(responses=InvitationResponse(many=True))
    def get(self, request: Request) -> Response:
        by = acting(request, duties.MANAGE_STAFF)
        found = selectors.invitations_of(merchant_id=by.merchant_id, now=timezone.now())
        return Response([invitation_response(one) for one in found])

    @extend_schema(request=InvitationRequest, responses={201: InvitationResponse})
    def post(self, request: Request) -> Response:
        """
        Offer a post to whoever signs in with this number, for seven days. Owners invite everybody,
        managers scanners. The answer is the same whether the number is known to us or not; the
        same offer again answers with the one that stands, and `Idempotent-Replayed: true`.
        """
        by = acting(request, duties.MANAGE_STAFF)
        body = InvitationRequest(data=request.data)
        body.is_valid(raise_exception=True)
        invited = services.invite(
            by=by,
            phone=body.validated_data["phone"],
            role=body.validated_data["role"].upper(),
            outlet_ids=body.validated_data.get("outlet_ids", ()),
            now=timezone.now(),
        )
        enqueue(tasks.announce_invitation, invitation_id=invited.invitation.pk)
        response = Response(invitation_response(invited.invitation), status=201)
        if invited.replayed:
            response[REPLAYED] = "true"
        return response


class InvitationView(APIView):
    """One invitation of one's own merchant."""

    permission_classes = [IsMerchant]
    refusals = (UnknownInvitation, InvitationOver, *REFUSALS)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        """Withdraw the offer."""
        by = acting(request, duties.MANAGE_STAFF)
        services.withdraw_invitation(invitation_id=invitation_id, by=by, now=timezone.now())
        return Response(status=204)


class OffersView(APIView):
    """Invitations to the number one signs in with."""

    permission_classes = [IsAuthenticated]
    refusals = (UnknownPerson,)

    @extend_schema(responses=OfferResponse(many=True))
    def get(self, request: Request) -> Response:
        """Return the offers that still stand, the newest first."""
        found = selectors.invitations_for(user_id=principal_of(request).user_id, now=timezone.now())
        return Response([offer_response(one) for one in found])


class AcceptOfferView(APIView):
    """Take the post that is offered to the number one signs in with; twice gives the same post."""

    permission_classes = [IsAuthenticated]
    refusals = (
        UnknownPerson,
        UnknownInvitation,
        InvitationOver,
        MerchantNotActive,
        AlreadyOnStaff,
        PlanLimitReached,
    )

    @extend_schema(request=None, responses=StaffResponse)
    def post(self, request: Request, invitation_id: UUID) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        staff = services.accept_invitation(
            invitation_id=invitation_id, user_id=principal_of(request).user_id, now=timezone.now()
        )
        return Response(staff_response(staff, you=True))


class DeclineOfferView(APIView):
    """Refuse the post that is offered; nobody is told."""

    permission_classes = [IsAuthenticated]
    refusals = (UnknownPerson, UnknownInvitation, InvitationOver)

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, invitation_id: UUID) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        services.decline_invitation(
            invitation_id=invitation_id, user_id=principal_of(request).user_id, now=timezone.now()
        )
        return Response(status=204)
