"""Visits without a deal over HTTP: the code that a rider shows, and the scan of it."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.handshake import cards, check_ins
from apps.handshake.errors import (
    DealWaiting,
    OutletNeeded,
    ScannerNotAtOutlet,
    SelfRedemption,
    UnknownCode,
    VisitCounted,
)
from apps.handshake.serializers import (
    CardResponse,
    CheckInRequest,
    CheckInResponse,
    check_in_response,
)
from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting
from apps.merchants.errors import MerchantNotActive
from apps.rides import qr
from apps.rides.errors import QrStale, QrUnreadable
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsMerchant, IsRider


class CheckInView(APIView):
    """
    Note the visit of a guest who has no deal: nobody pays.

    It shows who comes again unasked, and what those do who are not shown a deal of an experiment.
    Once a day for a guest at an outlet; scanning again answers the first one with
    `alreadyCheckedIn: true`.
    """

    permission_classes = [IsMerchant]
    key_scope = duties.SCAN.scope
    rate_lane = "scanner"
    refusals = (
        *REFUSALS,
        DealWaiting,
        MerchantNotActive,
        OutletNeeded,
        QrStale,
        QrUnreadable,
        ScannerNotAtOutlet,
        SelfRedemption,
        UnknownCode,
        VisitCounted,
    )

    @extend_schema(request=CheckInRequest, responses=CheckInResponse)
    def post(self, request: Request) -> Response:
        staff, now = acting(request, duties.SCAN), timezone.now()
        body = CheckInRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        keys = qr.keyring(settings.QR_MASTER_KEYS)
        done = check_ins.check_in(
            person_id=cards.person_of(data["code"], keys=keys, now=now),
            staff=staff,
            outlet_id=data["outlet_id"],
            bill_paise=data["bill_amount"],
            now=now,
        )
        return Response(check_in_response(done))


class CardView(APIView):
    """The code with which the rider checks in where no deal is booked; good for a minute."""

    permission_classes = [IsRider]

    @extend_schema(responses=CardResponse)
    def get(self, request: Request) -> Response:
        card = cards.card(
            person_id=principal_of(request).user_id,
            keys=qr.keyring(settings.QR_MASTER_KEYS),
            now=timezone.now(),
        )
        return Response({"code": card.text, "good_until": card.good_until})
