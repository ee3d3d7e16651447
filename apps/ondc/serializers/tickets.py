"""Tickets on the wire: stops, what a trip costs, the purchase, the tickets themselves."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from rest_framework import serializers

from apps.ondc.models import Station, Ticket
from apps.ondc.outgoing.transit import MODES
from apps.ondc.selectors.tickets import TicketJourneyView, TicketOrderView
from apps.ondc.serializers.asking import (
    LONGEST_ID,
    CustomerSerializer,
    PlaceSerializer,
    WhichRequest,
)
from apps.ondc.serializers.journeys import (
    LineResponse,
    OfferResponse,
    ProposalResponse,
    ProviderResponse,
    offer_response,
    proposal_response,
    provider_response,
)
from apps.ondc.tickets_told import MOST_COUNT
from apps.payments.models import Prepayment
from uma.kernel.http.fields import (
    PointSerializer,
    RupeesField,
    TextField,
    WholeNumberField,
)
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

_REGISTRATION = r"^[A-Za-z0-9][A-Za-z0-9 \-]{3,14}$"


class StationsRequest(StrictSerializer[object]):
    location = PlaceSerializer(help_text="A place in the city.")
    mode = serializers.ChoiceField(choices=MODES)


class StationsQuery(serializers.Serializer[object]):
    lat = serializers.FloatField(min_value=-90, max_value=90)
    lng = serializers.FloatField(min_value=-180, max_value=180)
    mode = serializers.ChoiceField(choices=MODES)


class StationsAskedResponse(serializers.Serializer[object]):
    asked = serializers.BooleanField(
        help_text="False when the stops are known, or somebody asked a moment ago: look them up."
    )


class StationResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    bpp_id = serializers.CharField()
    seller = serializers.CharField()
    line = serializers.CharField()
    name = serializers.CharField()
    code = serializers.CharField()
    location = PointSerializer(allow_null=True)


class TicketSearchRequest(StrictSerializer[object]):
    from_station_id = serializers.UUIDField()
    to_station_id = serializers.UUIDField(help_text="Of the same seller.")


class TicketSelectRequest(StrictSerializer[object]):
    transaction_id = serializers.UUIDField()
    bpp_id = TextField(max_length=LONGEST_ID)
    item_id = TextField(max_length=LONGEST_ID)
    fulfillment_id = TextField(max_length=LONGEST_ID)
    count = WholeNumberField(min_value=1, max_value=MOST_COUNT)


class TicketInitRequest(WhichRequest):
    customer_details = CustomerSerializer(
        required=False, help_text="Who travels; by default who is signed in."
    )


class TicketPayRequest(WhichRequest):
    fare = RupeesField(help_text="The fare that the rider saw: no more than that is asked for.")


class TicketCancelRequest(WhichRequest):
    charge = RupeesField(
        required=False,
        help_text="Without it the charge is asked for; with the one that was shown, the tickets go back.",
    )


class TicketBoardRequest(WhichRequest):
    ticket_id = serializers.UUIDField()
    vehicle_number = serializers.RegexField(_REGISTRATION)


class TicketOfferResponse(OfferResponse):
    least_count = serializers.IntegerField()
    most_count = serializers.IntegerField()


class TicketResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    kind = serializers.CharField(help_text="QR, VEHICLE_NUMBER, OTP, …")
    token = serializers.CharField(
        allow_blank=True,
        help_text="What the QR code says, byte for byte; empty until there is one.",
    )
    status = serializers.ChoiceField(choices=["unclaimed", "claimed", "expired", "cancelled"])
    needs_vehicle_number = serializers.BooleanField(
        help_text="Good once the number of the boarded bus is told."
    )
    valid_until = serializers.DateTimeField(allow_null=True)


class RefundResponse(serializers.Serializer[object]):
    amount = RupeesField()
    status = serializers.ChoiceField(choices=["owed", "sent", "settled", "stuck"])
    owed_at = serializers.DateTimeField()
    gone_at = serializers.DateTimeField(allow_null=True)


class TicketPaymentResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(
        choices=[
            "created", "open", "held", "pledged", "due", "captured", "released", "lost",
        ],
        help_text="`held`: paid, and taken only if the tickets come. `released`: nothing was taken.",
    )  # fmt: skip
    amount = RupeesField()
    currency = serializers.CharField()
    order_id = serializers.CharField(help_text="What Razorpay's checkout is opened with.")
    key_id = serializers.CharField(help_text="The public half of the platform's Razorpay key.")
    checkout_url = serializers.CharField(
        allow_null=True, help_text="A page to pay on, where the platform runs with the sandbox."
    )
    refund = RefundResponse(allow_null=True)


class StopResponse(serializers.Serializer[object]):
    name = serializers.CharField()
    code = serializers.CharField()


class TicketOrderResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    transaction_id = serializers.UUIDField()
    bpp_id = serializers.CharField()
    seller = serializers.CharField()
    order_id = serializers.CharField(allow_null=True, help_text="The seller's own number.")
    stage = serializers.ChoiceField(
        choices=[
            "selected", "quoted", "ready", "confirming", "active", "completed", "cancelled", "failed",
        ]
    )  # fmt: skip
    cancelling = serializers.BooleanField(
        help_text="The seller decides about the cancellation; the tickets are good meanwhile."
    )
    mode = serializers.CharField()
    origin = StopResponse()
    destination = StopResponse()
    count = serializers.IntegerField()
    fare = RupeesField(allow_null=True)
    fare_lines = LineResponse(many=True)
    quote_valid_until = serializers.DateTimeField(allow_null=True)
    vehicle_number = serializers.CharField(allow_null=True)
    payment = TicketPaymentResponse(allow_null=True)
    tickets = TicketResponse(many=True)
    proposal = ProposalResponse(allow_null=True)
    cancelled_by = serializers.CharField(allow_null=True)
    cancel_charge = RupeesField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    changed_at = serializers.DateTimeField()


class TicketSearchResponse(serializers.Serializer[object]):
    transaction_id = serializers.UUIDField()
    mode = serializers.CharField()
    origin = StopResponse()
    destination = StopResponse()
    status = serializers.ChoiceField(choices=["open", "closed"])
    closes_at = serializers.DateTimeField()
    providers = ProviderResponse(many=True)
    offers = TicketOfferResponse(many=True)
    orders = TicketOrderResponse(many=True)


def station_response(station: Station) -> dict[str, object]:
    there = station.latitude is not None and station.longitude is not None
    place = {"latitude": station.latitude, "longitude": station.longitude}
    return {
        "id": station.pk,
        "bpp_id": station.bpp_id,
        "seller": station.seller_name,
        "line": station.line,
        "name": station.name,
        "code": station.code,
        "location": place if there else None,
    }


def ticket_search_response(view: TicketJourneyView, *, now: datetime) -> dict[str, object]:
    return {
        "transaction_id": view.trip.transaction_id,
        "mode": view.trip.mode,
        "origin": {"name": view.trip.from_name, "code": view.trip.from_code},
        "destination": {"name": view.trip.to_name, "code": view.trip.to_code},
        "status": "open" if view.is_open(now=now) else "closed",
        "closes_at": view.closes_at,
        "providers": [provider_response(answer) for answer in view.answers],
        "offers": [
            offer_response(offer)
            | {"least_count": offer.least_count or 1, "most_count": offer.most_count or MOST_COUNT}
            for offer in view.offers
        ],
        "orders": [ticket_order_response(order, now=now) for order in view.orders],
    }


def ticket_order_response(found: TicketOrderView, *, now: datetime) -> dict[str, object]:
    order, trip = found.view.order, found.trip
    is_cancelled = order.stage == "CANCELLED"
    charge = order.cancel_charge_paise if is_cancelled else None
    return {
        "id": order.pk,
        "transaction_id": order.transaction_id,
        "bpp_id": order.bpp_id,
        "seller": order.offer.provider_name if order.offer else "",
        "order_id": order.number or None,
        "stage": order.stage.lower(),
        "cancelling": order.status == "CANCELLATION_INITIATED" and order.stage == "ACTIVE",
        "mode": trip.mode,
        "origin": {"name": trip.from_name, "code": trip.from_code},
        "destination": {"name": trip.to_name, "code": trip.to_code},
        "count": trip.count,
        "fare": None if order.fare_paise is None else rupees(order.fare_paise),
        "fare_lines": [] if found.view.quote is None else found.view.quote.lines,
        "quote_valid_until": order.quote_valid_until,
        "vehicle_number": order.vehicle_number or None,
        "payment": None if found.paid is None else payment_response(found.paid),
        "tickets": _tickets(found.tickets, is_cancelled=is_cancelled, now=now),
        "proposal": proposal_response(found.view),
        "cancelled_by": order.cancelled_by or None,
        "cancel_charge": None if charge is None else rupees(charge),
        "error": found.view.error or None,
        "changed_at": order.changed_at,
    }


def _tickets(
    tickets: Sequence[Ticket], *, is_cancelled: bool, now: datetime
) -> list[dict[str, object]]:
    return [
        {
            "id": ticket.pk,
            "number": ticket.number,
            "kind": ticket.kind,
            "token": ticket.token,
            "status": "cancelled" if is_cancelled else ticket.state(now=now).lower(),
            "needs_vehicle_number": "VEHICLE_NUMBER" in ticket.kind
            and ticket.status == "UNCLAIMED",
            "valid_until": ticket.valid_until,
        }
        for ticket in tickets
    ]


def payment_response(paid: Prepayment) -> dict[str, object]:
    """Return a payment as the rider's app opens the checkout with it."""
    page = None
    if settings.RAZORPAY_URL and paid.order_id:
        facts = {"order_id": paid.order_id, "description": "Tickets"}
        page = f"{settings.RAZORPAY_URL}/checkout?{urlencode(facts)}"
    refund = getattr(paid, "refund", None)
    return {
        "id": paid.pk,
        "status": paid.state.lower(),
        "amount": rupees(paid.amount_paise),
        "currency": "INR",
        "order_id": paid.order_id or "",
        "key_id": settings.RAZORPAY_KEY_ID,
        "checkout_url": page,
        "refund": refund
        and {
            "amount": rupees(refund.amount_paise),
            "status": refund.state.lower(),
            "owed_at": refund.owed_at,
            "gone_at": refund.gone_at,
        },
    }
