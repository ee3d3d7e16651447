"""The service account of the pretended project: its key, its file, and its token endpoint."""

import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "uma-sandbox"
EMAIL = f"sandbox@{PROJECT}.iam.gserviceaccount.com"
# Every assertion is addressed to this, wherever it is sent (Google, service accounts' OAuth 2.0).
AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIFE_S = 3_600
# Either lets a service account send messages (FCM's reference, authorization scopes).
SCOPES = frozenset(
    {
        "https://www.googleapis.com/auth/cloud-platform",
        "https://www.googleapis.com/auth/firebase.messaging",
    }
)


class GrantRefused(Exception):
    """The assertion is not one that this account's key made for this endpoint."""


@dataclass(frozen=True)
class Key:
    """The account's RSA key, as the credentials file carries it."""

    key_id: str
    private_pem: str

    @property
    def public_pem(self) -> bytes:
        private = serialization.load_pem_private_key(self.private_pem.encode(), password=None)
        return private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def new_key() -> Key:
    """Return a fresh 2048-bit key."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Key(key_id=secrets.token_hex(20), private_pem=pem.decode())


def read_key(path: Path) -> Key | None:
    """Return the key of a credentials file that we wrote, or `None` when there is no such file."""
    try:
        facts = json.loads(path.read_text())
        if facts["client_email"] != EMAIL:
            return None
        key = Key(key_id=facts["private_key_id"], private_pem=facts["private_key"])
        key.public_pem  # noqa: B018 - a damaged key is no key
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return key


def write_credentials(*, path: Path, key: Key, base_url: str) -> None:
    """Write the service-account file that makes Google's SDK ask `base_url` for its tokens."""
    facts = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": key.key_id,
        "private_key": key.private_pem,
        "client_email": EMAIL,
        "client_id": "100000000000000000000",
        "token_uri": f"{base_url}/token",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # Complete or absent, and never readable by others: a worker may start while we write.
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(facts, file, indent=2)
    partial.replace(path)


class Tokens:
    """The access tokens given out; they are forgotten when the process ends."""

    def __init__(self, *, key: Key) -> None:
        self._public_pem = key.public_pem
        self._valid_until: dict[str, float] = {}
        self._lock = threading.Lock()
        self.given = 0

    def exchange(self, form: Mapping[str, str]) -> dict[str, object]:
        """Return the token answer for a JWT bearer grant (RFC 7523). Raises: GrantRefused."""
        if form.get("grant_type") != GRANT:
            raise GrantRefused("unsupported_grant_type")
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                self._public_pem,
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=EMAIL,
                options={"require": ["exp", "iat", "iss", "aud", "scope"]},
            )
        except jwt.InvalidTokenError as failure:
            raise GrantRefused("invalid_grant") from failure
        if claims["exp"] - claims["iat"] > TOKEN_LIFE_S:
            raise GrantRefused("invalid_grant")
        if not SCOPES & set(claims["scope"].split()):
            raise GrantRefused("invalid_scope")
        token = "ya29.sandbox." + secrets.token_urlsafe(24)
        with self._lock:
            self._valid_until[token] = time.monotonic() + TOKEN_LIFE_S
            self.given += 1
        return {"access_token": token, "expires_in": TOKEN_LIFE_S, "token_type": "Bearer"}

    def is_valid(self, authorization: str) -> bool:
        """Answer whether an Authorization header carries one of our tokens, still alive."""
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            return scheme == "Bearer" and self._valid_until.get(token, 0.0) > time.monotonic()

    def forget(self) -> None:
        """Revoke every token."""
        with self._lock:
            self._valid_until.clear()
