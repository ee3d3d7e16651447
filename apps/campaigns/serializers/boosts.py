"""The shapes of boosts on the wire."""

from rest_framework import serializers

from apps.campaigns.models import Boost
from apps.campaigns.selectors import Quote
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees


class TileFields(serializers.Serializer[object]):
    tile = serializers.CharField(help_text="A geohash of five signs.")
    slots_left = serializers.IntegerField()


class QuoteFields(serializers.Serializer[object]):
    price_per_slot = RupeesField(help_text="A week in one tile, after your plan's discount.")
    price = RupeesField(help_text="A week in every tile where the campaign is listed.")
    gst = RupeesField()
    total = RupeesField()
    slots_left = serializers.IntegerField(help_text="In the fullest of the tiles.")
    tiles = TileFields(many=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class BoostFields(serializers.Serializer[object]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["live", "over", "stopped"])
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    price = RupeesField()
    gst = RupeesField()
    total = RupeesField()
    refunded = RupeesField(help_text="With GST, for the whole days that were left.")
    unused_days = serializers.IntegerField()


class BoostResponse(serializers.Serializer[object]):
    boost = BoostFields(allow_null=True, help_text="What runs now; null for nothing.")
    quote = QuoteFields(help_text="What a week from now on costs.")


class BoostRequest(StrictSerializer[object]):
    total = RupeesField(
        required=False, help_text="The total that was shown: with another price nothing is bought."
    )


def quote_response(quote: Quote) -> dict[str, object]:
    """Return what a week would cost, and where there is room."""
    return {
        "price_per_slot": rupees(quote.slot_paise),
        "price": rupees(quote.bill.base_paise),
        "gst": rupees(quote.bill.tax.total_paise),
        "total": rupees(quote.bill.total_paise),
        "slots_left": min(quote.slots_left.values(), default=0),
        "tiles": [{"tile": tile, "slots_left": left} for tile, left in quote.slots_left.items()],
        "starts_at": quote.starts_at,
        "ends_at": quote.ends_at,
    }


def boost_response(boost: Boost) -> dict[str, object]:
    """Return a boost with what it cost and what of it went back."""
    return {
        "id": boost.pk,
        "state": boost.state.lower(),
        "starts_at": boost.starts_at,
        "ends_at": boost.ends_at,
        "price": rupees(boost.price_paise),
        "gst": rupees(boost.total_paise - boost.price_paise),
        "total": rupees(boost.total_paise),
        "refunded": rupees(boost.refund_total_paise),
        "unused_days": boost.unused_days,
    }
