"""Keys in the forms they come in, headers as others write them, and what is refused."""

import base64
import json
from typing import Any

import pytest

from apps.ondc import checks, signing
from apps.ondc.keys import ED25519_PKCS8, ED25519_SPKI, X25519_PKCS8, X25519_SPKI
from apps.ondc.signing import KeyInvalid, NotVerified, NotWireable
from uma.checks import check_settings

VECTORS = json.loads(checks.VECTORS.read_text())
ONE = VECTORS["authorization_header"]
BODY = ONE["body"].encode()
SEED = signing.signing_seed(ONE["private_key"])
PUBLIC = signing.signing_public(ONE["public_key"])
CREATED: int = ONE["created"]


def header(**changes: Any) -> str:
    facts: dict[str, Any] = {
        "key": SEED,
        "subscriber_id": "example-bap.com",
        "unique_key_id": "bap1234",
        "created": CREATED,
        "expires": ONE["expires"],
    }
    return signing.sign(BODY, **(facts | changes))


GOOD = header()


def refused(text: str, *, raw: bytes = BODY, now: int = CREATED, public: bytes = PUBLIC) -> str:
    with pytest.raises(NotVerified) as refusal:
        signing.verify(raw, text, public_key=public, now=now)
    return refusal.value.step


def test_the_public_vectors_hold() -> None:
    assert checks.broken_vectors() == ()
    assert ONE["signature"] in GOOD
    assert (
        signing.vlookup_text(
            country="IND",
            domain="ONDC:TRV10",
            participant_type="sellerApp",
            city="std:080",
            subscriber_id="example-bpp.com",
        )
        == (VECTORS["vlookup"]["signing_string"])
    )


@pytest.mark.parametrize("name", ["authorization_header", "vlookup", "site_verification"])
def test_a_vector_that_does_not_come_out_stops_the_program(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    broken = tmp_path / "vectors.json"
    broken.write_text(json.dumps(VECTORS | {name: VECTORS[name] | {"signature": "AAAA"}}))
    monkeypatch.setattr(checks, "VECTORS", broken)
    checks.broken_vectors.cache_clear()

    try:
        assert "uma.E033" in {message.id for message in check_settings(None)}
    finally:
        checks.broken_vectors.cache_clear()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# RFC 8410's second version, with the public half behind the private one.
VERSION_2 = b"\x30\x51\x02\x01\x01" + ED25519_PKCS8[5:] + SEED + b"\x81\x21\x00" + PUBLIC
PRIVATE_FORMS = {
    "64 bytes": ONE["private_key"],
    "the seed": b64(SEED),
    "PKCS#8": b64(ED25519_PKCS8 + SEED),
    "PKCS#8 that says version 1": b64(ED25519_PKCS8[:4] + b"\x01" + ED25519_PKCS8[5:] + SEED),
    "PKCS#8 with the public half": b64(VERSION_2),
    "PEM": f"-----BEGIN PRIVATE KEY-----\n{b64(ED25519_PKCS8 + SEED)}\n-----END PRIVATE KEY-----\n",
    "with line breaks": f" {ONE['private_key'][:40]}\n{ONE['private_key'][40:]}\n",
}


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_a_private_key_is_read_in_every_form_it_comes_in(form: str) -> None:
    assert signing.signing_seed(PRIVATE_FORMS[form]) == SEED
    assert signing.public_of(signing.signing_seed(PRIVATE_FORMS[form])) == PUBLIC


def test_a_public_key_is_read_raw_and_in_der_and_in_pem() -> None:
    der = b64(ED25519_SPKI + PUBLIC)

    assert signing.signing_public(signing.published(PUBLIC)) == PUBLIC
    assert signing.signing_public(der) == PUBLIC
    pem = f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----"
    assert signing.signing_public(pem) == PUBLIC


def test_new_keys_are_of_the_forms_the_registry_lists_and_fit_together() -> None:
    keys = signing.new_keys()

    seed = signing.signing_seed(keys.signing_private_key)
    secret = signing.encryption_secret(keys.encryption_private_key)
    assert signing.published(signing.public_of(seed)) == keys.signing_public_key
    assert len(base64.b64decode(keys.signing_public_key)) == 32
    assert keys.encryption_public_key.startswith("MCowBQYDK2VuAyEA")
    assert signing.encryption_public(keys.encryption_public_key) == signing.encryption_public_of(
        secret
    )
    assert signing.new_keys() != keys


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (signing.signing_seed, ""),
        (signing.signing_seed, "not base64!"),
        (signing.signing_seed, b64(SEED[:31])),
        (signing.signing_seed, b64(SEED + bytes(32))),
        (signing.signing_seed, b64(X25519_PKCS8 + SEED)),
        (signing.signing_seed, "A" * 1001),
        (signing.encryption_secret, b64(ED25519_PKCS8 + SEED)),
        (signing.encryption_secret, b64(X25519_PKCS8 + SEED[:31])),
        (signing.signing_public, b64(X25519_SPKI + PUBLIC)),
        (signing.encryption_public, b64(ED25519_SPKI + PUBLIC)),
        (signing.encryption_public, b64(PUBLIC[:31])),
    ],
)
def test_what_is_no_key_of_the_kind_is_refused_and_not_repeated(read: Any, text: str) -> None:
    with pytest.raises(KeyInvalid) as refusal:
        read(text)

    assert not text or text not in str(refusal.value)


FORGIVEN = {
    "as we write it": GOOD,
    "the scheme in lower case": GOOD.replace("Signature", "signature"),
    "spaces after the commas": GOOD.replace('",', '", '),
    "times without quotes": GOOD.replace(f'"{CREATED}"', str(CREATED)),
    "headers without spaces": GOOD.replace(
        "(created) (expires) digest", "(created)(expires)digest"
    ),
    "a parameter nobody knows": GOOD + ',realm="x"',
}


@pytest.mark.parametrize("form", FORGIVEN)
def test_what_the_networks_documents_vary_in_is_forgiven(form: str) -> None:
    found = signing.verify(BODY, FORGIVEN[form], public_key=PUBLIC, now=CREATED)

    assert (found.subscriber_id, found.unique_key_id) == ("example-bap.com", "bap1234")


def parameter(name: str, value: str) -> str:
    before, _, rest = GOOD.partition(f'{name}="')
    return f'{before}{name}="{value}"{rest[rest.index(chr(34)) + 1 :]}'


SIGNATURE = ONE["signature"]
URL_SAFE = SIGNATURE.replace("+", "-").replace("/", "_")
KEY_IDS = [
    "", "|", "||", "a|b", "a|b|c|d", "a|b|ed25519|x", "a|b|rsa", "a|b|ED25519", "a|b|ed25519 ",
    "|b|ed25519", "a||ed25519", "a b|c|ed25519", "a|b\tc|ed25519", "a\x7f|b|ed25519",
    f"{'a' * 256}|b|ed25519", f"a|{'b' * 256}|ed25519", "a|b|none",
]  # fmt: skip
ALGORITHMS = ["", "none", "hs2019", "rsa-sha256", "Ed25519", "ed25519 ", "xed25519", "ed448"]
TIMES = [
    "", "0", "-1", "+1", "1.5", "1e9", "01641287875", "1641287875 ", "9" * 13, str(2**63), "now",
    "१६४१२८७८७५", "0x61d4", "1_641_287_875", "null", "2022-01-04T09:17:55Z",
]  # fmt: skip
SIGNATURES = [
    "", "AAAA", SIGNATURE.rstrip("="), SIGNATURE + "=", SIGNATURE + "AAAA", URL_SAFE,
    SIGNATURE[:-3] + "R==", f" {SIGNATURE}", SIGNATURE[:40] + "\n" + SIGNATURE[40:],
    b64(bytes(64)), b64(b"\xff" * 64), b64(bytes(32) + b"\xff" * 32), SIGNATURE.lower(),
]  # fmt: skip
WHOLE = [
    "", " ", "Signature", "Signature ", "Bearer x", "Basic eDp4", GOOD.partition(" ")[2],
    "Bearer " + GOOD, GOOD + "," + GOOD, GOOD + GOOD, GOOD + ",", "," + GOOD,
    GOOD.replace(",", ";"), GOOD.replace('"', "'"), GOOD.replace('"', ""), GOOD.replace("=", ":"),
    GOOD + "\n", GOOD + "é", GOOD + ',x="' + "y" * 2_048 + '"', GOOD + ',created="1641287875"',
    GOOD.upper(), GOOD[:-1], GOOD.replace("keyId", "keyid"), GOOD.replace("created=", "Created="),
    GOOD.replace("headers", "header"), GOOD.replace("digest", "digest host"),
    GOOD.replace("(created) ", ""), GOOD.replace("(expires)", "(created)"), "Signature" + chr(0),
    GOOD.replace(" ", "\t", 1), GOOD.replace('signature="', 'signature=""'),
]  # fmt: skip
HOSTILE = (
    [parameter("keyId", text) for text in KEY_IDS]
    + [parameter("algorithm", text) for text in ALGORITHMS]
    + [parameter("created", text) for text in TIMES]
    + [parameter("expires", text) for text in TIMES]
    + [parameter("signature", text) for text in SIGNATURES]
    + [parameter("headers", text) for text in ("", "digest", "(created) digest", "host date")]
    + WHOLE
    + [GOOD[:length] for length in range(0, len(GOOD), 2)]
)


def test_hostile_headers_are_refused_one_and_all() -> None:
    assert len(HOSTILE) >= 200
    for text in HOSTILE:
        assert refused(text), text


@pytest.mark.parametrize(
    ("created", "expires", "now", "step"),
    [
        (CREATED + 11, CREATED + 300, CREATED, "created"),
        (CREATED, CREATED + 300, CREATED + 311, "expires"),
        (CREATED, CREATED + 3_601, CREATED, "expires"),
        (CREATED, CREATED - 1, CREATED, "expires"),
    ],
)
def test_a_signature_holds_for_its_time_and_no_other(
    created: int, expires: int, now: int, step: str
) -> None:
    assert refused(header(created=created, expires=expires), now=now) == step


@pytest.mark.parametrize(
    ("created", "now"), [(CREATED + 10, CREATED), (CREATED, CREATED + 310), (CREATED, CREATED)]
)
def test_ten_seconds_between_two_clocks_are_forgiven(created: int, now: int) -> None:
    text = header(created=created, expires=CREATED + 300)

    assert signing.verify(BODY, text, public_key=PUBLIC, now=now).created == created


# Points of small order and their odd spellings: with one as key, one signature fits many messages.
WEAK = [
    bytes(32), b"\x01" + bytes(31), b"\xff" * 32, b"\xec" + b"\xff" * 30 + b"\x7f",
    b"\xed" + b"\xff" * 30 + b"\x7f", b"\xee" + b"\xff" * 30 + b"\x7f",
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
]  # fmt: skip


@pytest.mark.parametrize("public", WEAK, ids=bytes.hex)
def test_no_signature_fits_a_weak_key(public: bytes) -> None:
    for half in (public, bytes(32), b"\x01" + bytes(31)):
        assert refused(parameter("signature", b64(half + bytes(32))), public=public) == "signature"


def test_a_signature_spelled_with_a_larger_number_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    raw = base64.b64decode(SIGNATURE)
    larger = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")

    assert refused(parameter("signature", b64(raw[:32] + larger))) == "signature"


def test_a_body_printed_again_is_another_body() -> None:
    again = json.dumps(json.loads(BODY)).encode()

    assert refused(GOOD, raw=again) == "signature"
    assert signing.wire(json.loads(BODY)) == BODY


@pytest.mark.parametrize(
    "body",
    [
        {"a": 1.5}, {"a": float("nan")}, {"a": [float("inf")]}, {"1": "x"}, {"a": {"0": 1}},
        {"a": 2**53}, {"a": "\ud800"}, {"\udc00": 1}, {"a": b"x"}, {"a": {1, 2}}, {1: 2},
    ],
    ids=repr,
)  # fmt: skip
def test_what_javascript_would_print_otherwise_does_not_leave(body: Any) -> None:
    with pytest.raises(NotWireable):
        signing.wire(body)


def test_what_leaves_is_compact_and_unescaped() -> None:
    assert signing.wire({"a/b": "ಠ é \n</", "n": None, "t": True, "i": [-3, "01"]}) == (
        '{"a/b":"ಠ é \\n</","n":null,"t":true,"i":[-3,"01"]}'.encode()
    )


def test_a_challenge_opens_for_our_key_alone() -> None:
    ours, theirs, other = (signing.new_keys() for _ in range(3))
    secret = signing.encryption_secret(ours.encryption_private_key)
    registry = signing.encryption_secret(theirs.encryption_private_key)
    text = signing.challenge(
        "some words",
        secret=registry,
        peer_public=signing.encryption_public(ours.encryption_public_key),
    )
    public = signing.encryption_public(theirs.encryption_public_key)

    assert signing.answer_challenge(text, secret=secret, peer_public=public) == "some words"
    stranger = signing.encryption_public(other.encryption_public_key)
    for wrong, peer in [(text, stranger), ("", public), ("!", public), (b64(bytes(15)), public)]:
        with pytest.raises(NotVerified):
            signing.answer_challenge(wrong, secret=secret, peer_public=peer)
    with pytest.raises(NotVerified):
        signing.answer_challenge(text, secret=secret, peer_public=bytes(32))


def test_a_text_is_signed_as_it_stands() -> None:
    text = VECTORS["vlookup"]["signing_string"]

    assert signing.verify_text(text, VECTORS["vlookup"]["signature"], public_key=PUBLIC)
    assert not signing.verify_text(text + " ", VECTORS["vlookup"]["signature"], public_key=PUBLIC)
    assert not signing.verify_text(text, "AAAA", public_key=PUBLIC)
    assert not signing.verify_text(text, VECTORS["vlookup"]["signature"], public_key=b"short")
