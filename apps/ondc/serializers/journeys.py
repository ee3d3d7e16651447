"""A journey on the wire: who answered, what is offered, how far each order is."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.ondc.models import Offer, SearchAnswer
from apps.ondc.selectors import JourneyView, OrderView
from uma.kernel.geo import Point
from uma.kernel.http.fields import PointSerializer, RupeesField
from uma.kernel.money import rupees


class ProviderResponse(serializers.Serializer[object]):
    bpp_id = serializers.CharField()
    name = serializers.CharField()
    answered_at = serializers.DateTimeField()
    late = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)


class OfferResponse(serializers.Serializer[object]):
    bpp_id = serializers.CharField()
    provider_id = serializers.CharField()
    item_id = serializers.CharField()
    fulfillment_id = serializers.CharField()
    provider = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    variant = serializers.CharField()
    price = RupeesField()
    minimum_price = RupeesField(allow_null=True)
    maximum_price = RupeesField(allow_null=True)
    pickup_minutes = serializers.IntegerField(allow_null=True)
    valid_until = serializers.DateTimeField()


class RideOfferResponse(OfferResponse):
    woman_driver = serializers.BooleanField(help_text="The seller says that a woman drives.")


class LineResponse(serializers.Serializer[object]):
    title = serializers.CharField()
    value = serializers.CharField(help_text="Rupees as the seller wrote them.")


class ProposalResponse(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=["cancel", "update"])
    amount = RupeesField(help_text="What cancelling costs, or what the changed ride does.")
    until = serializers.DateTimeField()


class DriverResponse(serializers.Serializer[object]):
    name = serializers.CharField()
    phone = serializers.CharField()
    vehicle_number = serializers.CharField()
    vehicle_model = serializers.CharField()
    location = PointSerializer(allow_null=True)
    seen_at = serializers.DateTimeField(allow_null=True)


class SupportResponse(serializers.Serializer[object]):
    phone = serializers.CharField()
    email = serializers.CharField()
    url = serializers.CharField()


class OrderResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    bpp_id = serializers.CharField()
    order_id = serializers.CharField(allow_null=True, help_text="The seller's own number.")
    stage = serializers.ChoiceField(
        choices=[
            "selected", "quoted", "ready", "confirming", "active", "completed", "cancelled", "failed",
        ]
    )  # fmt: skip
    ride_state = serializers.CharField(allow_null=True, help_text="RIDE_ASSIGNED, RIDE_STARTED, …")
    category = serializers.CharField()
    fare = RupeesField(allow_null=True)
    fare_lines = LineResponse(many=True)
    quote_valid_until = serializers.DateTimeField(allow_null=True)
    cancellation_terms = serializers.ListField(child=serializers.DictField())
    driver = DriverResponse(allow_null=True)
    start_code = serializers.CharField(
        allow_null=True, help_text="What the rider tells the driver."
    )
    tracking_url = serializers.CharField(allow_null=True)
    proposal = ProposalResponse(allow_null=True)
    cancelled_by = serializers.CharField(allow_null=True)
    cancel_reason = serializers.CharField(allow_null=True)
    cancel_charge = RupeesField(allow_null=True)
    support = SupportResponse(allow_null=True)
    error = serializers.CharField(allow_null=True)
    changed_at = serializers.DateTimeField()


class JourneyResponse(serializers.Serializer[object]):
    success = serializers.BooleanField()
    transaction_id = serializers.UUIDField()
    ride_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=["open", "closed"])
    closes_at = serializers.DateTimeField()
    scheduled_at = serializers.DateTimeField(allow_null=True)
    rental = serializers.BooleanField()
    asked = serializers.IntegerField(
        allow_null=True, help_text="How many providers there are; null while nobody counted them."
    )
    answered = serializers.IntegerField()
    providers = ProviderResponse(many=True)
    offers = RideOfferResponse(many=True)
    orders = OrderResponse(many=True)


def journey_response(view: JourneyView, *, now: datetime) -> dict[str, Any]:  # Any: JSON
    return {
        "success": True,
        "transaction_id": view.journey.pk,
        "ride_id": view.journey.booking_id,
        "status": "open" if view.is_open(now=now) else "closed",
        "closes_at": view.journey.closes_at,
        "scheduled_at": view.journey.scheduled_at,
        "rental": view.journey.is_rental,
        "asked": view.journey.asked_count,
        "answered": len(view.answers),
        "providers": [provider_response(answer) for answer in view.answers],
        "offers": [
            offer_response(offer) | {"woman_driver": offer.woman_driver} for offer in view.offers
        ],
        "orders": [_order(order) for order in view.orders],
    }


def provider_response(answer: SearchAnswer) -> dict[str, object]:
    """Return that a seller answered."""
    return {
        "bpp_id": answer.bpp_id,
        "name": answer.name,
        "answered_at": answer.answered_at,
        "late": answer.is_late,
        "error": answer.error_code or None,
    }


def offer_response(offer: Offer) -> dict[str, object]:
    """Return what may be chosen."""
    return {
        "bpp_id": offer.bpp_id,
        "provider_id": offer.provider_id,
        "item_id": offer.item_id,
        "fulfillment_id": offer.fulfillment_id,
        "provider": offer.provider_name,
        "name": offer.item_name,
        "category": offer.vehicle_category,
        "variant": offer.vehicle_variant,
        "price": rupees(offer.price_paise),
        "minimum_price": _rupees(offer.minimum_paise),
        "maximum_price": _rupees(offer.maximum_paise),
        "pickup_minutes": offer.pickup_minutes,
        "valid_until": offer.valid_until,
    }


def _order(view: OrderView) -> dict[str, object]:
    order, quote = view.order, view.quote
    return {
        "id": order.pk,
        "bpp_id": order.bpp_id,
        "order_id": order.number or None,
        "stage": order.stage.lower(),
        "ride_state": order.ride_state or None,
        "category": order.vehicle_category,
        "fare": _rupees(order.fare_paise),
        "fare_lines": [] if quote is None else quote.lines,
        "quote_valid_until": order.quote_valid_until,
        "cancellation_terms": order.cancellation_terms,
        "driver": _driver(view),
        "start_code": order.start_code or None,
        "tracking_url": order.tracking_url or None,
        "proposal": proposal_response(view),
        "cancelled_by": order.cancelled_by or None,
        "cancel_reason": order.cancel_reason or None,
        "cancel_charge": _rupees(order.cancel_charge_paise),
        "support": _support(view),
        "error": view.error or None,
        "changed_at": order.changed_at,
    }


def _driver(view: OrderView) -> dict[str, object] | None:
    order = view.order
    if not order.driver_name and not order.vehicle_number:
        return None
    place = Point.parse(order.driver_place) if order.driver_place else None
    return {
        "name": order.driver_name,
        "phone": order.driver_phone,
        "vehicle_number": order.vehicle_number,
        "vehicle_model": order.vehicle_model,
        "location": place and {"latitude": place.latitude, "longitude": place.longitude},
        "seen_at": order.driver_seen_at,
    }


def proposal_response(view: OrderView) -> dict[str, object] | None:
    """Return what a cancellation or a change would cost."""
    order = view.order
    if not order.proposal or order.proposal_paise is None:
        return None
    return {
        "kind": order.proposal.lower(),
        "amount": rupees(order.proposal_paise),
        "until": order.proposal_until,
    }


def _support(view: OrderView) -> dict[str, object] | None:
    order = view.order
    found = {
        "phone": order.support_phone, "email": order.support_email, "url": order.support_url,
    }  # fmt: skip
    return dict(found) if any(found.values()) else None


def _rupees(paise: int | None) -> int | float | None:
    return None if paise is None else rupees(paise)
