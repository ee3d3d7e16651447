"""Bookings and a rider's own account over HTTP."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import selectors as accounts
from apps.accounts.errors import AccountClosed, RiderBanned
from apps.campaigns.errors import Ineligible, UnknownCampaign
from apps.payments import selectors as payments
from apps.rides import pictures, qr, selectors, services
from apps.rides.errors import (
    AlreadyBookedHere,
    BookingCooldown,
    BookingNotFound,
    BookingNotLive,
    BookingOver,
    DealNotFunded,
    LiveLimitReached,
    StaticCodeNotOffered,
)
from apps.rides.models import Booking
from apps.rides.refused import counting_refusals
from apps.rides.serializers import (
    BookRequest,
    BookResponse,
    ProfileResponse,
    RideResponse,
    WalletResponse,
    book_response,
    reason_fields,
    ride_fields,
    ride_response,
)
from apps.wallet import codes
from apps.wallet import selectors as wallet
from apps.wallet.errors import WalletFrozen
from uma.kernel import context
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import InvalidCursor, InvalidParameter, PermissionDenied
from uma.kernel.http.idempotency import REPLAYED, read_idempotency_key
from uma.kernel.http.pagination import page_response, read_page
from uma.kernel.http.permissions import IsRider
from uma.kernel.http.renderers import to_wire
from uma.kernel.http.serializers import EmptyRequest
from uma.kernel.money import rupees


def _keys() -> qr.Keyring:
    return qr.keyring(settings.QR_MASTER_KEYS)


class BookView(APIView):
    """
    Book a deal: the merchant's money is held at once, and the code to show comes with the answer.

    A repeat with the same Idempotency-Key and body answers the same, with
    `Idempotent-Replayed: true`.
    """

    permission_classes = [IsRider]
    idempotent = True
    refusals = (
        RiderBanned,
        AccountClosed,
        UnknownCampaign,
        Ineligible,
        LiveLimitReached,
        AlreadyBookedHere,
        BookingCooldown,
        WalletFrozen,
        DealNotFunded,
    )

    @extend_schema(request=BookRequest, responses={201: BookResponse})
    def post(self, request: Request) -> Response:
        body = BookRequest(data=request.data)
        body.is_valid(raise_exception=True)
        rider_id = principal_of(request).user_id
        if body.validated_data.get("user_id", rider_id) != rider_id:
            raise PermissionDenied("Nobody books for another rider.")
        deal, now = body.validated_data, timezone.now()
        with counting_refusals(
            campaign_id=deal["campaign_id"], outlet_id=deal["outlet_id"], now=now
        ):
            booked = services.book(
                rider_id=rider_id,
                campaign_id=deal["campaign_id"],
                outlet_id=deal["outlet_id"],
                location=deal["location"],
                key=read_idempotency_key(request),
                qr_kid=_keys().signing_kid,
                now=now,
            )
        _note(booked.booking)
        response = Response(book_response(booked.booking, keys=_keys()), status=201)
        if booked.replayed:
            response[REPLAYED] = "true"
        return response


def _note(booking: Booking) -> None:
    """Let the log's lines of this request say which booking it is about."""
    context.about(booking_id=booking.pk, zone=booking.zone_code)


def _own(request: Request, booking_id: UUID) -> Booking:
    booking = selectors.of_rider(booking_id=booking_id, rider_id=principal_of(request).user_id)
    _note(booking)
    return booking


class RidesView(APIView):
    """The rider's bookings, newest first."""

    permission_classes = [IsRider]

    @extend_schema(responses=RideResponse(many=True))
    def get(self, request: Request) -> Response:
        page = read_page(request)
        rows = selectors.page_of_rider(
            rider_id=principal_of(request).user_id,
            limit=page.limit + 1,
            before=_position(page.after),
        )
        shown, now = rows[: page.limit], timezone.now()
        rides = [ride_response(row, keys=_keys(), now=now) for row in shown]
        more = len(rows) > page.limit
        return page_response(request, rides, str(shown[-1].pk) if more else None)


def _position(after: str | None) -> UUID | None:
    try:
        return UUID(after) if after is not None else None
    except ValueError:
        raise InvalidCursor from None


class RideView(APIView):
    """One booking, with the code of this moment while it can be scanned."""

    permission_classes = [IsRider]
    refusals = (BookingNotFound,)

    @extend_schema(responses=RideResponse)
    def get(self, request: Request, booking_id: UUID) -> Response:
        booking = _own(request, booking_id)
        return Response(ride_response(booking, keys=_keys(), now=timezone.now()))


class CancelView(APIView):
    """Give a booking up; free until 30 minutes before it expires."""

    permission_classes = [IsRider]
    refusals = (BookingNotFound, BookingNotLive)

    @extend_schema(request=None, responses=RideResponse)
    def post(self, request: Request, booking_id: UUID) -> Response:
        EmptyRequest(data=request.data).is_valid(raise_exception=True)
        now = timezone.now()
        booking = services.cancel(
            booking_id=booking_id, rider_id=principal_of(request).user_id, now=now
        )
        _note(booking)
        return Response(ride_response(booking, keys=_keys(), now=now))


class _Picture(BaseRenderer):
    """Bytes as they are; a problem stays JSON."""

    charset = None
    render_style = "binary"

    # Any: DRF's signature.
    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:  # noqa: ARG002
        return data if isinstance(data, bytes) else to_wire(data)


class PngRenderer(_Picture):
    """`image/png`."""

    media_type = "image/png"
    format = "png"


class SvgRenderer(_Picture):
    """`image/svg+xml`."""

    media_type = "image/svg+xml"
    format = "svg"


class QrView(APIView):
    """
    The booking's code of this moment as a picture, PNG or SVG as `Accept` asks.

    `?printed=true` is the code that never changes, where the deal allows one.
    """

    permission_classes = [IsRider]
    renderer_classes = [PngRenderer, SvgRenderer]
    refusals = (BookingNotFound, BookingOver, StaticCodeNotOffered)

    @extend_schema(
        parameters=[OpenApiParameter("printed", bool)],
        responses={
            (200, "image/png"): OpenApiTypes.BINARY,
            (200, "image/svg+xml"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, booking_id: UUID) -> Response:
        booking = _own(request, booking_id)
        ride = ride_fields(booking, keys=_keys(), now=timezone.now())
        text = ride["static_code"] if _printed(request) else ride["qr_code"]
        if text is None:
            raise BookingOver if ride["qr_code"] is None else StaticCodeNotOffered
        draw = pictures.svg if isinstance(request.accepted_renderer, SvgRenderer) else pictures.png
        # A code of a moment is nobody's to keep.
        return Response(draw(text), headers={"Cache-Control": "no-store", "Vary": "Accept"})


def _printed(request: Request) -> bool:
    wanted = request.query_params.get("printed", "false")
    if wanted not in {"true", "false"}:
        raise InvalidParameter("printed is true or false.")
    return wanted == "true"


@lru_cache(maxsize=1)
def _count_strikes() -> Callable[..., int]:
    """Return who counts them: the app that gives strikes stands above this one."""
    counter: Callable[..., int] = import_string(settings.STRIKES)
    return counter


class ProfileView(APIView):
    """The rider's own account."""

    permission_classes = [IsRider]

    @extend_schema(responses=ProfileResponse)
    def get(self, request: Request) -> Response:
        person = accounts.person(user_id=principal_of(request).user_id)
        now = timezone.now()
        pause = accounts.payout_cooling(user_id=person.pk, now=now)
        purse = codes.rider_wallet(person.pk)
        balance = wallet.balances_paise(codes=[purse], unopened=True)[purse]
        return Response(
            {
                "id": person.pk,
                "name": person.display_name,
                "email": person.email,
                "phone": person.phone,
                "wallet": rupees(balance),
                "strikes": _count_strikes()(rider_id=person.pk, now=now),
                "banned_until": person.banned_until,
                "payouts_from": pause and pause.until,
                "payouts_paused_for": pause.reasons if pause else [],
                "zone": person.zone_code,
                "created_at": person.created_at,
            }
        )


class WalletView(APIView):
    """What the rider has, in rupees, how much of it can be withdrawn, and why not more."""

    permission_classes = [IsRider]

    @extend_schema(responses=WalletResponse)
    def get(self, request: Request) -> Response:
        rider_id = principal_of(request).user_id
        purses = {
            "balance": codes.rider_wallet(rider_id),
            "parked": codes.rider_parked(rider_id),
            "withdrawing": codes.rider_withdrawing(rider_id),
            "owed": codes.rider_receivable(rider_id),
        }
        paise = wallet.balances_paise(codes=list(purses.values()), unopened=True)
        amounts = {name: rupees(paise[code]) for name, code in purses.items()}
        now = timezone.now()
        allowed = payments.rider_allowance(person_id=rider_id, now=now)
        over = payments.over_limit(person_id=rider_id, now=now)
        return Response(
            {
                **amounts,
                "withdrawable": rupees(allowed.withdrawable_paise),
                "least": rupees(allowed.least_paise),
                "reasons": reason_fields(allowed.reasons),
                "unclaimed": rupees(payments.unclaimed_paise(person_id=rider_id)),
                "over_limit": {
                    "amount": rupees(over.amount_paise),
                    "reasons": reason_fields(over.reasons),
                    "what_helps": list(over.what_helps),
                },
                "currency": "INR",
            }
        )
