"""What a rider's app asks for, and the answer to each: what was said to the network in its name."""

import json
import re
from typing import Any

from rest_framework import serializers

from apps.ondc.models import OutboundMessage
from apps.ondc.outgoing.orders import REASONS
from apps.ondc.selectors import Lately
from uma.kernel.geo import Point
from uma.kernel.http.fields import (
    DegreesField,
    RupeesField,
    TextField,
    TrueFalseField,
    WholeNumberField,
)
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

CATEGORIES = ("AUTO_RICKSHAW", "CAB", "TWO_WHEELER")
LARGEST_TIP_PAISE = 1_000_00
LONGEST_ID = 255
MOST_STOPS = 5
_PHONE = re.compile(r"\+?[0-9][0-9 \-]{8,18}")


class PlaceSerializer(StrictSerializer[Point]):
    """`{lat, lng}`, or `{latitude, longitude}`: both are about."""

    lat = DegreesField(bound=90, required=False)
    lng = DegreesField(bound=180, required=False)
    latitude = DegreesField(bound=90, required=False)
    longitude = DegreesField(bound=180, required=False)

    def to_internal_value(self, data: Any) -> Any:  # Any: DRF's signature
        parts = super().to_internal_value(data)
        for names in (("lat", "lng"), ("latitude", "longitude")):
            if set(parts) == set(names):
                return Point(parts[names[0]], parts[names[1]])
        raise serializers.ValidationError("A place is lat and lng, or latitude and longitude.")


class SearchRequest(StrictSerializer[object]):
    pickup_location = PlaceSerializer()
    drop_location = PlaceSerializer(required=False, help_text="Not of a rental.")
    stops = serializers.ListField(
        child=PlaceSerializer(),
        required=False,
        max_length=MOST_STOPS,
        help_text="The places between, in their order.",
    )
    rental = TrueFalseField(
        required=False, default=False, help_text="A vehicle for some hours; it has no drop."
    )
    scheduled_at = serializers.DateTimeField(
        required=False, help_text="A ride for later: in a quarter of an hour at the soonest."
    )
    category = serializers.ChoiceField(choices=CATEGORIES, required=False)
    woman_driver = TrueFalseField(
        required=False,
        default=False,
        help_text="A woman asks for a woman as driver: sellers that cannot be asked for her are not asked.",
    )
    ride_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The booking the trip leads to."
    )

    def validate(self, attrs: Any) -> Any:  # Any: DRF's signature
        if attrs["rental"] == ("drop_location" in attrs):
            raise serializers.ValidationError("A trip has a drop, a rental has none.")
        if attrs["rental"] and attrs.get("stops"):
            raise serializers.ValidationError("A rental has no stops.")
        return attrs


class WhichRequest(StrictSerializer[object]):
    """One order: of a journey, with a seller."""

    transaction_id = serializers.UUIDField()
    bpp_id = TextField(max_length=LONGEST_ID)
    order_id = TextField(
        max_length=128, required=False, help_text="Not needed: a journey has one order a seller."
    )


class SelectRequest(StrictSerializer[object]):
    transaction_id = serializers.UUIDField()
    bpp_id = TextField(max_length=LONGEST_ID)
    bpp_uri = TextField(
        max_length=500, required=False, help_text="Ignored: the signed callback says where it is."
    )
    item_id = TextField(max_length=LONGEST_ID)
    fulfillment_id = TextField(max_length=LONGEST_ID)
    bid = RupeesField(
        required=False,
        help_text="More than the price, up to the offer's highest, so that a driver comes sooner.",
    )


class CustomerSerializer(StrictSerializer[object]):
    name = TextField(max_length=120)
    phone = serializers.RegexField(_PHONE)


class InitRequest(WhichRequest):
    customer_details = CustomerSerializer(
        required=False, help_text="Whom the driver meets; by default who is signed in."
    )


class ConfirmRequest(WhichRequest):
    fare = RupeesField(
        required=False,
        help_text="The fare that the rider saw; needed when it rose since it was chosen.",
    )


class CancelRequest(WhichRequest):
    reason = serializers.ChoiceField(choices=list(REASONS), required=False, default="005")
    charge = RupeesField(
        required=False,
        help_text="Without it the charge is asked for; with the charge that was shown, the ride is cancelled.",
    )


class UpdateRequest(WhichRequest):
    drop_location = PlaceSerializer(required=False)
    confirm = TrueFalseField(
        required=False, default=False, help_text="Change the drop, once its fare was shown."
    )
    tip = RupeesField(required=False, min_paise=1, max_paise=LARGEST_TIP_PAISE)

    def validate(self, attrs: Any) -> Any:  # Any: DRF's signature
        if ("drop_location" in attrs) == ("tip" in attrs):
            raise serializers.ValidationError("Send another drop or a tip.")
        return attrs


class RatingRequest(WhichRequest):
    rating = WholeNumberField(min_value=1, max_value=5)


class AckField(serializers.Serializer[object]):
    status = serializers.ChoiceField(choices=["ACK"])


class AckMessage(serializers.Serializer[object]):
    ack = AckField()


class SaidResponse(serializers.Serializer[object]):
    # A field of the answer, of the same name as a property of serializers, which the metaclass keeps apart.
    context = serializers.DictField(  # type: ignore[assignment]
        help_text="The envelope of what was said in the rider's name."
    )
    message = AckMessage(help_text="It is on record and on its way.")


class AskedResponse(serializers.Serializer[object]):
    success = serializers.BooleanField()
    transaction_id = serializers.UUIDField()
    message_id = serializers.UUIDField(help_text="What the answer of the network will repeat.")
    response = SaidResponse()


class LatelyResponse(serializers.Serializer[object]):
    provider = serializers.CharField()
    category = serializers.CharField()
    lowest_price = RupeesField()
    highest_price = RupeesField()
    told_at = serializers.DateTimeField()
    match = serializers.ChoiceField(
        choices=["same", "near"], help_text="Of the same way, or of one some 300 m beside it."
    )


class SearchedResponse(AskedResponse):
    lately = LatelyResponse(
        many=True,
        help_text="What trips like this one cost in the last twenty minutes: to show, not to choose.",
    )


def lately_response(told: Lately) -> dict[str, object]:
    """Return one seller's prices of late as a rider's app shows them."""
    return {
        "provider": told.provider,
        "category": told.category,
        "lowest_price": rupees(told.lowest_paise),
        "highest_price": rupees(told.highest_paise),
        "told_at": told.told_at,
        "match": "same" if told.is_same else "near",
    }


def asked_response(said: OutboundMessage) -> dict[str, object]:
    """Return what a rider's app hears at once: what comes of it is at the journey's own address."""
    context = json.loads(said.body)["context"]
    return {
        "success": True,
        "transaction_id": context["transaction_id"],
        "message_id": context["message_id"],
        "response": {"context": context, "message": {"ack": {"status": "ACK"}}},
    }
