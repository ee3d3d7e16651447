"""The people who act for a merchant, over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import duties, selectors, services
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import LastOwner, UnknownOutlet, UnknownStaff
from apps.merchants.models import Staff
from apps.merchants.selectors import StaffScope
from apps.merchants.serializers.staff import StaffRequest, StaffResponse, staff_response
from uma.kernel.http.permissions import IsMerchant


class StaffListView(APIView):
    """The people who act for the merchant."""

    permission_classes = [IsMerchant]
    refusals = REFUSALS

    @extend_schema(responses=StaffResponse(many=True))
    def get(self, request: Request) -> Response:
        """Return the posts of today, the oldest first (owner, manager)."""
        by = acting(request, duties.MANAGE_STAFF)
        found = selectors.colleagues(merchant_id=by.merchant_id)
        return Response([_shown(staff, by) for staff in found])


class StaffView(APIView):
    """One post."""

    permission_classes = [IsMerchant]
    refusals = (UnknownStaff, LastOwner, UnknownOutlet, *REFUSALS)

    @extend_schema(request=StaffRequest, responses=StaffResponse)
    def patch(self, request: Request, staff_id: UUID) -> Response:
        """
        Give a colleague another role or other outlets. Owners decide about everybody, managers about
        scanners at their outlets; a merchant keeps one owner at least.
        """
        by = acting(request, duties.MANAGE_STAFF)
        body = StaffRequest(data=request.data)
        body.is_valid(raise_exception=True)
        role = body.validated_data.get("role")
        staff = services.change_staff(
            staff_id=staff_id,
            by=by,
            role=role and role.upper(),
            outlet_ids=body.validated_data.get("outlet_ids"),
            now=timezone.now(),
        )
        return Response(_shown(staff, by))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, staff_id: UUID) -> Response:
        """End a post: a colleague's, or one's own in any role. The last owner cannot leave."""
        by = acting(request, duties.LEAVE)
        services.dismiss_staff(
            staff_id=staff_id,
            by=by,
            actor_id=by.actor_id,
            reason="Ended by the merchant's own people",
            now=timezone.now(),
        )
        return Response(status=204)


def _shown(staff: Staff, by: StaffScope) -> dict[str, object]:
    return staff_response(staff, you=staff.user_id == by.actor_id)
