"""Sealing: what opens where, and what never does."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from uma.kernel.crypto.blind import blind_index
from uma.kernel.crypto.errors import DoesNotOpen, KeyNotListed, SealedValueUnreadable
from uma.kernel.crypto.keyring import (
    NONCE_BYTES,
    OVERHEAD_BYTES,
    PACK_FROM,
    PACKED,
    VERSION,
    kid_of,
    read_keyring,
)
from uma.kernel.crypto.place import Place

OLD, NEW = "A1:" + "12" * 32, "B2:" + "34" * 32
KEYS = read_keyring(OLD)
HERE = Place("accounts_user", "phone_sealed", "0190b0c0-0000-7000-8000-000000000001")
PHONE = "+919876543210"


@given(st.text(), st.text())
def test_what_was_sealed_for_a_place_opens_there(text: str, row: str) -> None:
    place = replace(HERE, row=row)

    sealed = KEYS.seal(text, place=place)

    assert KEYS.open(sealed, place=place) == text
    assert len(sealed) <= OVERHEAD_BYTES + len(text.encode())


@pytest.mark.parametrize(
    "place",
    [
        replace(HERE, row=HERE.row[:-1] + "2"),
        replace(HERE, column="email_sealed"),
        replace(HERE, table="merchants_merchant"),
        Place("accounts_user|phone_sealed", "", HERE.row),
    ],
    ids=["row", "column", "table", "names run together"],
)
def test_a_value_opens_in_no_other_place(place: Place) -> None:
    sealed = KEYS.seal(PHONE, place=HERE)

    with pytest.raises(DoesNotOpen):
        KEYS.open(sealed, place=place)


LONG = json.dumps([{"id": number, "name": "ಆಟೋ"} for number in range(60)])


def test_a_long_text_is_packed_and_opens_as_it_was() -> None:
    sealed = KEYS.seal(LONG, place=HERE)

    assert KEYS.open(sealed, place=HERE) == LONG
    assert len(sealed) < len(LONG.encode()) / 4
    assert kid_of(sealed) == "A1"
    # What does not get shorter is left as it is.
    noise = random.Random(1).randbytes(600).hex()[:PACK_FROM]  # noqa: S311 — no secret
    assert KEYS.open(KEYS.seal(noise, place=HERE), place=HERE) == noise


def test_a_packed_value_is_never_read_as_another_kind() -> None:
    for text, other in ((LONG, VERSION), (PHONE, PACKED)):
        sealed = KEYS.seal(text, place=HERE)
        assert not sealed.startswith(other)

        with pytest.raises(DoesNotOpen):
            KEYS.open(other + sealed[1:], place=HERE)


def test_a_value_with_any_bit_changed_does_not_open() -> None:
    sealed = KEYS.seal(PHONE, place=HERE)

    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealedValueUnreadable):
            KEYS.open(bytes(changed), place=HERE)


@pytest.mark.parametrize("length", range(OVERHEAD_BYTES + len(PHONE)))
def test_a_value_that_was_cut_short_does_not_open(length: int) -> None:
    sealed = KEYS.seal(PHONE, place=HERE)

    with pytest.raises(DoesNotOpen):
        KEYS.open(sealed[:length], place=HERE)


def test_the_kid_is_sealed_with_the_value() -> None:
    both = read_keyring(f"{OLD},{NEW}")
    same = read_keyring(f"{OLD},B2:{OLD[3:]}")
    sealed = both.seal(PHONE, place=HERE)

    renamed = sealed[:1] + b"B2" + sealed[3:]

    with pytest.raises(DoesNotOpen):
        same.open(renamed, place=HERE)


def test_the_first_key_seals_and_all_open() -> None:
    before = KEYS.seal(PHONE, place=HERE)
    keys = read_keyring(f"{NEW},{OLD}")

    after = keys.seal(PHONE, place=HERE)

    assert (kid_of(before), kid_of(after), keys.kids) == ("A1", "B2", ("B2", "A1"))
    assert keys.open(before, place=HERE) == keys.open(after, place=HERE) == PHONE


def test_a_key_that_is_not_listed_is_named_and_the_value_is_not() -> None:
    sealed = KEYS.seal(PHONE, place=HERE)

    with pytest.raises(KeyNotListed) as caught:
        read_keyring(NEW).open(sealed, place=HERE)

    assert str(caught.value) == (
        f"accounts_user.phone_sealed of {HERE.row} was sealed with key 'A1', which is not listed."
    )
    assert (caught.value.kid, caught.value.place) == ("A1", HERE)


def test_no_nonce_comes_twice_in_a_hundred_thousand() -> None:
    head = OVERHEAD_BYTES - NONCE_BYTES - 16
    nonces = {KEYS.seal("x", place=HERE)[head : head + NONCE_BYTES] for _ in range(100_000)}

    assert len(nonces) == 100_000


@pytest.mark.parametrize(
    "text",
    ["", "A1", "A1:", OLD.lower(), OLD.replace("A1", "A"), OLD + " ", f"{OLD},", f"{OLD},{OLD}"],
)
def test_keys_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Field keys"):
        read_keyring(text)


def test_a_blind_index_is_the_same_for_one_value_one_purpose_and_one_key(
    settings: Settings,
) -> None:
    index = blind_index(PHONE, purpose="accounts.user.phone")

    assert index == blind_index(PHONE, purpose="accounts.user.phone")
    assert len(index) == 64
    assert PHONE not in index
    assert index != blind_index(PHONE, purpose="payments.fund_account.vpa")
    assert index != blind_index("+919876543211", purpose="accounts.user.phone")
    settings.BLIND_INDEX_KEY = "56" * 32
    assert index != blind_index(PHONE, purpose="accounts.user.phone")
