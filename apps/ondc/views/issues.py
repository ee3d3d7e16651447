"""Complaints over HTTP: opened about an order, looked at, answered, escalated, closed."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.ondc import selectors, services
from apps.ondc.errors import (
    IssueActNotPossible,
    IssueNotFound,
    IssueOpenAlready,
    NetworkUnavailable,
    RideOrderNotFound,
    RideOrderNotReady,
)
from apps.ondc.serializers.issues import (
    IssueActRequest,
    IssueRequest,
    IssueResponse,
    issue_response,
)
from apps.ondc.views.speaking import hand_on, our_voice
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsRider

_RATINGS = {"up": "THUMBS_UP", "down": "THUMBS_DOWN"}


class IssuesView(APIView):
    """
    Complaints about an order.

    The seller's app hears of one at once and answers within the day; one of an order is open at a time.
    """

    permission_classes = [IsRider]
    refusals = (
        RideOrderNotFound, RideOrderNotReady, IssueOpenAlready,
        NetworkUnavailable,
    )  # fmt: skip

    @extend_schema(responses=IssueResponse(many=True))
    def get(self, request: Request, order_id: UUID) -> Response:
        rider_id = principal_of(request).user_id
        found = selectors.issues_of(order_id=order_id, rider_id=rider_id)
        return Response([issue_response(view) for view in found])

    @extend_schema(request=IssueRequest, responses={201: IssueResponse})
    def post(self, request: Request, order_id: UUID) -> Response:
        body = IssueRequest(data=request.data)
        body.is_valid(raise_exception=True)
        rider_id = principal_of(request).user_id
        done = services.open_issue(
            order_id=order_id,
            rider_id=rider_id,
            code=body.validated_data["code"],
            text=body.validated_data["text"],
            voice=our_voice(),
            now=timezone.now(),
        )
        hand_on([done.said])
        view = selectors.issue_of(issue_id=done.issue.pk, rider_id=rider_id)
        return Response(issue_response(view), status=201)


class IssueView(APIView):
    """A complaint as it stands, with what both sides did."""

    permission_classes = [IsRider]
    refusals = (IssueNotFound,)

    @extend_schema(responses=IssueResponse)
    def get(self, request: Request, issue_id: UUID) -> Response:
        rider_id = principal_of(request).user_id
        return Response(issue_response(selectors.issue_of(issue_id=issue_id, rider_id=rider_id)))


class IssueActsView(APIView):
    """Answer what the seller asked, take or refuse what it proposes, escalate, ask again, or close with a rating."""

    permission_classes = [IsRider]
    refusals = (IssueNotFound, IssueActNotPossible, NetworkUnavailable)

    @extend_schema(request=IssueActRequest, responses=IssueResponse)
    def post(self, request: Request, issue_id: UUID) -> Response:
        body = IssueActRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        rider_id = principal_of(request).user_id
        speaking, now = our_voice(), timezone.now()
        if asked["act"] == "ask":
            done = services.ask_about_issue(
                issue_id=issue_id, rider_id=rider_id, voice=speaking, now=now
            )
        else:
            done = services.act_on_issue(
                issue_id=issue_id,
                rider_id=rider_id,
                act=asked["act"],
                text=asked["text"],
                rating=_RATINGS.get(asked.get("rating", ""), ""),
                voice=speaking,
                now=now,
            )
        hand_on([done.said])
        return Response(issue_response(selectors.issue_of(issue_id=issue_id, rider_id=rider_id)))
