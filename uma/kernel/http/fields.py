"""Fields that take exactly what the contract names, where DRF's own are lenient."""

import unicodedata
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from uma.kernel.geo import Point
from uma.kernel.money import PAISE_PER_RUPEE, rupees

# One crore rupees: above it a number on the wire is a mistake, and far below 2^53 paise, so that
# the JSON number is exact in every client.
LARGEST_AMOUNT_PAISE = 10_000_000 * PAISE_PER_RUPEE
PAISE_DIGITS = 2


class RupeesField(serializers.Field[int, Any, int | float, Any]):
    """Money: rupees with at most two decimals on the wire, integer paise inside."""

    default_error_messages = {
        "type": "An amount is a JSON number of rupees.",
        "negative": "An amount is not negative.",
        "decimals": "An amount has at most two decimals.",
        "least": "The least amount is {least} rupees.",
        "largest": "The largest amount is {largest} rupees.",
    }

    def __init__(
        self, *, min_paise: int = 0, max_paise: int = LARGEST_AMOUNT_PAISE, **options: Any
    ) -> None:
        self.min_paise, self.max_paise = min_paise, max_paise
        super().__init__(**options)

    def to_internal_value(self, data: object) -> int:
        # bool is an int to Python; a float can only come from a caller other than the parser.
        if type(data) is int:
            paise = data * PAISE_PER_RUPEE
        elif isinstance(data, Decimal) and data.is_finite():
            paise = self._paise(data)
        else:
            self.fail("type")
        if paise < 0:
            self.fail("negative")
        if paise < self.min_paise:
            self.fail("least", least=rupees(self.min_paise))
        if paise > self.max_paise:
            self.fail("largest", largest=rupees(self.max_paise))
        return paise

    def _paise(self, amount: Decimal) -> int:
        if amount.adjusted() > len(str(LARGEST_AMOUNT_PAISE)):
            self.fail("largest", largest=rupees(self.max_paise))
        sign, digits, exponent = amount.as_tuple()
        assert isinstance(exponent, int)  # a finite number has a numeric exponent
        whole = int("".join(map(str, digits)))
        # 1.500 is three decimals although it equals 1.5: the client must say what it means.
        if exponent < -PAISE_DIGITS:
            self.fail("decimals")
        paise: int = whole * 10 ** (exponent + PAISE_DIGITS)
        return -paise if sign else paise

    def to_representation(self, value: int) -> int | float:
        return rupees(value)


class WholeNumberField(serializers.IntegerField):
    """A JSON integer: no text, no `1.0`, no underscores, no other digits than ASCII's."""

    def to_internal_value(self, data: Any) -> int:  # Any: DRF's signature
        if type(data) is not int:
            self.fail("invalid")
        return data


class TrueFalseField(serializers.BooleanField):
    """`true` or `false`: not "yes", not 1."""

    def to_internal_value(self, data: Any) -> bool:  # Any: DRF's signature
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return data


class TextField(serializers.CharField):
    """Text that is text: not a number, normalised to NFC, without control or bidi characters."""

    default_error_messages = {"control": "Control and direction characters are not allowed."}

    def to_internal_value(self, data: Any) -> str:  # Any: DRF's signature
        if not isinstance(data, str):
            self.fail("invalid")
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        # Cc: control; Cf: bidi overrides and other invisible formatting. Joiners stay: Indic
        # scripts and emoji need them. A line break is how people write a description.
        for sign in text:
            if (
                not sign.isprintable()
                and sign not in "\n\u200c\u200d"
                and unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
            ):
                self.fail("control")
        return text


class DegreesField(serializers.Field[float, Any, float, Any]):
    """An angle in degrees within ±`bound`, a JSON number."""

    default_error_messages = {"range": "A number of degrees between -{bound} and {bound}."}

    def __init__(self, *, bound: int, **options: Any) -> None:
        self.bound = bound
        super().__init__(**options)

    def to_internal_value(self, data: object) -> float:
        if type(data) not in (int, Decimal) or not -self.bound <= float(str(data)) <= self.bound:
            self.fail("range", bound=self.bound)
        return float(str(data))

    def to_representation(self, value: float) -> float:
        return value


class PointSerializer(serializers.Serializer[Point]):
    """`{latitude, longitude}` in degrees; `validated_data` holds a `Point`."""

    latitude = DegreesField(bound=90)
    longitude = DegreesField(bound=180)

    def to_internal_value(self, data: Any) -> Any:  # Any: DRF's signature
        parts = super().to_internal_value(data)
        return Point(parts["latitude"], parts["longitude"])
