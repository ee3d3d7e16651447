"""What was set aside of a dormant wallet, on its way back to the rider."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.errors import AccountClosed
from apps.payments import services
from apps.payments.serializers.accounts import ClaimResponse
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsRider
from uma.kernel.http.serializers import EmptyRequest
from uma.kernel.money import rupees


class ClaimView(APIView):
    """
    Money that was set aside while the rider was away for years.

    It comes back into the wallet at once, all of it; asked for twice it comes once, and the second answer
    says nought.
    """

    permission_classes = [IsRider]
    refusals = (AccountClosed,)

    @extend_schema(request=None, responses=ClaimResponse)
    def post(self, request: Request) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        person_id = principal_of(request).user_id
        paise = services.claim_dormant_money(person_id=person_id, now=timezone.now())
        return Response({"returned": rupees(paise), "currency": "INR"})
