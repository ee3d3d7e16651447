"""
How the network signs: the Authorization header over the bytes as sent, and three smaller proofs.

Rules: ONDC's signing specification as it stands in its public vectors. Pure functions: no settings,
no tables, no clock; the sandbox's participants sign with the same ones.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import nacl.bindings
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.signing import SigningKey, VerifyKey

from apps.ondc.keys import (
    KEY_BYTES,
    KeyInvalid,
    NewKeys,
    encryption_public,
    encryption_public_of,
    encryption_secret,
    new_keys,
    public_of,
    published,
    published_for_encryption,
    signing_public,
    signing_seed,
)

__all__ = [
    "Header",
    "KeyInvalid",
    "NewKeys",
    "NotVerified",
    "NotWireable",
    "answer_challenge",
    "challenge",
    "check_times",
    "digest",
    "encryption_public",
    "encryption_public_of",
    "encryption_secret",
    "new_keys",
    "parse_header",
    "public_of",
    "published",
    "published_for_encryption",
    "sign",
    "sign_text",
    "signing_public",
    "signing_seed",
    "signing_string",
    "verify",
    "verify_text",
    "vlookup_text",
    "wire",
]

ALGORITHM = "ed25519"
SIGNED = "(created) (expires) digest"
# What a verifier forgives between two clocks, and how long a signature may be good for (the network's
# own sample says an hour).
SKEW_S = 10
LONGEST_LIFE_S = 3_600
LONGEST_HEADER = 2_048
LONGEST_NAME = 255
SIGNATURE_BYTES = 64
# Past this JavaScript no longer prints an integer as it was written.
SAFE_INTEGER = 2**53 - 1

_PARAMETER = re.compile(r'[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^",\s]+))[ \t]*(?:,|\Z)')
_SECONDS = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_NAME = re.compile(r"[\x21-\x7b\x7d\x7e]+", re.ASCII)  # visible ASCII without "|"
_INTEGER_KEY = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


class NotVerified(Exception):
    """The message is not proved to be its sender's; `step` says where it failed."""

    def __init__(self, step: str, sentence: str) -> None:
        super().__init__(sentence)
        self.step = step


class NotWireable(ValueError):
    """The body would not survive being printed again by a counterparty in JavaScript."""


@dataclass(frozen=True)
class Header:
    """What a well-formed Authorization header says; nothing of it is proved yet."""

    subscriber_id: str
    unique_key_id: str
    created: int
    expires: int
    signature: bytes


def wire(body: Mapping[str, Any]) -> bytes:  # Any: JSON
    """
    Return the bytes to sign and to send: compact UTF-8, as JavaScript would print them.

    Many counterparties hash what `JSON.stringify` makes of the parsed body, so only what that
    prints unchanged may leave: no floats, no keys that look like array indexes, no half characters.

    Raises:
        NotWireable
    """
    _check_wireable(body, "")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def digest(raw: bytes) -> str:
    """Return base64 of the BLAKE2b-512 of the body as it is sent."""
    return base64.b64encode(hashlib.blake2b(raw, digest_size=64).digest()).decode()


def signing_string(raw: bytes, *, created: int, expires: int) -> str:
    """Return the text that is signed, to the space."""
    return f"(created): {created}\n(expires): {expires}\ndigest: BLAKE-512={digest(raw)}"


def sign(
    raw: bytes,
    *,
    key: bytes,
    subscriber_id: str,
    unique_key_id: str,
    created: int,
    expires: int,
) -> str:
    """Return the Authorization header for a body; `key` is the 32-byte seed, times are Unix seconds."""
    text = signing_string(raw, created=created, expires=expires)
    return (
        f'Signature keyId="{subscriber_id}|{unique_key_id}|{ALGORITHM}",algorithm="{ALGORITHM}",'
        f'created="{created}",expires="{expires}",headers="{SIGNED}",signature="{sign_text(text, key=key)}"'
    )


def parse_header(header: str) -> Header:
    """
    Read an Authorization header, forgiving what the network's documents themselves vary in.

    Spaces round the parameters, the letter case of the scheme, `created` and `expires` without
    quotes and `headers` without spaces are all about; nothing else is forgiven.

    Raises:
        NotVerified
    """
    if len(header) > LONGEST_HEADER or not header.isascii():
        raise NotVerified("header", "The Authorization header is too long or not ASCII.")
    scheme, _, rest = header.strip(" ").partition(" ")
    if scheme.lower() != "signature":
        raise NotVerified("header", "The Authorization header is no Signature.")
    found = _parameters(rest)
    if any(name not in found for name in ("keyId", "algorithm", "headers", "signature")):
        raise NotVerified("header", "The Authorization header lacks a parameter.")
    if found["headers"].replace(" ", "") != SIGNED.replace(" ", ""):
        raise NotVerified("header", f'The signature is not over "{SIGNED}".')
    name = found["keyId"].split("|")
    if len(name) != len(("subscriber", "key", "algorithm")) or not all(map(_is_name, name[:2])):
        raise NotVerified("key_id", "The keyId is not subscriber|key|algorithm.")
    if name[2] != ALGORITHM or found["algorithm"] != ALGORITHM:
        raise NotVerified("algorithm", f"Only {ALGORITHM} is accepted.")
    return Header(
        subscriber_id=name[0],
        unique_key_id=name[1],
        created=_seconds(found, "created"),
        expires=_seconds(found, "expires"),
        signature=_signature(found["signature"]),
    )


def verify(
    raw: bytes, header: str | Header, *, public_key: bytes, now: int, skew_s: int = SKEW_S
) -> Header:
    """
    Return what the header says once it is proved to be about exactly these bytes, and now.

    Whose key it is remains the caller's to know: the header names a subscriber and a key, the
    registry says which bytes that is.

    Raises:
        NotVerified
    """
    parsed = parse_header(header) if isinstance(header, str) else header
    check_times(parsed, now=now, skew_s=skew_s)
    text = signing_string(raw, created=parsed.created, expires=parsed.expires)
    if not _is_signed(text.encode(), parsed.signature, public_key):
        raise NotVerified("signature", "The signature does not fit the body and the key.")
    return parsed


def check_times(header: Header, *, now: int, skew_s: int = SKEW_S) -> None:
    """
    Refuse a signature from the future, from the past, or for ever.

    Raises:
        NotVerified
    """
    if header.created > now + skew_s:
        raise NotVerified("created", "The signature was made in the future: check the clocks.")
    if header.expires + skew_s < now:
        raise NotVerified("expires", "The signature has expired.")
    if not 0 <= header.expires - header.created <= LONGEST_LIFE_S:
        raise NotVerified("expires", "The signature is good for longer than an hour, or never.")


def sign_text(text: str, *, key: bytes) -> str:
    """Return base64 of the signature over a text as it stands: site verification, vlookup."""
    return base64.b64encode(SigningKey(key).sign(text.encode()).signature).decode()


def verify_text(text: str, signature: str, *, public_key: bytes) -> bool:
    """Say whether `sign_text` with the other half of this key made the signature."""
    try:
        return _is_signed(text.encode(), _signature(signature), public_key)
    except NotVerified:
        return False


def vlookup_text(
    *, country: str, domain: str, participant_type: str, city: str, subscriber_id: str
) -> str:
    """Return what a vlookup signs: its search parameters in the registry's order."""
    return f"{country}|{domain}|{participant_type}|{city}|{subscriber_id}"


def answer_challenge(text: str, *, secret: bytes, peer_public: bytes) -> str:
    """
    Return the plain text of a registry's on_subscribe challenge.

    AES-256 in ECB with the bare X25519 secret as key: the registry's choice, good for one short
    random text and for nothing else.

    Raises:
        NotVerified
    """
    try:
        sealed = base64.b64decode(text, validate=True)
        reader = _ecb(secret, peer_public).decryptor()
        padded = reader.update(sealed) + reader.finalize()
        unpadder = padding.PKCS7(128).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (ValueError, CryptoError, binascii.Error):
        raise NotVerified("challenge", "The challenge was not made for our key.") from None


def challenge(answer: str, *, secret: bytes, peer_public: bytes) -> str:
    """Return the challenge whose answer this is, as a registry makes it."""
    padder = padding.PKCS7(128).padder()
    padded = padder.update(answer.encode()) + padder.finalize()
    writer = _ecb(secret, peer_public).encryptor()
    return base64.b64encode(writer.update(padded) + writer.finalize()).decode()


def _ecb(secret: bytes, peer_public: bytes) -> Cipher[modes.ECB]:
    shared = nacl.bindings.crypto_scalarmult(secret, peer_public)
    return Cipher(algorithms.AES(shared), modes.ECB())  # noqa: S305 — the registry's protocol


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        one = _PARAMETER.match(text, at)
        if one is None or one[1] in found:
            raise NotVerified("header", "The Authorization header cannot be read.")
        found[one[1]] = one[3] if one[2] is None else one[2]
        at = one.end()
    if text.rstrip(" ").endswith(","):
        raise NotVerified("header", "The Authorization header cannot be read.")
    return found


def _is_name(text: str) -> bool:
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def _seconds(found: Mapping[str, str], name: str) -> int:
    text = found.get(name, "")
    # One spelling only: the verifier prints the number again, as the signer did.
    if _SECONDS.fullmatch(text) is None:
        raise NotVerified(name, f"`{name}` is not a time in Unix seconds.")
    return int(text)


def _signature(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # The spelling is compared too: base64 has spare bits, and two spellings would be two messages.
    if len(raw) != SIGNATURE_BYTES or not hmac.compare_digest(base64.b64encode(raw), text.encode()):
        raise NotVerified("signature", "The signature is not base64 of 64 bytes.")
    return raw


def _is_signed(text: bytes, signature: bytes, public_key: bytes) -> bool:
    if len(public_key) != KEY_BYTES:
        return False
    try:
        VerifyKey(public_key).verify(text, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _check_wireable(value: Any, path: str) -> None:  # Any: JSON
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise NotWireable(f"{path}: half a surrogate pair.")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or _INTEGER_KEY.fullmatch(key):
                raise NotWireable(f"{path}/{key}: JavaScript would put this key elsewhere.")
            _check_wireable(key, path)
            _check_wireable(item, f"{path}/{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _check_wireable(item, f"{path}/{number}")
    elif value is not None and not isinstance(value, int):
        raise NotWireable(f"{path}: {type(value).__name__} has no one spelling; send it as text.")
    elif isinstance(value, int) and abs(value) > SAFE_INTEGER:
        raise NotWireable(f"{path}: an integer that JavaScript rounds; send it as text.")
