"""One spelling for each number."""

import pytest

from uma.kernel.errors import PhoneInvalid
from uma.kernel.phones import e164, masked


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+919876543210", "+919876543210"),
        ("98765 43210", "+919876543210"),
        ("098765-43210", "+919876543210"),
        ("0091 98765 43210", "+919876543210"),
        ("+91 (820) 257 0000", "+918202570000"),
        ("٩٨٧٦٥٤٣٢١٠", "+919876543210"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_every_way_to_write_a_number_is_one_number(text: str, number: str) -> None:
    assert e164(text) == number


def test_a_number_without_its_country_is_one_of_the_region() -> None:
    assert e164("20 7946 0958", "GB") == "+442079460958"


@pytest.mark.parametrize(
    "text",
    ["", "asha", "+", "12345", "+910000000000", "+91987654321", "9" * 33, "98765 43210 ext 5", "0"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneInvalid):
        e164(text)


def test_a_list_shows_the_country_and_the_last_four() -> None:
    assert masked("+919876543210") == "+91 •••••• 3210"
    assert masked("+442079460958") == "+44 •••••• 0958"
    assert masked("") == ""
    assert masked("98765") == "•••••• 8765"
