"""Every known way to pass another token for an access token of ours; none is one."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from tests.kernel.forging import (
    LEFT_OUT,
    PERSON,
    claims,
    coded,
    forged,
    header,
    now_s,
    signed,
)
from uma.kernel.http.access_tokens import signing_keys

Forgery = Callable[[], str]

STRANGER = Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())
# The order of Ed25519's group (RFC 8032, section 5.1).
ORDER = 2**252 + 27742317777372353535851937790883648493


def ours() -> str:
    return signed(header(), claims())


def parts() -> tuple[str, str, str]:
    head, payload, signature = ours().split(".")
    return head, payload, signature


def public_forms() -> list[bytes]:
    """Return our public key as an attacker may feed it to an HMAC: raw, hex, DER, PEM."""
    key = signing_keys(settings.ACCESS_TOKEN_KEYS).signing_key.public_key()
    raw, info = key.public_bytes_raw(), serialization.PublicFormat.SubjectPublicKeyInfo
    der = key.public_bytes(serialization.Encoding.DER, info)
    pem = key.public_bytes(serialization.Encoding.PEM, info)
    return [raw, raw.hex().encode(), der, pem]


def hashed(secret: bytes, *, alg: str = "HS256") -> str:
    body = f"{coded(header(alg=alg))}.{coded(claims())}"
    return f"{body}.{coded(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def by_library(key: Any, alg: str, **head: object) -> str:  # Any: PyJWT takes many kinds of key
    return jwt.encode(claims(), key, algorithm=alg, headers=header(alg=alg, **head))


def jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": coded(key.public_key().public_bytes_raw())}


def resigned(change: Callable[[bytes], bytes]) -> str:
    head, payload, signature = parts()
    raw = base64.urlsafe_b64decode(signature + "==")
    return f"{head}.{payload}.{coded(change(raw))}"


def malleated(raw: bytes) -> bytes:
    """Add the group's order to S: the same equation, another signature (RFC 8032 forbids it)."""
    scalar = int.from_bytes(raw[32:], "little") + ORDER
    return raw[:32] + scalar.to_bytes(32, "little")


def other_last_letter() -> str:
    """Spell the signature's last four unused bits otherwise; lenient decoders see no difference."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = ours()
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def changed(name: str, value: object) -> Forgery:
    """Return what makes a token with one claim changed."""
    return lambda: signed(header(), claims(**{name: value}))


def raw_json(part: dict[str, object], text: str) -> bytes:
    """Return a JSON object with `text` as its first member, which may repeat another."""
    return ("{" + text + "," + json.dumps(part)[1:]).encode()


def written(name: str, text: str) -> Forgery:
    """Return what makes a token in which one claim is written as `text`, which need not be JSON."""

    def make() -> str:
        value = text.replace("SOON", str(now_s() + 60))
        whole = json.dumps(claims(**{name: "PLACE"})).replace('"PLACE"', value)
        return signed(header(), whole.encode())

    return make


HEADERS: dict[str, Forgery] = {
    "alg none": lambda: f"{coded(header(alg='none'))}.{coded(claims())}.",
    "alg none with our signature": lambda: signed(header(alg="none"), claims()),
    "alg None": lambda: signed(header(alg="None"), claims()),
    "alg NONE": lambda: signed(header(alg="NONE"), claims()),
    "alg nOnE without signature": lambda: f"{coded(header(alg='nOnE'))}.{coded(claims())}.",
    "alg empty": lambda: signed(header(alg=""), claims()),
    "alg missing": lambda: signed(header(alg=LEFT_OUT), claims()),
    "alg null": lambda: signed(header(alg=None), claims()),
    "alg in lower case": lambda: signed(header(alg="eddsa"), claims()),
    "alg by its curve": lambda: signed(header(alg="Ed25519"), claims()),
    "alg as a list": lambda: signed(header(alg=["EdDSA"]), claims()),
    "alg with a space": lambda: signed(header(alg="EdDSA "), claims()),
    **{
        f"HS256 under our public key, form {number}": lambda number=number: hashed(  # type: ignore[misc]  # a bound default
            public_forms()[number]
        )
        for number in range(4)
    },
    "HS256 under an empty secret": lambda: hashed(b""),
    "HS256 under the kid": lambda: hashed(str(header()["kid"]).encode()),
    "HS256 called EdDSA": lambda: hashed(public_forms()[0], alg="EdDSA"),
    "HS256 under the secret key": lambda: by_library(settings.SECRET_KEY, "HS256"),
    "RS256": lambda: by_library(RSA, "RS256"),
    "PS256": lambda: by_library(RSA, "PS256"),
    "ES256": lambda: by_library(P256, "ES256"),
    "typ JWT": lambda: signed(header(typ="JWT"), claims()),
    "typ of a refresh token": lambda: signed(header(typ="rt+jwt"), claims()),
    "typ of an ID token": lambda: signed(header(typ="id+jwt"), claims()),
    "typ of a DPoP proof": lambda: signed(header(typ="dpop+jwt"), claims()),
    "typ as a media type": lambda: signed(header(typ="application/at+jwt"), claims()),
    "typ in upper case": lambda: signed(header(typ="AT+JWT"), claims()),
    "typ missing": lambda: signed(header(typ=LEFT_OUT), claims()),
    "kid missing": lambda: signed(header(kid=LEFT_OUT), claims()),
    "kid unknown": lambda: signed(header(kid="Z9"), claims()),
    "kid empty": lambda: signed(header(kid=""), claims()),
    "kid null": lambda: signed(header(kid=None), claims()),
    "kid as a list": lambda: signed(header(kid=[header()["kid"]]), claims()),
    "kid as an object": lambda: signed(header(kid={"kid": "T1"}), claims()),
    "kid as a number": lambda: signed(header(kid=1), claims()),
    "kid in lower case": lambda: signed(header(kid=str(header()["kid"]).lower()), claims()),
    "kid as a path": lambda: signed(header(kid="../../../../dev/null"), claims()),
    "kid as SQL": lambda: signed(header(kid="T1' UNION SELECT '00' -- "), claims()),
    "kid as a command": lambda: signed(header(kid="T1|/usr/bin/id"), claims()),
    "kid with NUL": lambda: signed(header(kid="T1\x00"), claims()),
    "kid as an address": lambda: signed(header(kid="https://keys.example/T1"), claims()),
    "jku": lambda: signed(header(jku="https://keys.example/jwks"), claims()),
    "jku, signed by a stranger": lambda: signed(
        header(jku="https://keys.example/jwks"), claims(), key=STRANGER
    ),
    "jwk of a stranger": lambda: signed(header(jwk=jwk(STRANGER)), claims(), key=STRANGER),
    "jwk of ours": lambda: signed(
        header(jwk=jwk(signing_keys(settings.ACCESS_TOKEN_KEYS).signing_key)), claims()
    ),
    "x5u": lambda: signed(header(x5u="https://keys.example/cert"), claims()),
    "x5c": lambda: signed(header(x5c=["MIIB"]), claims()),
    "x5t": lambda: signed(header(**{"x5t#S256": "AAAA"}), claims()),
    "crit": lambda: signed(header(crit=["exp"]), claims()),
    "crit empty": lambda: signed(header(crit=[]), claims()),
    "b64 false": lambda: signed(header(b64=False, crit=["b64"]), claims()),
    "b64 true": lambda: signed(header(b64=True), claims()),
    "zip": lambda: signed(header(zip="DEF"), claims()),
    "cty JWT": lambda: signed(header(cty="JWT"), claims()),
    "enc": lambda: signed(header(enc="A256GCM"), claims()),
    "unknown member": lambda: signed(header(nonce="1"), claims()),
    "alg twice": lambda: signed(raw_json(header(), '"alg":"none"'), claims()),
    "kid twice": lambda: signed(raw_json(header(), '"kid":"Z9"'), claims()),
    "header is a list": lambda: signed([header()], claims()),
    "header is a text": lambda: signed("EdDSA", claims()),
    "header is no JSON": lambda: signed(b"{alg:EdDSA}", claims()),
    "header with a byte order mark": lambda: signed(
        b"\xef\xbb\xbf" + json.dumps(header()).encode(), claims()
    ),
    "header in UTF-16": lambda: signed(json.dumps(header()).encode("utf-16"), claims()),
    "header is empty": lambda: signed(b"", claims()),
}

SIGNATURES: dict[str, Forgery] = {
    "signed by a stranger": lambda: signed(header(), claims(), key=STRANGER),
    "all zero": lambda: resigned(lambda _: bytes(64)),
    "all ones": lambda: resigned(lambda _: b"\xff" * 64),
    "identity point and zero": lambda: resigned(lambda _: b"\x01" + bytes(63)),
    "malleated": lambda: resigned(malleated),
    "one bit changed": lambda: resigned(lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])),
    "halves exchanged": lambda: resigned(lambda raw: raw[32:] + raw[:32]),
    "truncated": lambda: resigned(lambda raw: raw[:-1]),
    "extended": lambda: resigned(lambda raw: raw + b"\x00"),
    "empty": lambda: ".".join([*parts()[:2], ""]),
    "missing": lambda: ".".join(parts()[:2]),
    "of another token": lambda: ".".join([*parts()[:2], parts()[2]]),
    "last letter otherwise": other_last_letter,
    "padded": lambda: ours() + "==",
    "padded once": lambda: ours() + "=",
    "in standard base64": lambda: ".".join([*parts()[:2], "+/" * 43]),
    "with a line break": lambda: ours()[:-4] + "\r\n" + ours()[-4:],
    "payload exchanged": lambda: f"{parts()[0]}.{coded(claims(role='operator'))}.{parts()[2]}",
}

FORMS: dict[str, Forgery] = {
    "nested": lambda: signed(header(), ours().encode()),
    "nested and said so": lambda: signed(header(cty="JWT"), ours().encode()),
    "five parts of a JWE": lambda: ".".join(
        [coded({"alg": "dir", "enc": "A256GCM"}), "", "AAAA", "AAAA", "AAAA"]
    ),
    "a JWE around ours": lambda: ".".join(
        [coded(header(alg="RSA-OAEP", enc="A256GCM")), "AAAA", "AAAA", coded(ours().encode()), "AA"]
    ),
    "four parts": lambda: ours() + ".AAAA",
    "JSON serialisation": lambda: json.dumps(
        {"protected": parts()[0], "payload": parts()[1], "signature": parts()[2]}
    ),
    "only dots": lambda: "....",
    "x.y.z": lambda: "x.y.z",
    "ours twice": lambda: ours() + "," + ours(),
    "ours in front of a letter": lambda: ours() + "A",
    "a letter in front of ours": lambda: "A" + ours(),
    "a space inside": lambda: ours().replace(".", " .", 1),
    "two spaces before": lambda: " " + ours(),
    "a space behind": lambda: ours() + " x",
    "in upper case": lambda: ours().upper(),
    "beyond ASCII": lambda: ours()[:-1] + "é",
    "very long": lambda: "a" * 5_000,
    "long and well-formed": lambda: signed(header(), claims(pad="a" * 2_000)),
    "deeply nested payload": lambda: signed(header(), b"[" * 500 + b"]" * 500),
    "payload is no JSON": lambda: signed(header(), b"sub=1"),
    "payload is a list": lambda: signed(header(), [claims()]),
    "payload is null": lambda: signed(header(), None),
    "payload is empty": lambda: signed(header(), b""),
    "payload not UTF-8": lambda: signed(header(), json.dumps(claims()).encode() + b"\xff"),
    "payload padded": lambda: ".".join([parts()[0], parts()[1] + "=", parts()[2]]),
    "a refresh token": lambda: "umr_" + "A" * 43,
    "an API key": lambda: "uma_live_" + "A" * 43,
    "an ID token of Firebase": lambda: jwt.encode(
        {
            "iss": "https://securetoken.google.com/uma",
            "aud": "uma",
            "sub": "x",
            "exp": now_s() + 60,
        },
        RSA,
        algorithm="RS256",
        headers={"kid": "firebase"},
    ),
    "the session's id": lambda: str(uuid4()),
    "a cookie of the console": lambda: "0123456789abcdefghijklmnopqrstuv",
}

VALUES: dict[str, Forgery] = {
    **{
        f"{name} missing": changed(name, LEFT_OUT)
        for name in ("iss", "aud", "sub", "sid", "jti", "role", "auth_time", "iat", "exp")
    },
    **{
        f"{name} null": changed(name, None)
        for name in ("iss", "aud", "sub", "sid", "role", "iat", "exp")
    },
    **{
        f"{name} as {text}": written(name, text)
        for name in ("exp", "iat", "auth_time")
        for text in (
            '"SOON"',
            "SOON.5",
            "9e9",
            "NaN",
            "Infinity",
            "-1",
            "true",
            "[1]",
            "1" + "0" * 30,
        )
    },
    "exp in the past": lambda: forged(exp=now_s() - 1),
    "exp now": lambda: forged(exp=now_s()),
    "exp before iat": lambda: forged(iat=now_s() + 3, exp=now_s() + 2),
    "exp in two days": lambda: forged(exp=now_s() + 2 * 86_400),
    "iat in a minute": lambda: forged(iat=now_s() + 60, exp=now_s() + 120),
    "signed in after issue": lambda: forged(auth_time=now_s() + 60),
    "nbf in the future": lambda: forged(nbf=4_000_000_000),
    "nbf in the past": lambda: forged(nbf=1),
    "nbf as a text": lambda: forged(nbf="1"),
    "iss of another": lambda: forged(iss="somebody"),
    "iss as a list": lambda: forged(iss=["uma"]),
    "iss with a slash": lambda: forged(iss="uma/"),
    "iss in upper case": lambda: forged(iss="UMA"),
    "aud of another": lambda: forged(aud="another-api"),
    "aud as a list": lambda: forged(aud=["uma-api"]),
    "aud as a list with others": lambda: forged(aud=["uma-api", "another-api"]),
    "aud empty": lambda: forged(aud=""),
    "aud of the refresh": lambda: forged(aud="uma-refresh"),
    "sub no UUID": lambda: forged(sub="not-a-uuid"),
    "sub empty": lambda: forged(sub=""),
    "sub a number": lambda: forged(sub=1),
    "sub in braces": lambda: forged(sub=f"{{{PERSON}}}"),
    "sub in upper case": lambda: forged(sub=str(PERSON).upper()),
    "sub without hyphens": lambda: forged(sub=PERSON.hex),
    "sub as SQL": lambda: forged(sub=f"{PERSON}' OR '1'='1"),
    "sid no UUID": lambda: forged(sid="5"),
    "sid a number": lambda: forged(sid=5),
    "sid as a list": lambda: forged(sid=[str(uuid4())]),
    "jti no UUID": lambda: forged(jti="x"),
    "role unknown": lambda: forged(role="root"),
    "role in upper case": lambda: forged(role="RIDER"),
    "role as a list": lambda: forged(role=["rider"]),
    "role as an object": lambda: forged(role={"rider": True}),
    "role empty": lambda: forged(role=""),
    "a claim of nobody": lambda: forged(scope="admin"),
    "sub twice": lambda: signed(header(), raw_json(claims(), f'"sub":"{uuid4()}"')),
    "exp twice": lambda: signed(header(), raw_json(claims(), '"exp":1')),
    "role twice": lambda: signed(header(), raw_json(claims(), '"role":"operator"')),
}

TABLE: dict[str, Forgery] = {
    f"{kind}: {name}": forgery
    for kind, rows in (
        ("header", HEADERS),
        ("signature", SIGNATURES),
        ("form", FORMS),
        ("claim", VALUES),
    )
    for name, forgery in rows.items()
}
