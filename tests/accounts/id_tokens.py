"""ID tokens that must open nothing: name → how it is made, and the refusal it gets."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
import requests

from apps.sandbox.account import EMAIL, PROJECT
from apps.sandbox.identity import CERTIFICATES
from tests.notifications.clouds import SandboxProcess
from uma.kernel.ids import new_id

FIREBASE_AUDIENCE = (
    "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
)
INVALID, PHONE = "id_token_invalid", "phone_sign_in_required"
EXPIRED, REVOKED, OLD = "id_token_expired", "id_token_revoked", "sign_in_too_old"
MALFORMED = "validation_failed"


@dataclass(frozen=True)
class Someone:
    """Somebody who has an account at the sandbox, and has just signed in there."""

    sandbox: SandboxProcess
    phone: str
    uid: str
    token: str
    refresh: str

    def forge(self, **order: object) -> str:
        return self.sandbox.forge(uid=self.uid, phone=self.phone, **order)

    def claiming(self, **claims: object) -> str:
        return self.forge(claims=claims)

    def headed(self, **header: object) -> str:
        return self.forge(header=header)


def someone(sandbox: SandboxProcess, phone: str) -> Someone:
    signed = sandbox.sign_in(phone)
    return Someone(sandbox, phone, signed["localId"], signed["idToken"], signed["refreshToken"])


Make = Callable[[Someone], str]


def now() -> int:
    return int(time.time())


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> Any:  # Any: JSON
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def provider(name: str, **more: object) -> Make:
    return lambda who: who.claiming(firebase={"sign_in_provider": name, "identities": {}, **more})


def tampered(who: Someone) -> str:
    header, payload, signature = who.token.split(".")
    claims = decoded(payload) | {"phone_number": "+919999999999"}
    return f"{header}.{encoded(claims)}.{signature}"


def without_signature(who: Someone) -> str:
    payload = who.token.split(".")[1]
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{payload}."


def with_certificate_as_secret(who: Someone) -> str:
    certificates = requests.get(f"{who.sandbox.url}{CERTIFICATES}", timeout=5).json()
    kid, pem = next(iter(certificates.items()))
    signed = f"{encoded({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{who.token.split('.')[1]}"
    return f"{signed}.{encoded(hmac.digest(pem.encode(), signed.encode(), hashlib.sha256))}"


def custom_token(who: Someone) -> str:
    account = json.loads(who.sandbox.credentials.read_text())
    claims = {
        "iss": EMAIL, "sub": EMAIL, "aud": FIREBASE_AUDIENCE, "uid": who.uid,
        "iat": now(), "exp": now() + 3600,
    }  # fmt: skip
    return jwt.encode(
        claims,
        account["private_key"],
        algorithm="RS256",
        headers={"kid": account["private_key_id"]},
    )


def legacy_token(_who: Someone) -> str:
    return f"{encoded({'alg': 'HS256'})}.{encoded({'v': 0, 'd': 5})}.x"


def our_own_access_token(who: Someone) -> str:
    claims = {"iss": "uma", "aud": "uma-api", "sub": str(new_id()), "sid": str(uuid4())}
    account = json.loads(who.sandbox.credentials.read_text())
    return jwt.encode(
        claims, account["private_key"], algorithm="RS256", headers={"typ": "at+jwt", "kid": "A1"}
    )


def changed(who: Someone, *, then: str = "", **account: object) -> str:
    """Make the account different after the token was given."""
    token = who.claiming(iat=now() - 2, auth_time=now() - 2)
    who.sandbox.administer(then or "update", localId=who.uid, **account)
    return token


def swapped(part: int, instead: object) -> Make:
    def make(who: Someone) -> str:
        parts = who.token.split(".")
        parts[part] = instead if isinstance(instead, str) else encoded(instead)
        return ".".join(parts)

    return make


BAD: Mapping[str, tuple[Make, str]] = {
    # Whose token it is.
    "another audience": (lambda who: who.claiming(aud="other-project"), INVALID),
    "a list of audiences": (lambda who: who.claiming(aud=[PROJECT]), INVALID),
    "no audience": (lambda who: who.claiming(aud=None), INVALID),
    "another issuer": (
        lambda who: who.claiming(iss="https://securetoken.google.com/other-project"),
        INVALID,
    ),
    "an issuer with more to it": (
        lambda who: who.claiming(iss=f"https://securetoken.google.com/{PROJECT}.evil"),
        INVALID,
    ),
    "no issuer": (lambda who: who.claiming(iss=None), INVALID),
    "a session cookie": (
        lambda who: who.claiming(iss=f"https://session.firebase.google.com/{PROJECT}"),
        INVALID,
    ),
    "a custom token": (custom_token, INVALID),
    "a legacy token": (legacy_token, INVALID),
    "our own access token": (our_own_access_token, INVALID),
    "another tenant": (provider("phone", tenant="other-tenant"), INVALID),
    # When.
    "expired": (lambda who: who.claiming(exp=now() - 11, iat=now() - 60), EXPIRED),
    "no expiry": (lambda who: who.claiming(exp=None), INVALID),
    "issued in the future": (lambda who: who.claiming(iat=now() + 60), INVALID),
    "never issued": (lambda who: who.claiming(iat=None), INVALID),
    "signed in six minutes ago": (lambda who: who.claiming(auth_time=now() - 360), OLD),
    "signed in at the epoch": (lambda who: who.claiming(auth_time=0), OLD),
    "signed in tomorrow": (lambda who: who.claiming(auth_time=now() + 86_400), INVALID),
    "signed in after all time": (lambda who: who.claiming(auth_time=10**18), INVALID),
    "never signed in": (lambda who: who.claiming(auth_time=None), INVALID),
    "signed in at a text": (lambda who: who.claiming(auth_time=str(now())), INVALID),
    "signed in at true": (lambda who: who.claiming(auth_time=True), INVALID),
    # How.
    "by password": (provider("password"), PHONE),
    "anonymously": (provider("anonymous"), PHONE),
    "by a custom token": (provider("custom"), PHONE),
    "by another vendor": (provider("google.com"), PHONE),
    "by nothing said": (lambda who: who.claiming(firebase={}), PHONE),
    "without Firebase's part": (lambda who: who.claiming(firebase=None), INVALID),
    "with a text as Firebase's part": (lambda who: who.claiming(firebase="phone"), INVALID),
    # Which number.
    "no phone": (lambda who: who.claiming(phone_number=None), PHONE),
    "an empty phone": (lambda who: who.claiming(phone_number=""), PHONE),
    "a phone without its country": (lambda who: who.claiming(phone_number="9000000001"), PHONE),
    "a phone with spaces": (lambda who: who.claiming(phone_number="+91 90000 00001"), PHONE),
    "a phone that cannot be": (lambda who: who.claiming(phone_number="+910000000000"), PHONE),
    "a phone that is a number": (lambda who: who.claiming(phone_number=919000000001), PHONE),
    # Who.
    "nobody": (lambda who: who.claiming(sub=None), INVALID),
    "an empty subject": (lambda who: who.claiming(sub="", user_id=""), INVALID),
    "a subject of 129": (lambda who: who.claiming(sub="u" * 129, user_id="u" * 129), INVALID),
    "a subject with a space": (lambda who: who.claiming(sub="a b", user_id="a b"), INVALID),
    "a subject with a line": (lambda who: who.claiming(sub="a\nb", user_id="a\nb"), INVALID),
    "a subject that is a number": (lambda who: who.claiming(sub=5, user_id=5), INVALID),
    "two different people": (lambda who: who.claiming(user_id="somebody-else"), INVALID),
    "a subject nobody has": (lambda who: who.claiming(sub="u" * 28, user_id="u" * 28), REVOKED),
    "revoked": (lambda who: changed(who, validSince=str(now())), REVOKED),
    "disabled": (lambda who: changed(who, disableUser=True), REVOKED),
    "deleted": (lambda who: changed(who, then="delete"), REVOKED),
    # Signed by whom.
    "unsigned": (without_signature, INVALID),
    "an empty signature": (swapped(2, ""), INVALID),
    "somebody else's signature": (swapped(2, "AAAA"), INVALID),
    "a changed payload": (tampered, INVALID),
    "a stranger's key": (lambda who: who.forge(signer="stranger"), INVALID),
    "the certificate as a shared secret": (with_certificate_as_secret, INVALID),
    "alg none with a signature": (lambda who: who.headed(alg="none"), INVALID),
    "alg HS256": (lambda who: who.headed(alg="HS256"), INVALID),
    "alg RS512": (lambda who: who.headed(alg="RS512"), INVALID),
    "alg in lower case": (lambda who: who.headed(alg="rs256"), INVALID),
    "no alg": (lambda who: who.headed(alg=None), INVALID),
    "an unknown kid": (lambda who: who.headed(kid="0" * 40), INVALID),
    "no kid": (lambda who: who.headed(kid=None), INVALID),
    "an empty kid": (lambda who: who.headed(kid=""), INVALID),
    "a kid that is a list": (lambda who: who.headed(kid=["a"]), INVALID),
    "a key's address in the header": (
        lambda who: who.headed(jku="https://keys.example/jwks.json"),
        INVALID,
    ),
    "a certificate's address in the header": (
        lambda who: who.headed(x5u="https://keys.example/cert.pem"),
        INVALID,
    ),
    "a key in the header": (lambda who: who.headed(jwk={"kty": "RSA"}), INVALID),
    "a critical extension": (lambda who: who.headed(crit=["exp"]), INVALID),
    # No token at all.
    "nothing": (lambda _: "", MALFORMED),
    "five thousand letters": (lambda _: "x" * 5_000, MALFORMED),
    "garbage": (lambda _: "x.y.z", INVALID),
    "two parts": (lambda who: who.token.rpartition(".")[0], INVALID),
    "five parts": (lambda who: f"{who.token}.x.y", INVALID),
    "a space before": (lambda who: f" {who.token}", INVALID),
    "a line after": (lambda who: f"{who.token}\n", INVALID),
    "a space in the signature": (lambda who: f"{who.token[:-4]} {who.token[-4:]}", INVALID),
    "a header that is a list": (swapped(0, ["RS256"]), INVALID),
    "a payload that is a list": (swapped(1, []), INVALID),
    "a payload nested too deep": (swapped(1, b"[" * 2_500), INVALID),
    "a payload that is no JSON": (swapped(1, b"\xff\xfe"), INVALID),
    "a refresh token": (lambda who: who.refresh, INVALID),
    "a server's access token": (lambda who: who.sandbox.access_token(), INVALID),
}
