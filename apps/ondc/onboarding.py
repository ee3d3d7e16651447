"""
Joining the network: what the registry is told, and a look beforehand at everything it will look at.

A refusal of the registry says a number; each finding here says in a sentence what is wrong and where.
"""

import re
import secrets
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from apps.ondc import signing
from apps.ondc.checks import broken_vectors
from apps.ondc.network import Network
from apps.ondc.registry import Registry, RegistryRefused, RegistrySilent, moment

TIMEOUT_S = (3.0, 10.0)
CLOCK_SKEW_S = 10
SOON = timedelta(days=14)
NEW_BUYER = 1
HTTPS_PORT = 443
KEY_LIFE = timedelta(days=365)
_META = re.compile(
    r"<meta\s+name=['\"]ondc-site-verification['\"]\s+content=['\"]([^'\"]*)['\"]", re.IGNORECASE
)
# What the registry's texts mean; its numbers mean several things each.
_MEANINGS = (
    ("whitelist", "Have the subscriber id whitelisted in the network's portal first."),
    ("ocsp", "The TLS certificate cannot be checked: use one of a public authority with OCSP."),
    ("encryption", "Our /on_subscribe did not answer the challenge: run ondc_preflight."),
    ("on_subscribe", "Our /on_subscribe did not answer the challenge: run ondc_preflight."),
    ("site verification", "The site verification file is missing: run ondc_preflight."),
    ("domain verification", "The file is signed for another request id than the one sent."),
    ("already exists", "The id is subscribed: to change a key, subscribe under a new key id."),
    ("timestamp", "The registry's clock and ours differ: keep NTP."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what was found, in a sentence."""

    name: str
    is_fine: bool
    sentence: str


def _good(name: str, sentence: str) -> Finding:
    return Finding(name, is_fine=True, sentence=sentence)


def _bad(name: str, sentence: str) -> Finding:
    return Finding(name, is_fine=False, sentence=sentence)


def subscription(
    ours: Network,
    *,
    entity: Mapping[str, Any],  # Any: JSON of the business
    domains: Sequence[str],
    cities: Sequence[str],
    operation: int = NEW_BUYER,
    now: datetime,
) -> dict[str, Any]:
    """Return what the registry is told to list us, or to list a new key of ours."""
    unique_key_id, seed = ours.keys[0]
    path = urlsplit(ours.uri).path or "/"
    keys = {
        "signing_public_key": signing.published(signing.public_of(seed)),
        "encryption_public_key": signing.published_for_encryption(
            signing.encryption_public_of(ours.encryption_secrets[0])
        ),
        "valid_from": moment(now),
        "valid_until": moment(now + KEY_LIFE),
    }
    return {
        "context": {"operation": {"ops_no": operation}},
        "message": {
            "request_id": ours.site_request_id,
            "timestamp": moment(now),
            "entity": {
                **entity,
                "country": "IND",
                "subscriber_id": ours.subscriber_id,
                "unique_key_id": unique_key_id,
                "callback_url": path,
                "key_pair": keys,
            },
            "network_participant": [
                {
                    "subscriber_url": path,
                    "domain": domain,
                    "type": "buyerApp",
                    "msn": False,
                    "city_code": list(cities),
                }
                for domain in domains
            ],
        },
    }


def explain(refusal: RegistryRefused) -> str:
    """Return what a refusal of the registry means, by its text: its numbers say too little."""
    said = refusal.sentence.lower()
    meaning = next((hint for words, hint in _MEANINGS if words in said), "")
    return f"The registry refused ({refusal.code}): {refusal.sentence} {meaning}".strip()


def preflight(ours: Network, *, base: str, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Look at everything the registry looks at; `base` is where our host answers from outside."""
    yield vectors()
    if urlsplit(base).scheme == "https":
        parts = urlsplit(base)
        yield certificate(parts.hostname or "", port=parts.port or HTTPS_PORT, now=now())
    yield clock(ours.environment.registry, now=now)
    yield site_file(ours, base=base)
    yield challenge_round_trip(ours, base=base)
    yield listed(ours, now=now())


def vectors() -> Finding:
    broken = broken_vectors()
    if broken:
        return _bad("vectors", f"Public vectors do not come out: {', '.join(broken)}.")
    return _good("vectors", "The network's public vectors come out.")


def certificate(host: str, *, port: int, now: datetime) -> Finding:
    """Look at a host's TLS certificate as a stranger does."""
    bad = partial(_bad, "tls")
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT_S[0]) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            told = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as wrong:
        return bad(f"The certificate of {host} is not to be trusted: {wrong.verify_message}.")
    except ssl.SSLError as wrong:
        return bad(f"{host}:{port} speaks no TLS that we know: {wrong.reason}.")
    except OSError as wrong:
        return bad(f"{host}:{port} cannot be reached: {wrong.strerror or type(wrong).__name__}.")
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    if ends < now + SOON:
        return bad(f"The certificate of {host} ends on {ends:%d %B %Y}: renew it first.")
    return _good("tls", f"The certificate of {host} is good until {ends:%d %B %Y}.")


def clock(registry: str, *, now: Callable[[], datetime]) -> Finding:
    """Compare our clock with the registry's: others refuse signatures from the future."""
    try:
        answer = requests.get(registry, timeout=TIMEOUT_S, allow_redirects=False)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except requests.RequestException as silence:
        return _bad("clock", f"The registry does not answer: {type(silence).__name__}.")
    except (KeyError, TypeError, ValueError):
        return _bad("clock", "The registry does not say what time it is.")
    ahead_s = (now() - theirs).total_seconds()
    if abs(ahead_s) > CLOCK_SKEW_S:
        way = "ahead of" if ahead_s > 0 else "behind"
        sentence = f"Our clock is {abs(ahead_s):.0f} s {way} the registry's: keep NTP."
        return _bad("clock", sentence)
    return _good("clock", "Our clock agrees with the registry's.")


def site_file(ours: Network, *, base: str) -> Finding:
    """Read the site verification file as the registry does, and hold it to our key."""
    bad = partial(_bad, "site")
    url = f"{base}/ondc-site-verification.html"
    if not ours.site_request_id:
        return bad("UMA_ONDC_SITE_REQUEST_ID is not set: nothing can be shown to the registry.")
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
    except requests.RequestException as silence:
        return bad(f"{url} does not answer: {type(silence).__name__}.")
    if answer.status_code != 200:  # noqa: PLR2004
        return bad(f"{url} answers {answer.status_code} and not 200.")
    found = _META.search(answer.text)
    if found is None:
        return bad(f"{url} has no meta ondc-site-verification.")
    public = signing.public_of(ours.keys[0][1])
    if not signing.verify_text(ours.site_request_id, found[1], public_key=public):
        return bad(f"{url} is signed with another key, or for another request id.")
    return _good("site", "The site verification file is there and signed with our key.")


def challenge_round_trip(ours: Network, *, base: str) -> Finding:
    """Send ourselves the registry's challenge: both sides compute the same secret, so we can make one."""
    bad = partial(_bad, "on_subscribe")
    if not ours.encryption_secrets:
        return bad("UMA_ONDC_ENCRYPTION_KEYS is not set: no challenge can be answered.")
    words = secrets.token_urlsafe(12)
    sealed = signing.challenge(
        words, secret=ours.encryption_secrets[0], peer_public=ours.registry_public
    )
    url = f"{base}{urlsplit(ours.uri).path}/on_subscribe"
    body = {"subscriber_id": ours.subscriber_id, "challenge": sealed}
    try:
        answer = requests.post(url, json=body, timeout=TIMEOUT_S, allow_redirects=False)
        said = answer.json()
    except requests.RequestException as silence:
        return bad(f"{url} does not answer as it should: {type(silence).__name__}.")
    if not isinstance(said, dict) or said.get("answer") != words:
        return bad(f"{url} answers {answer.status_code}, and not what the challenge hides.")
    return _good("on_subscribe", "The challenge comes back answered.")


def listed(ours: Network, *, now: datetime) -> Finding:
    """See whether the registry lists the key that we sign with."""
    bad = partial(_bad, "registry")
    unique_key_id, seed = ours.keys[0]
    try:
        found = Registry(ours).key(
            subscriber_id=ours.subscriber_id, unique_key_id=unique_key_id, now=now
        )
    except RegistrySilent as silence:
        return bad(f"The registry does not answer: {silence}.")
    except RegistryRefused as refusal:
        return bad(explain(refusal))
    if not found:
        return bad(f"The registry does not list {ours.subscriber_id}|{unique_key_id} yet.")
    wrong = [row.status for row in found if not row.is_good(now=now)]
    if wrong:
        return bad(
            f"The registry lists the key, but as {wrong[0] or 'nothing'} or out of its time."
        )
    public = signing.public_of(seed)
    if any(_another_key(row.signing_public_key, public) for row in found):
        return bad("The registry lists another public key under our key id.")
    return _good("registry", "The registry lists the key that we sign with.")


def _another_key(text: str, public: bytes) -> bool:
    try:
        return signing.signing_public(text) != public
    except signing.KeyInvalid:
        return True
