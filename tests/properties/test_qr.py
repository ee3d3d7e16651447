"""The rider's code: published vectors, every bit, every truncation, and much rubbish."""

import hashlib
import hmac
import json
import os
import random
import string
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from apps.rides import qr
from apps.rides.errors import QrStale, QrUnreadable

PUBLISHED = json.loads(
    (Path(__file__).parents[2] / "docs" / "qr-vectors.json").read_text(encoding="utf-8")
)
# A run by hand takes a small part.
FUZZED = 1_000_000 if os.environ.get("CI") else 20_000
ALPHANUMERIC = set(string.digits + string.ascii_uppercase + " $%*+-./:")
NOW = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
KEYS = qr.keyring("A1:" + "11" * 32 + ",B2:" + "22" * 32)
REF = "MANIPAL234567"


def token(*, kid: str = "A1", ref: str = REF, step: int | None = None) -> str:
    key = qr.booking_key(keys=KEYS, kid=kid, ref=ref)
    return qr.token(key=key, kid=kid, ref=ref, step=qr.step_at(NOW) if step is None else step)


@pytest.mark.parametrize("vector", PUBLISHED["vectors"], ids=lambda vector: vector["token"])
def test_the_published_vectors_hold(vector: dict[str, Any]) -> None:
    keys = qr.keyring(f"{vector['kid']}:{vector['master_key_hex']}")
    at = datetime.fromtimestamp(vector["unix_time"], UTC)
    key = qr.booking_key(keys=keys, kid=vector["kid"], ref=vector["ref"])
    text = qr.token(key=key, kid=vector["kid"], ref=vector["ref"], step=qr.step_at(at))

    assert qr.step_at(at) == vector["step"]
    assert key.hex() == vector["booking_key_hex"]
    assert text == vector["token"]
    assert text.split(".")[3:] == [vector["step_text"], vector["mac_text"]]
    assert qr.spoken_code(key=key, step=vector["step"]) == vector["spoken_code"]
    assert qr.parse(text, keys=keys, now=at) == qr.ParsedToken(
        vector["kid"], vector["ref"], vector["step"]
    )


def test_at_least_five_vectors_are_published() -> None:
    assert len(PUBLISHED["vectors"]) >= 5
    assert PUBLISHED["step_seconds"] == qr.STEP_SECONDS


@pytest.mark.parametrize(
    "refused", PUBLISHED["refused_with_the_key_of_vector_3"], ids=lambda refused: refused["why"]
)
def test_the_published_refusals_hold(refused: dict[str, str]) -> None:
    vector = PUBLISHED["vectors"][2]
    keys = qr.keyring(f"{vector['kid']}:{vector['master_key_hex']}")

    with pytest.raises(QrUnreadable):
        qr.read(refused["text"], keys=keys)


def test_the_code_is_what_the_page_says_computed_from_scratch() -> None:
    """A library's HKDF of RFC 5869 and HMAC by hand, without the module under test."""
    info = f"UMA1|A1|{REF}".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(b"\x11" * 32)
    steps = b32encode((qr.step_at(NOW) << 10).to_bytes(5, "big")).decode()[:6]
    mac = hmac.digest(key, f"UMA1|A1{REF}{steps}".encode(), hashlib.sha256)[:10]

    assert token() == f"UMA1.A1.{REF}.{steps}.{b32encode(mac).decode()}"


def test_six_digits_are_the_totp_of_rfc_6238() -> None:
    # Appendix B, SHA-256, the last six of the eight digits; there a step is 30 s, here its number.
    key = b"12345678901234567890123456789012"
    for seconds, digits in ((59, "119246"), (1111111109, "084774"), (20000000000, "737706")):
        assert qr.spoken_code(key=key, step=seconds // 30) == digits


def test_a_code_fits_the_alphanumeric_set_and_forty_five_characters() -> None:
    assert set(token()) <= ALPHANUMERIC
    assert len(token()) == 45
    assert set(qr.static_text(UUID(int=2**128 - 1))) <= ALPHANUMERIC


@pytest.mark.parametrize("seconds", [0, 14, 15, 29])
def test_a_code_is_accepted_in_its_step_and_the_next(seconds: int) -> None:
    parsed = qr.parse(token(), keys=KEYS, now=NOW + timedelta(seconds=seconds))

    assert parsed == qr.ParsedToken("A1", REF, qr.step_at(NOW))


@pytest.mark.parametrize(
    ("seconds", "skew"), [(30, 30), (45, 45), (86_400, 86_400), (-1, -15), (-15, -15), (-16, -30)]
)
def test_a_code_of_another_moment_is_stale_and_says_by_how_much(seconds: int, skew: int) -> None:
    at = NOW + timedelta(seconds=seconds)

    with pytest.raises(QrStale) as refusal:
        qr.parse(token(), keys=KEYS, now=at)

    assert refusal.value.extra == {"skew_seconds": skew, "server_time": at}


def test_a_stale_code_is_still_readable_for_a_repeated_scan() -> None:
    assert qr.read(token(step=1), keys=KEYS) == qr.ParsedToken("A1", REF, 1)


def test_every_listed_key_verifies_and_the_first_signs() -> None:
    assert KEYS.signing_kid == "A1"
    assert qr.read(token(kid="B2"), keys=KEYS) == qr.ParsedToken("B2", REF, qr.step_at(NOW))


def test_a_code_of_a_withdrawn_key_is_refused() -> None:
    with pytest.raises(QrUnreadable):
        qr.read(token(kid="B2"), keys=qr.keyring("A1:" + "11" * 32))


def test_a_code_signed_under_another_kid_is_refused() -> None:
    with pytest.raises(QrUnreadable):
        qr.read(token().replace(".A1.", ".B2."), keys=KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A1",
        "A1:",
        "a1:" + "11" * 32,
        "A:" + "11" * 32,
        "A1:" + "11" * 31,
        "A1:" + "zz" * 32,
        "A1:" + "11" * 32 + ",A1:" + "22" * 32,
    ],
)
def test_a_master_key_that_is_not_one_stops_the_program(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        qr.keyring(text)


def test_flipping_any_bit_of_a_code_is_refused() -> None:
    good = token().encode()
    for position in range(len(good)):
        for bit in range(8):
            flipped = bytearray(good)
            flipped[position] ^= 1 << bit
            with pytest.raises(QrUnreadable):
                qr.read(flipped.decode("latin-1"), keys=KEYS)


@pytest.mark.parametrize("text", [token(), qr.static_text(UUID(int=5))])
def test_every_truncation_and_extension_is_refused(text: str) -> None:
    for length in range(len(text)):
        for part in (text[:length], text[length + 1 :], text[:length] + text[length + 1 :]):
            with pytest.raises(QrUnreadable):
                qr.read(part, keys=KEYS)
    for more in (text + "A", "A" + text, text + "\n", " " + text, text + "\x00", text + text):
        with pytest.raises(QrUnreadable):
            qr.read(more, keys=KEYS)


def test_other_apps_codes_and_links_are_refused() -> None:
    others = (
        "https://uma.example/UMA1.A1",
        "upi://pay?pa=shop@bank&am=150",
        "UMA1://pay",
        "WIFI:S:x;;",
        "uma1.a1." + REF,
        "BEGIN:VCARD",
        "otpauth://totp/x?secret=ABC",
        "tel:+911234567890",
        "UMA-RIDE-9f1c2c5e-0d3b-4c53-8b1e-6a0f2d7c4e11",
        "UMA-RIDE-9F1C2C5E0D3B4C538B1E6A0F2D7C4E11",
        "UMA-RIDE-{9F1C2C5E-0D3B-4C53-8B1E-6A0F2D7C4E11}",
        "\N{GRINNING FACE}" * 45,
        "A" * 10_000,
        "\ud800" * 45,
        "\u0663" * 45,
        "\uff35\uff2d\uff21\uff11" * 11,
    )
    for text in others:
        with pytest.raises(QrUnreadable):
            qr.read(text, keys=KEYS)


def test_a_printed_code_is_read_back() -> None:
    printed = UUID("9f1c2c5e-0d3b-4c53-8b1e-6a0f2d7c4e11")

    assert qr.parse(qr.static_text(printed), keys=KEYS, now=NOW) == qr.StaticCode(printed)


def test_references_are_of_the_right_shape_and_do_not_repeat() -> None:
    refs = {qr.new_ref() for _ in range(10_000)}

    assert len(refs) == 10_000
    assert all(len(ref) == qr.REF_CHARS for ref in refs)
    assert set("".join(refs)) == set(string.ascii_uppercase + "234567")


@given(
    ref=st.text(alphabet=string.ascii_uppercase + "234567", min_size=13, max_size=13),
    step=st.integers(0, 2**30 - 1),
)
def test_any_booking_and_step_is_read_back(ref: str, step: int) -> None:
    assert qr.read(token(ref=ref, step=step), keys=KEYS) == qr.ParsedToken("A1", ref, step)


@given(text=st.text(max_size=80))
def test_no_text_makes_the_parser_raise_anything_else(text: str) -> None:
    with pytest.raises(QrUnreadable):
        qr.read(text, keys=KEYS)


BASE32 = string.ascii_uppercase + "234567"
SIGNS = [
    BASE32 + ".",
    string.printable,
    "\u0410\u0412\u0421\u0415\u041d\u0406\u041a\u041c\u041e\u0420\u0422\u0425",  # Cyrillic capitals
    "\uff10\uff11\uff12\uff21\uff22\uff23",  # full width
    "\x00\x7f\u202e\u200d\U0001f600",
]


def swapped(good: str, at: int, other: int) -> str:
    signs = list(good)
    signs[at], signs[other] = signs[other], signs[at]
    return "".join(signs)


def mutated(chance: random.Random, good: str) -> str:
    """Return a code damaged in one of the ways cameras, keyboards and attackers damage codes."""
    at, alphabet = chance.randrange(len(good)), chance.choice(SIGNS)
    sign = chance.choice(alphabet)
    ways = [
        lambda: good[:at] + sign + good[at + 1 :],
        lambda: good[:at] + good[at + 1 :],
        lambda: good[:at] + sign + good[at:],
        lambda: swapped(good, at, chance.randrange(len(good))),
        lambda: good[:at] + good[at:].lower(),
        lambda: "".join(chance.choices(alphabet, k=chance.randrange(70))),
        lambda: chance.choice([" ", "\n", "\ufeff", "UMA1.", "https://"]) + good,
        # A well-formed code with a MAC of chance: only the MAC says no.
        lambda: good[:-16] + "".join(chance.choices(BASE32, k=16)),
    ]
    return chance.choice(ways)()


def test_damaged_codes_are_refused_and_nothing_but_the_exact_text_is_read() -> None:
    seed = int(os.environ.get("QR_FUZZ_SEED", "20260302"))
    chance = random.Random(seed)  # noqa: S311  # reproducible damage, no secret
    goods = [token(ref=qr.new_ref()) for _ in range(50)]
    for _ in range(FUZZED):
        good = chance.choice(goods)
        text = mutated(chance, good)
        try:
            found = qr.read(text, keys=KEYS)
        except QrUnreadable:
            assert text != good
        else:
            assert text == good, (seed, text)
            assert isinstance(found, qr.ParsedToken)
