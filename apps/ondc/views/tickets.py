"""Metro and bus tickets over HTTP: stops, a trip's price, the purchase, boarding, and giving them back."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import selectors as merchants
from apps.merchants.errors import OutsideEveryZone
from apps.ondc import selectors, services
from apps.ondc.errors import (
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
    SearchNotFound,
    StationNotFound,
    StopsNotConnected,
    TicketCountNotOffered,
    TicketNotFound,
    TicketsNotPaid,
)
from apps.ondc.outgoing.profiles import TRANSIT
from apps.ondc.serializers.asking import AskedResponse, WhichRequest
from apps.ondc.serializers.tickets import (
    StationResponse,
    StationsAskedResponse,
    StationsQuery,
    StationsRequest,
    TicketBoardRequest,
    TicketCancelRequest,
    TicketInitRequest,
    TicketOrderResponse,
    TicketPaymentResponse,
    TicketPayRequest,
    TicketSearchRequest,
    TicketSearchResponse,
    TicketSelectRequest,
    payment_response,
    station_response,
    ticket_order_response,
    ticket_search_response,
)
from apps.ondc.services import Which
from apps.ondc.views.speaking import hand_on, our_voice, rider_as, said
from apps.payments import services as payments
from apps.payments.errors import GatewayUnavailable, PrepaymentTooSmall, PrepaymentUnderway
from uma.kernel.geo import Point
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import ValidationFailed
from uma.kernel.http.permissions import IsRider

_COMMON = (RideOrderNotFound, RideOrderNotReady, NetworkUnavailable)


def _read(request: Request, body: WhichRequest) -> tuple[Which, dict[str, Any]]:  # Any: JSON
    """Return which order of tickets is meant, and what else the body says."""
    body.is_valid(raise_exception=True)
    asked: dict[str, Any] = body.validated_data
    which = Which(
        transaction_id=asked["transaction_id"],
        rider_id=principal_of(request).user_id,
        bpp_id=asked["bpp_id"],
        domain=TRANSIT,
    )
    return which, asked


def _city(place: Point) -> tuple[str, str]:
    """
    Return the zone of a place and what the network calls its city.

    Raises:
        OutsideEveryZone
    """
    zone = merchants.zone_at(place=place)
    if zone is None:
        raise OutsideEveryZone
    return zone.code, f"std:{zone.std_city_code.removeprefix('std:')}"


class StationsView(APIView):
    """The stops of a city that tickets are sold to, in the order of their lines; a day old at the most."""

    permission_classes = [IsRider]

    refusals = (OutsideEveryZone, NetworkUnavailable, ValidationFailed)

    @extend_schema(parameters=[StationsQuery], responses=StationResponse(many=True))
    def get(self, request: Request) -> Response:
        query = StationsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        _, city = _city(Point(asked["lat"], asked["lng"]))
        found = selectors.stations_of(city=city, mode=asked["mode"], now=timezone.now())
        return Response([station_response(station) for station in found])

    @extend_schema(request=StationsRequest, responses=StationsAskedResponse)
    def post(self, request: Request) -> Response:
        body = StationsRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        zone_code, city = _city(asked["location"])
        messages = services.search_stations(
            rider_id=principal_of(request).user_id,
            zone_code=zone_code,
            city=city,
            mode=asked["mode"],
            voice=our_voice(),
            now=timezone.now(),
        )
        hand_on(messages)
        return Response({"asked": bool(messages)})


class TicketSearchView(APIView):
    """Ask the seller of two stops what tickets between them cost; the search's own address says it."""

    permission_classes = [IsRider]
    refusals = (StationNotFound, StopsNotConnected, NetworkUnavailable)

    @extend_schema(request=TicketSearchRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        body = TicketSearchRequest(data=request.data)
        body.is_valid(raise_exception=True)
        return said(
            services.search_tickets(
                rider_id=principal_of(request).user_id,
                from_id=body.validated_data["from_station_id"],
                to_id=body.validated_data["to_station_id"],
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class TicketSearchesView(APIView):
    """A search for tickets: what is offered, and how far each order is."""

    permission_classes = [IsRider]
    refusals = (SearchNotFound,)

    @extend_schema(responses=TicketSearchResponse)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        now = timezone.now()
        view = selectors.ticket_journey_of(
            transaction_id=transaction_id, rider_id=principal_of(request).user_id, now=now
        )
        return Response(ticket_search_response(view, now=now))


class TicketOrdersView(APIView):
    """What the rider bought or is buying, the newest first, with the tickets to show."""

    permission_classes = [IsRider]

    @extend_schema(responses=TicketOrderResponse(many=True))
    def get(self, request: Request) -> Response:
        now = timezone.now()
        found = selectors.ticket_orders_of(rider_id=principal_of(request).user_id)
        return Response([ticket_order_response(order, now=now) for order in found])


class TicketSelectView(APIView):
    """Choose so many tickets of one kind: the seller says what they cost, which may be more than it offered."""

    permission_classes = [IsRider]
    refusals = (
        OfferNotFound, OfferExpired, RideOrderUnderway, TicketCountNotOffered, NetworkUnavailable,
    )  # fmt: skip

    @extend_schema(request=TicketSelectRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        body = TicketSelectRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        return said(
            services.select_tickets(
                transaction_id=asked["transaction_id"],
                rider_id=principal_of(request).user_id,
                bpp_id=asked["bpp_id"],
                item_id=asked["item_id"],
                fulfillment_id=asked["fulfillment_id"],
                count=asked["count"],
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class TicketInitView(APIView):
    """Tell the seller who travels; its terms and the final fare come back."""

    permission_classes = [IsRider]
    refusals = (*_COMMON, OfferExpired, RiderDetailsMissing)

    @extend_schema(request=TicketInitRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, TicketInitRequest(data=request.data))
        rider = rider_as(rider_id=which.rider_id, **asked.get("customer_details", {}))
        return said(
            services.init_tickets(which=which, rider=rider, voice=our_voice(), now=timezone.now())
        )


class TicketPayView(APIView):
    """
    Pay for tickets whose seller told its terms: the answer is an order that Razorpay's checkout takes.

    The money is held and taken only when the tickets come. Asked again, it is the same payment. Once
    it is paid the tickets are ordered by themselves; `confirm` only does it sooner.
    """

    permission_classes = [IsRider]
    refusals = (
        RideOrderNotFound, RideOrderNotReady, OfferExpired, QuoteChanged, PrepaymentTooSmall,
        PrepaymentUnderway, GatewayUnavailable,
    )  # fmt: skip

    @extend_schema(request=TicketPayRequest, responses=TicketPaymentResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, TicketPayRequest(data=request.data))
        now = timezone.now()
        begun = services.pay_tickets(which=which, fare_paise=asked["fare"], now=now)
        paid = payments.order_prepayment_at_razorpay(prepayment_id=begun.pk, now=now)
        return Response(payment_response(paid))


class TicketConfirmView(APIView):
    """
    Order what was paid for; the tickets are there once the order is `active`.

    Asked again, the first order stands: there is never a second. What is not for sale any more as it was paid
    for is refused, and the money is let go.
    """

    permission_classes = [IsRider]
    refusals = (*_COMMON, TicketsNotPaid, OfferExpired, QuoteChanged, GatewayUnavailable)

    @extend_schema(request=WhichRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, _ = _read(request, WhichRequest(data=request.data))
        now = timezone.now()
        payment_id = services.payment_to_look_at(which=which)
        if payment_id is not None:
            payments.look_at_razorpay(prepayment_id=payment_id, now=now)
        return said(services.confirm_tickets(which=which, voice=our_voice(), now=now))


class TicketStatusView(APIView):
    """Ask the seller how the tickets stand."""

    permission_classes = [IsRider]
    refusals = _COMMON

    @extend_schema(request=WhichRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, _ = _read(request, WhichRequest(data=request.data))
        return said(services.ask_status(which=which, voice=our_voice(), now=timezone.now()))


class TicketBoardView(APIView):
    """Tell the number of the bus that was boarded, which makes the ticket good."""

    permission_classes = [IsRider]
    refusals = (*_COMMON, TicketNotFound, ChangeNotOffered)

    @extend_schema(request=TicketBoardRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, TicketBoardRequest(data=request.data))
        return said(
            services.board_bus(
                which=which,
                ticket_id=asked["ticket_id"],
                registration=asked["vehicle_number"],
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class TicketCancelView(APIView):
    """
    Ask what giving the tickets back costs; with that `charge`, give them back.

    Some sellers decide later: the order is `cancelling` meanwhile, and the tickets are good. What is owed back is
    the payment's `refund`, from the moment it is owed until it went.
    """

    permission_classes = [IsRider]
    refusals = (*_COMMON, CancellationNotAsked, ChangeNotOffered)

    @extend_schema(request=TicketCancelRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, asked = _read(request, TicketCancelRequest(data=request.data))
        return said(
            services.cancel_tickets(
                which=which,
                charge_paise=asked.get("charge"),
                voice=our_voice(),
                now=timezone.now(),
            )
        )


class TicketSupportView(APIView):
    """Ask the seller whom the rider may call."""

    permission_classes = [IsRider]
    refusals = _COMMON

    @extend_schema(request=WhichRequest, responses=AskedResponse)
    def post(self, request: Request) -> Response:
        which, _ = _read(request, WhichRequest(data=request.data))
        return said(services.ask_support(which=which, voice=our_voice(), now=timezone.now()))
