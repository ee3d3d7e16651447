from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from uma.kernel.http.fields import LARGEST_AMOUNT_PAISE, RupeesField
from uma.kernel.http.strict_json import parse_strict
from uma.kernel.money import rupees, share_bps

PAISE = st.integers(0, LARGEST_AMOUNT_PAISE)


def read(number: str, **options: Any) -> int:
    document = parse_strict(b'{"amount": ' + number.encode() + b"}", "application/json")
    paise: int = RupeesField(**options).run_validation(document["amount"])
    return paise


@pytest.mark.parametrize(
    ("number", "paise"),
    [
        ("150", 15_000),
        ("149.5", 14_950),
        ("149.50", 14_950),
        ("0.01", 1),
        ("0", 0),
        ("0.00", 0),
        ("1e2", 10_000),
        ("1.5e1", 1_500),
        ("0.29", 29),
        ("1.15", 115),
        ("4.35", 435),
        ("10000000", LARGEST_AMOUNT_PAISE),
    ],
)
def test_rupees_become_paise_exactly(number: str, paise: int) -> None:
    assert read(number) == paise


@pytest.mark.parametrize(
    "number",
    [
        *("-1", "-0.01", "-1e2"),
        *("0.001", "1.005", "1.500", "149.999", "1e-3"),
        *("10000000.01", "1e30", "9223372036854775807", "1e99"),
        *('"150"', '"150.00"', '"1_000"', '"१००"', "true", "false", "[]", "{}", '""'),
    ],
)
def test_what_is_not_an_amount_is_refused(number: str) -> None:
    with pytest.raises(serializers.ValidationError):
        read(number)


def test_bounds_of_a_field_are_in_paise_and_named_in_rupees() -> None:
    with pytest.raises(serializers.ValidationError, match=r"100"):
        read("99.99", min_paise=100_00)
    with pytest.raises(serializers.ValidationError, match=r"500"):
        read("500.01", max_paise=500_00)
    assert read("100", min_paise=100_00, max_paise=500_00) == 100_00


def test_a_binary_float_never_becomes_money() -> None:
    with pytest.raises(serializers.ValidationError):
        RupeesField().run_validation(149.5)
    with pytest.raises(serializers.ValidationError):
        RupeesField().run_validation(Decimal("NaN"))


@given(PAISE)
def test_every_amount_returns_from_the_wire(paise: int) -> None:
    assert read(orjson.dumps(rupees(paise)).decode()) == paise


@given(PAISE)
def test_the_wire_never_shows_a_third_decimal(paise: int) -> None:
    text = orjson.dumps(rupees(paise)).decode()

    assert "e" not in text
    assert len(text.partition(".")[2]) <= 2


@given(PAISE, st.integers(0, 10_000))
def test_a_share_is_the_nearest_paisa_and_halves_go_up(paise: int, bps: int) -> None:
    share = share_bps(paise, bps)

    assert -5_000 <= share * 10_000 - paise * bps <= 5_000
    assert share * 10_000 - paise * bps != -5_000
