"""What was signed verifies; with any single bit changed in body, header or key it does not."""

import json

from hypothesis import given
from hypothesis import strategies as st

from apps.ondc import signing

SEEDS = st.binary(min_size=32, max_size=32)
CREATED = 1_772_433_000
# The letter case of a scheme says nothing (RFC 9110, 11.1): the bits that change only that.
SCHEME_CASE = {8 * place + 5 for place in range(len("Signature"))}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z@/_]{1,12}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=20,
)


def sign(raw: bytes, seed: bytes) -> str:
    return signing.sign(
        raw,
        key=seed,
        subscriber_id="bpp.example.in/path",
        unique_key_id="key-1",
        created=CREATED,
        expires=CREATED + 300,
    )


def flipped(raw: bytes, bit: int) -> bytes:
    return raw[: bit // 8] + bytes([raw[bit // 8] ^ 1 << bit % 8]) + raw[bit // 8 + 1 :]


def is_from(raw: bytes, header: str, public: bytes) -> bool:
    """Say whether a receiver would take the message as this sender's."""
    try:
        found = signing.verify(raw, header, public_key=public, now=CREATED)
    except signing.NotVerified:
        return False
    # Another name is another key in the registry, so not this one.
    return (found.subscriber_id, found.unique_key_id) == ("bpp.example.in/path", "key-1")


@given(raw=st.binary(max_size=300), seed=SEEDS, at=st.integers(0, 2**32))
def test_what_is_signed_verifies_and_no_single_bit_of_the_body_may_change(
    raw: bytes, seed: bytes, at: int
) -> None:
    header = sign(raw, seed)
    public = signing.public_of(seed)

    assert is_from(raw, header, public)
    assert not is_from(raw + b"\x00", header, public)
    if raw:
        assert not is_from(flipped(raw, at % (8 * len(raw))), header, public)


def test_every_single_bit_of_header_key_and_body_counts() -> None:
    raw = json.dumps({"context": {"action": "on_confirm"}, "message": {}}).encode()
    seed = bytes(range(32))
    header = sign(raw, seed)
    public = signing.public_of(seed)
    assert is_from(raw, header, public)

    passing = {
        bit
        for bit in range(8 * len(header))
        if is_from(raw, flipped(header.encode(), bit).decode("latin-1"), public)
    }

    assert passing == SCHEME_CASE
    assert not any(is_from(raw, header, flipped(public, bit)) for bit in range(256))
    assert not any(is_from(flipped(raw, bit), header, public) for bit in range(8 * len(raw)))
    assert not any(is_from(raw, sign(raw, flipped(seed, bit)), public) for bit in range(256))


@given(body=st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), JSON, max_size=5))
def test_a_body_on_the_wire_is_read_and_printed_the_same(body: dict[str, object]) -> None:
    raw = signing.wire(body)

    assert json.loads(raw) == body
    assert signing.wire(json.loads(raw)) == raw


@given(text=st.text(max_size=400), raw=st.binary(max_size=40))
def test_no_text_in_place_of_a_header_does_more_than_fail(text: str, raw: bytes) -> None:
    assert not is_from(raw, text, signing.public_of(bytes(32)))
