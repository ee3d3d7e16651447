"""An order over HTTP: each request is taken down, sent, and answered at the search's own address."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.ondc import services
from apps.ondc.errors import (
    BidNotTaken,
    CancellationNotAsked,
    ChangeNotOffered,
    NetworkUnavailable,
    OfferExpired,
    OfferNotFound,
    QuoteChanged,
    RideOrderNotFound,
    RideOrderNotReady,
    RideOrderUnderway,
    RiderDetailsMissing,
)
from apps.ondc.serializers.asking import (
    AskedResponse,
    CancelRequest,
    ConfirmRequest,
    InitRequest,
    RatingRequest,
    SelectRequest,
    UpdateRequest,
    WhichRequest,
)
from apps.ondc.services import Which
from apps.ondc.views.speaking import our_voice, rider_as, said
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsRider

_COMMON = (RideOrderNotFound, RideOrderNotReady, NetworkUnavailable)


def _read(request: Request, body: WhichRequest) -> tuple[Which, dict[str, Any]]:  # Any: JSON
    """Return which order is meant, and what else the body says."""
    body.is_valid(raise_exception=True)
    asked: dict[str, Any] = body.validated_data
    which = Which(
        transaction_id=asked["transaction_id"],
        rider_id=principal_of(request).user_id,
        bpp_id=asked["bpp_id"],
    )
    return which, asked


class SelectView(APIView):
    """Choose an offer: its seller looks for a driver and says what the ride costs."""

    permission_classes = [IsRider]
    refusals = (OfferNotFound, OfferExpired, RideOrderUnderway, BidNotTaken, NetworkUnavailable)

    @extend_schema(request=SelectRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        body = SelectRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        return said(
            services.select_ride(
                transaction_id=asked["transaction_id"],
                rider_id=principal_of(request).user_id,
                bpp_id=asked["bpp_id"],
                item_id=asked["item_id"],
                fulfillment_id=asked["fulfillment_id"],
                bid_paise=asked.get("bid"),
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class InitView(APIView):
    """Tell the seller who rides; its terms and what a cancellation costs come back."""

    permission_classes = [IsRider]
    refusals = (*_COMMON, OfferExpired, RiderDetailsMissing)

    @extend_schema(request=InitRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, InitRequest(data=request.data))
        rider = rider_as(rider_id=which.rider_id, **asked.get("customer_details", {}))
        return said(
            services.init_ride(which=which, rider=rider, voice=our_voice(), now=timezone.now())
        )


class ConfirmView(APIView):
    """
    Order the ride; it is booked once the order is `active`.

    Asked again, the first confirmation stands: there is never a second. A fare above the one that
    was chosen is refused until `fare` says that the rider saw it.
    """

    permission_classes = [IsRider]
    refusals = (*_COMMON, OfferExpired, QuoteChanged)

    @extend_schema(request=ConfirmRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, ConfirmRequest(data=request.data))
        return said(
            services.confirm_ride(
                which=which,
                fare_paise=asked.get("fare"),
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class StatusView(APIView):
    """Ask the seller how the order stands."""

    permission_classes = [IsRider]
    refusals = _COMMON

    @extend_schema(request=WhichRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, _ = _read(request, WhichRequest(data=request.data))
        return said(services.ask_status(which=which, voice=our_voice(), now=timezone.now()))


class TrackView(APIView):
    """Ask where the driver is."""

    permission_classes = [IsRider]
    refusals = _COMMON

    @extend_schema(request=WhichRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, _ = _read(request, WhichRequest(data=request.data))
        return said(services.ask_track(which=which, voice=our_voice(), now=timezone.now()))


class CancelView(APIView):
    """
    Ask what cancelling costs; with that `charge`, cancel.

    The charge is the order's `proposal`. Nothing is cancelled by asking, and no charge is agreed to
    that the rider did not see.
    """

    permission_classes = [IsRider]
    refusals = (*_COMMON, CancellationNotAsked)

    @extend_schema(request=CancelRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, CancelRequest(data=request.data))
        return said(
            services.cancel_ride(
                which=which,
                reason=asked["reason"],
                charge_paise=asked.get("charge"),
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class UpdateView(APIView):
    """Ask what another drop would cost, change it once that was shown, or tip the driver after the ride."""

    permission_classes = [IsRider]
    refusals = (*_COMMON, ChangeNotOffered)

    @extend_schema(request=UpdateRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, UpdateRequest(data=request.data))
        now, speaking = timezone.now(), our_voice()
        if "tip" in asked:
            tip = asked["tip"]
            return said(services.tip_driver(which=which, tip_paise=tip, voice=speaking, now=now))
        return said(
            services.move_drop(
                which=which,
                drop=asked["drop_location"],
                confirmed=asked["confirm"],
                voice=speaking,
                now=now,
            )
        )


class RatingView(APIView):
    """Rate a ride that is over, with one to five stars."""

    permission_classes = [IsRider]
    refusals = _COMMON

    @extend_schema(request=RatingRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, RatingRequest(data=request.data))
        return said(
            services.rate_ride(
                which=which, stars=asked["rating"], voice=our_voice(), now=timezone.now()
            )
        )


class SupportView(APIView):
    """Ask the seller whom the rider may call."""

    permission_classes = [IsRider]
    refusals = _COMMON

    @extend_schema(request=WhichRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, _ = _read(request, WhichRequest(data=request.data))
        return said(services.ask_support(which=which, voice=our_voice(), now=timezone.now()))
