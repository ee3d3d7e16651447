"""Firebase phone sign-in through Google's own SDK: one ID token in, a proven phone number out."""

import json
import os
import re
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import Any

import firebase_admin
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from firebase_admin import auth, credentials, exceptions
from google.auth.exceptions import GoogleAuthError
from requests.adapters import HTTPAdapter

from apps.accounts.errors import (
    IdTokenExpired,
    IdTokenInvalid,
    IdTokenRevoked,
    PhoneSignInRequired,
    SignInTooOld,
    SignInUnavailable,
)
from uma.kernel.errors import PhoneInvalid
from uma.kernel.phones import e164

# The SDK's own is two minutes, in which a frozen Firebase would take every thread from the scans.
HTTP_TIMEOUT_S = 2
CLOCK_SKEW_S = 10
# Whoever signs in has typed the code just now: a token that lay about for longer was not made for
# this sign-in, although Firebase would honour it for an hour.
SIGN_IN_MAX_AGE = timedelta(minutes=5)
# Genuine ones have about 900 characters.
LONGEST_TOKEN = 4_096
# Of a web process's four threads, so that the others stay with the scans while Firebase is slow.
AT_ONCE = 2
# Waiting for a turn takes a thread as well: a crowd must be told off before it is felt behind it.
TURN_WITHIN_S = 0.2
PAUSE_S = 5.0
# How often strangers' key names may make us ask for the certificates again.
REFETCH_S = 10.0
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_UID = re.compile(r"[!-~]{1,128}")
_HEADER_MEMBERS = {"alg", "kid", "typ"}
_CERTIFICATES = "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
_EMULATOR = "FIREBASE_AUTH_EMULATOR_HOST"
_OK = 200
_numbers = count(1)
_making = threading.Lock()


@dataclass(frozen=True)
class Proof:
    """Somebody proved a phone number to Firebase; `digest` names the token for ever."""

    uid: str
    phone: str
    signed_in_at: datetime
    expires_at: datetime
    digest: str


def verify(id_token: str, *, now: datetime) -> Proof:
    """
    Return what a Firebase ID token proves; asks Firebase whether it was revoked.

    Raises:
        IdTokenInvalid, IdTokenExpired, IdTokenRevoked, PhoneSignInRequired, SignInTooOld,
        SignInUnavailable
    """
    if os.environ.get(_EMULATOR):
        # The SDK then takes unsigned tokens; uma/checks.py stops such a process at its start.
        raise ImproperlyConfigured(f"{_EMULATOR} is set.")
    kid = _look_over(id_token)
    client = _our_client()
    if client is None:
        raise SignInUnavailable
    return _proof(client.claims(id_token, kid=kid), id_token, now=now)


def delete_account(uid: str) -> None:
    """
    Have Firebase forget an account; one that it does not know is forgotten already.

    Raises:
        SignInUnavailable: it does not answer, or nobody has told where it is
    """
    client = _our_client()
    if client is None:
        raise SignInUnavailable
    with client.gate.turn():
        try:
            auth.delete_user(uid, app=client.app)
        except auth.UserNotFoundError:
            return
        except (exceptions.FirebaseError, GoogleAuthError, ValueError) as failure:
            raise SignInUnavailable from failure


@dataclass
class _Gate:
    """Lets a few calls at a time through, and for a while none after Firebase did not answer."""

    turns: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_ONCE)
    )
    closed_until: float = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        self._check_open()
        if not self.turns.acquire(timeout=TURN_WITHIN_S):
            raise SignInUnavailable
        try:
            # Whoever gave the turn up may have learnt that nobody answers.
            self._check_open()
            with self._closing():
                yield
        finally:
            self.turns.release()

    @contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        except SignInUnavailable:
            self.closed_until = time.monotonic() + PAUSE_S
            raise

    def _check_open(self) -> None:
        if time.monotonic() < self.closed_until:
            raise SignInUnavailable


@dataclass
class _Client:
    """A configured SDK that speaks for one project."""

    app: firebase_admin.App
    sdk: Any  # Any: the SDK has no types
    gate: _Gate = field(default_factory=_Gate)
    refetched_at: float = 0.0

    def claims(self, id_token: str, *, kid: str) -> Mapping[str, Any]:  # Any: JSON
        """Return the claims of a genuine token that is neither expired nor revoked."""
        with self.gate.turn():
            try:
                self._learn(kid)
                verified: Mapping[str, Any] = auth.verify_id_token(
                    id_token, app=self.app, check_revoked=True, clock_skew_seconds=CLOCK_SKEW_S
                )
            except auth.ExpiredIdTokenError as failure:
                raise IdTokenExpired from failure
            except (
                auth.RevokedIdTokenError,
                auth.UserDisabledError,
                auth.UserNotFoundError,
            ) as failure:
                raise IdTokenRevoked from failure
            except (auth.InvalidIdTokenError, ValueError) as failure:
                raise IdTokenInvalid from failure
            except (exceptions.FirebaseError, GoogleAuthError) as failure:
                raise SignInUnavailable from failure
        return verified

    def _learn(self, kid: str) -> None:
        """Ask for the certificates anew when a key has a name that the kept ones do not have."""
        # Google tells of a key long before it signs; but a key may be replaced in a hurry, and a kept
        # answer is good for hours.
        request, address = self._certificates()
        answer = request(address)
        if answer.status != _OK:
            raise SignInUnavailable
        kept = json.loads(answer.data)
        if kid not in kept and time.monotonic() - self.refetched_at >= REFETCH_S:
            self.refetched_at = time.monotonic()
            request(address, headers={"Cache-Control": "no-cache"})

    def _certificates(self) -> tuple[Any, str]:  # Any: the SDK's
        verifier = self.sdk._token_verifier  # noqa: SLF001 - the SDK has no other way to its cache
        return verifier.request, verifier.id_token_verifier.cert_url


def _our_client() -> _Client | None:
    """Return the one client of this process; a crowd that comes first would make one each."""
    with _making:
        return _client(settings.FIREBASE_CREDENTIALS, settings.FIREBASE_AUTH_URL)


@lru_cache(maxsize=8)
def _client(credentials_path: str, url: str) -> _Client | None:
    if not credentials_path:
        return None
    certificate = credentials.Certificate(credentials_path)
    if url:
        # Google's library asks Google in the background where an account may be used; a pretended
        # account has no business there. (An instance's attribute: there is no setting for it.)
        certificate.get_credential()._is_regional_access_boundary_lookup_required = bool  # noqa: SLF001
    app = firebase_admin.initialize_app(
        certificate,
        options={"httpTimeout": HTTP_TIMEOUT_S},
        name=f"uma sign-in {next(_numbers)}",
    )
    sdk = auth._get_client(app)  # noqa: SLF001 - the SDK has no setting for what follows
    if url:
        address = url.rstrip("/")
        sdk._token_verifier.id_token_verifier.cert_url = address + _CERTIFICATES  # noqa: SLF001
        sdk._user_manager.base_url = f"{address}/v1/projects/{app.project_id}"  # noqa: SLF001
    # The SDK waits out up to four 503s; whoever signs in is told to come back instead.
    session = sdk._user_manager.http_client.session  # noqa: SLF001
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return _Client(app, sdk)


def _look_over(id_token: str) -> str:
    """Refuse what no ID token looks like before the SDK reads it; return the name of its key."""
    if len(id_token) > LONGEST_TOKEN or not _FORM.fullmatch(id_token):
        raise IdTokenInvalid
    parts = id_token.split(".")
    header, claims = _object(parts[0]), _object(parts[1])
    kid, uid = header.get("kid"), claims.get("sub")
    # Anything more in the header (jku, jwk, x5u, crit) would ask to be believed about its own key.
    if not header.keys() <= _HEADER_MEMBERS or header.get("alg") != "RS256":
        raise IdTokenInvalid
    if not isinstance(kid, str) or not kid:
        raise IdTokenInvalid
    # Before anybody is asked about such a person.
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        raise IdTokenInvalid
    return kid


def _object(part: str) -> dict[str, Any]:  # Any: JSON
    try:
        parsed = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        raise IdTokenInvalid from None
    if not isinstance(parsed, dict):
        raise IdTokenInvalid
    return parsed


def _proof(claims: Mapping[str, Any], id_token: str, *, now: datetime) -> Proof:  # Any: JSON
    about = claims.get("firebase")
    uid, phone = claims.get("sub"), claims.get("phone_number")
    if not isinstance(uid, str) or claims.get("user_id", uid) != uid:
        raise IdTokenInvalid
    if not isinstance(about, dict) or about.get("tenant") is not None:
        raise IdTokenInvalid
    if about.get("sign_in_provider") != "phone" or not isinstance(phone, str) or not phone:
        raise PhoneSignInRequired
    if not _is_e164(phone):
        raise PhoneSignInRequired("Firebase names a phone number that does not exist.")
    signed_in_at, expires_at = _instant(claims.get("auth_time")), _instant(claims.get("exp"))
    if signed_in_at > now + timedelta(seconds=CLOCK_SKEW_S):
        raise IdTokenInvalid
    if now - signed_in_at > SIGN_IN_MAX_AGE:
        raise SignInTooOld
    # Not the whole text: a signature has several spellings in base64, what it signs has one.
    signed = id_token.rpartition(".")[0]
    return Proof(
        uid=uid,
        phone=phone,
        signed_in_at=signed_in_at,
        expires_at=expires_at,
        digest=sha256(signed.encode()).hexdigest(),
    )


def _is_e164(phone: str) -> bool:
    try:
        return e164(phone) == phone
    except PhoneInvalid:
        return False


def _instant(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool):
        raise IdTokenInvalid
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise IdTokenInvalid from None
