"""The keys of ID tokens: one signs, the certificates of all are published, as Google has it."""

import datetime as dt
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from jwt.utils import base64url_encode

from apps.sandbox.account import PROJECT

SUBJECT = "securetoken.system.gserviceaccount.com"
CERTIFICATE_LIFE = dt.timedelta(days=16)
# Google's answer may be kept for hours; short enough here to see a cache run out.
CERTIFICATES_MAX_AGE_S = 600
TOKEN_LIFE_S = 3_600
# Who signs in a test of what must be refused: a key nobody published.
STRANGER = "stranger"


@dataclass(frozen=True)
class SigningKey:
    """A private key and the self-signed certificate that tells the world its public half."""

    kid: str
    private: rsa.RSAPrivateKey
    certificate_pem: str


def new_signing_key() -> SigningKey:
    """Return a fresh key with a certificate for a little over two weeks."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SUBJECT)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + CERTIFICATE_LIFE)
        .sign(private, hashes.SHA256())
    )
    return SigningKey(
        kid=certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - a name, not a proof
        private=private,
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
    )


class Keyring:
    """The newest key signs; the certificates of the older ones stay until they are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys = [new_signing_key()]
        self._stranger = new_signing_key()

    def rotate(self, *, forget: bool) -> str:
        """Sign with a new key from now on; with `forget` the old certificates go at once."""
        fresh = new_signing_key()
        with self._lock:
            self._keys = [fresh] if forget else [fresh, *self._keys[:1]]
            return fresh.kid

    def certificates(self) -> Mapping[str, str]:
        """Return kid → certificate in PEM."""
        with self._lock:
            return {key.kid: key.certificate_pem for key in self._keys}

    def sign(
        self,
        claims: Mapping[str, object],
        *,
        header: Mapping[str, object] | None = None,
        signer: str = "",
    ) -> str:
        """Return a signed token; `header` overrides, a null takes a member away."""
        with self._lock:
            key = self._stranger if signer == STRANGER else self._keys[0]
        wanted = {"alg": "RS256", "kid": key.kid, "typ": "JWT", **(header or {})}
        parts = [{name: v for name, v in wanted.items() if v is not None}, dict(claims)]
        # By hand: a library would refuse the odd headers that a test has to see refused.
        signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in parts)
        signature = key.private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return b".".join([signed, base64url_encode(signature)]).decode()

    def subject_of(self, token: str) -> str | None:
        """Return whom one of our own ID tokens speaks for, `None` for any other text."""
        with self._lock:
            keys = list(self._keys)
        for key in keys:
            try:
                claims = jwt.decode(
                    token, key.private.public_key(), algorithms=["RS256"], audience=PROJECT
                )
            except jwt.InvalidTokenError:
                continue
            return str(claims["sub"])
        return None


def id_claims(*, uid: str, phone: str, signed_in_at: int, now: int) -> dict[str, object]:
    """Return the claims of a genuine ID token of somebody who signed in by phone."""
    return {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "auth_time": signed_in_at,
        "user_id": uid,
        "sub": uid,
        "iat": now,
        "exp": now + TOKEN_LIFE_S,
        "phone_number": phone,
        "firebase": {"identities": {"phone": [phone]}, "sign_in_provider": "phone"},
    }


def seconds() -> int:
    """Return the time as Google's tokens tell it: whole Unix seconds."""
    return int(time.time())


def new_uid() -> str:
    """Return a user id of Firebase's shape: 28 letters and digits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(28))
