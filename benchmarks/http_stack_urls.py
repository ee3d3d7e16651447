"""One endpoint that does nothing but read its body, know its caller and answer."""

from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

ANSWER = {
    "success": True,
    "apply_discount": "10%",
    "message": "Verified! Apply 10% discount",
    "cashback_amount": 150,
    "handshake": {
        "id": "01932e4a-0000-7000-8000-000000000001",
        "booking_id": "01932e4a-0000-7000-8000-000000000002",
        "is_new_customer": True,
        "review": False,
        "created_at": "2026-01-01T00:00:00Z",
        "amounts": {"reimbursement": 150, "platform_fee": 20, "cpa": 50, "gst": 12.6},
    },
}


class EchoView(APIView):
    """Read everything a scan brings and answer what a scan gets."""

    permission_classes = [AllowAny]
    rate_lane = "scanner"

    def post(self, request: Request) -> Response:
        assert request.data
        assert request.user.is_authenticated
        return Response(ANSWER)


urlpatterns = [path("api/echo", EchoView.as_view())]
