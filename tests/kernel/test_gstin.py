"""GSTINs: what a number says, and that one wrong character is always noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uma.kernel.gstin import STATES, Gstin, check_digit

# The check digit is the one that the portal's own published example has.
KNOWN = "27AAPFU0939F1ZV"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def test_a_number_tells_its_state_its_pan_and_what_kind_of_business_it_is() -> None:
    found = Gstin.parse(KNOWN)

    assert (found.state, found.pan, found.registration) == ("Maharashtra", "AAPFU0939F", "1")
    assert found.holder == "Firm/Limited Liability Partnership"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("27AAPFU0939F1Z", "fifteen"),
        ("27AAPFU0939F1ZVV", "fifteen"),
        ("27aapfu0939f1zv", "fifteen"),
        ("27 AAPFU0939F1Z", "fifteen"),
        ("27AAPFU0939F1Z٣", "fifteen"),
        ("00AAPFU0939F1ZV", "state"),
        ("39AAPFU0939F1ZV", "state"),
        ("27AAPXU0939F1ZV", "PAN"),
        ("27AAPFU0000F1ZV", "PAN"),
        ("279APFU0939F1ZV", "PAN"),
        ("27AAPFU0939F0ZV", "registration"),
        ("27AAPFU0939F1XV", "registration"),
        ("27AAPFU0939F1ZO", "check digit"),
    ],
)
def test_a_number_that_is_none_is_refused_with_the_part_that_is_wrong(
    number: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Gstin.parse(number)


@given(
    state=st.sampled_from(sorted(STATES)),
    letters=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3),
    holder=st.sampled_from("ABCFGHLJPT"),
    serial=st.integers(1, 9999),
    place=st.integers(0, 14),
    other=st.sampled_from(ALPHABET),
)
def test_one_wrong_character_is_always_noticed(
    state: str, letters: str, holder: str, serial: int, place: int, other: str
) -> None:
    first = f"{state}{letters}{holder}K{serial:04}Q1Z"
    number = first + check_digit(first)
    assert Gstin.parse(number).state_code == state

    changed = number[:place] + other + number[place + 1 :]
    if changed != number:
        with pytest.raises(ValueError, match=r"GSTIN|check digit"):
            Gstin.parse(changed)
