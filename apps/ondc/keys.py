"""The keys of a network participant: read in every form the network passes them round in, and made."""

import base64
import binascii
import re
from dataclasses import dataclass

from nacl.public import PrivateKey
from nacl.signing import SigningKey

KEY_BYTES = 32
# What stands before the 32 bytes of a key in ASN.1 (RFC 8410).
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
ED25519_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
X25519_SPKI = bytes.fromhex("302a300506032b656e032100")
X25519_PKCS8 = bytes.fromhex("302e020100300506032b656e04220420")
_CURVES = {ED25519_SPKI[6:9]: "Ed25519", X25519_SPKI[6:9]: "X25519"}
# After this a PKCS#8 has its 32 bytes; what follows them (a public half, in version 2) is left alone.
_SECRET_FOLLOWS = bytes.fromhex("04220420")
_ARMOUR = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----")
_LONGEST_TEXT = 1_000


class KeyInvalid(ValueError):
    """The text is no key of the kind that is needed; the sentence says why, and never repeats it."""


@dataclass(frozen=True)
class NewKeys:
    """A fresh pair of pairs, as the network wants each of the four written."""

    signing_private_key: str
    signing_public_key: str
    encryption_private_key: str
    encryption_public_key: str


def signing_seed(text: str) -> bytes:
    """
    Return the 32-byte Ed25519 seed of a private key: base64 of 32 or 64 bytes, of PKCS#8, or PEM.

    Raises:
        KeyInvalid
    """
    raw = _decode(text)
    if len(raw) == 2 * KEY_BYTES:
        seed, public = raw[:KEY_BYTES], raw[KEY_BYTES:]
        if bytes(SigningKey(seed).verify_key) != public:
            raise KeyInvalid("The two halves of the private key do not belong together.")
        return seed
    return raw if len(raw) == KEY_BYTES else _from_pkcs8(raw, curve="Ed25519")


def signing_public(text: str) -> bytes:
    """
    Return the 32 bytes of an Ed25519 public key: base64 of the raw bytes, of its DER, or PEM.

    Raises:
        KeyInvalid
    """
    return _public(text, curve="Ed25519")


def encryption_secret(text: str) -> bytes:
    """
    Return the 32 bytes of an X25519 private key: base64 of the raw bytes, of PKCS#8, or PEM.

    Raises:
        KeyInvalid
    """
    raw = _decode(text)
    return raw if len(raw) == KEY_BYTES else _from_pkcs8(raw, curve="X25519")


def encryption_public(text: str) -> bytes:
    """
    Return the 32 bytes of an X25519 public key: base64 of its DER, of the raw bytes, or PEM.

    Raises:
        KeyInvalid
    """
    return _public(text, curve="X25519")


def public_of(seed: bytes) -> bytes:
    """Return the 32 public bytes that belong to an Ed25519 seed."""
    return bytes(SigningKey(seed).verify_key)


def encryption_public_of(secret: bytes) -> bytes:
    """Return the 32 public bytes that belong to an X25519 private key."""
    return bytes(PrivateKey(secret).public_key)


def published(public: bytes) -> str:
    """Return a signing key as the registry lists it: base64 of the raw bytes."""
    return base64.b64encode(public).decode()


def published_for_encryption(public: bytes) -> str:
    """Return an encryption key as the registry lists it: base64 of its DER."""
    return base64.b64encode(X25519_SPKI + public).decode()


def new_keys() -> NewKeys:
    """Return fresh keys to sign with and to be written to."""
    signing = SigningKey.generate()
    encryption = PrivateKey.generate()
    public = bytes(signing.verify_key)
    return NewKeys(
        signing_private_key=base64.b64encode(bytes(signing) + public).decode(),
        signing_public_key=published(public),
        encryption_private_key=base64.b64encode(X25519_PKCS8 + bytes(encryption)).decode(),
        encryption_public_key=published_for_encryption(bytes(encryption.public_key)),
    )


def _decode(text: str) -> bytes:
    if len(text) > _LONGEST_TEXT:
        raise KeyInvalid("The key is far too long to be one.")
    bare = "".join(_ARMOUR.sub("", text).split())
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        raise KeyInvalid("The key is not base64.") from None


def _public(text: str, *, curve: str) -> bytes:
    raw = _decode(text)
    if len(raw) == KEY_BYTES:
        return raw
    prefix = ED25519_SPKI if curve == "Ed25519" else X25519_SPKI
    if len(raw) != len(prefix) + KEY_BYTES:
        raise KeyInvalid(f"The public key has {len(raw)} bytes: 32 or, in DER, 44 are needed.")
    if raw[: len(prefix)] != prefix:
        raise KeyInvalid(f"The public key is not one for {curve}.")
    return raw[len(prefix) :]


def _from_pkcs8(raw: bytes, *, curve: str) -> bytes:
    # Sliced, not parsed: version byte 1 without a public half is about, and strict parsers refuse it.
    before, marker, after = raw.partition(_SECRET_FOLLOWS)
    if raw[:1] != b"\x30" or not marker or len(after) < KEY_BYTES:
        raise KeyInvalid(
            f"The private key has {len(raw)} bytes and is no PKCS#8: 32, 64 or a DER are needed."
        )
    if _CURVES.get(before[-3:]) != curve:
        raise KeyInvalid(f"The private key is not one for {curve}.")
    return after[:KEY_BYTES]
