"""What must hold before anything is signed or believed: the public vectors, and keys that are keys."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.ondc import signing
from apps.ondc.network import NotConfigured, is_public_address, network

# The network's own vectors; their private keys are public and sign nothing of ours.
VECTORS = Path(__file__).with_name("vectors.json")


def signing_holds() -> Iterator[CheckMessage]:
    """Say which public vector this installation does not reproduce: then it must not speak at all."""
    for name in broken_vectors():
        yield Error(
            f"The network's public vector `{name}` is not reproduced: nothing we sign would be believed.",
            hint="Compare the installed pynacl and cryptography with requirements.lock.",
            id="uma.E033",
        )


@cache
def broken_vectors() -> tuple[str, ...]:
    """Return the names of the public vectors that do not come out; they are computed once."""
    told = json.loads(VECTORS.read_text(encoding="utf-8"))
    return tuple(name for name, holds in _judged(told) if not holds)


def _judged(told: dict[str, Any]) -> Iterator[tuple[str, bool]]:  # Any: the vectors' file
    one = told["authorization_header"]
    raw, seed = one["body"].encode(), signing.signing_seed(one["private_key"])
    header = signing.sign(
        raw,
        key=seed,
        subscriber_id=one["subscriber_id"],
        unique_key_id=one["unique_key_id"],
        created=one["created"],
        expires=one["expires"],
    )
    yield "digest", signing.digest(raw) == one["digest"]
    yield "signature", header.endswith(f'signature="{one["signature"]}"')
    yield "verification", _verifies(raw, header, one)
    two = told["vlookup"]
    seed = signing.signing_seed(two["private_key"])
    yield "vlookup", signing.sign_text(two["signing_string"], key=seed) == two["signature"]
    three = told["site_verification"]
    seed = signing.signing_seed(three["private_key"])
    yield (
        "site_verification",
        signing.sign_text(three["request_id"], key=seed) == three["signature"],
    )
    yield "on_subscribe_challenge", _is_answered(told["on_subscribe_challenge"])


def _verifies(raw: bytes, header: str, told: dict[str, Any]) -> bool:
    try:
        signing.verify(
            raw,
            header,
            public_key=signing.signing_public(told["public_key"]),
            now=told["created"],
        )
    except signing.NotVerified:
        return False
    return True


def _is_answered(told: dict[str, Any]) -> bool:
    try:
        answer = signing.answer_challenge(
            told["challenge"],
            secret=signing.encryption_secret(told["private_key_pkcs8_der_b64"]),
            peer_public=signing.encryption_public(told["peer_public_key_spki_der_b64"]),
        )
    except signing.NotVerified:
        return False
    return bool(answer == told["answer"])


def network_can_be_joined() -> Iterator[CheckMessage]:
    """Say what keeps us off a network that the settings name; naming none is no mistake."""
    if not settings.ONDC_SUBSCRIBER_ID:
        return
    try:
        found = network()
    except NotConfigured as wrong:
        yield Error(str(wrong), id="uma.E034")
        return
    if settings.DEBUG:
        return
    asked = (found.uri, found.environment.registry, found.environment.gateway)
    if not all(map(is_public_address, asked)):
        yield Error(
            "An address of the network is not HTTPS, or not that of a named host.",
            hint="Whoever listens at UMA_ONDC_REGISTRY_URL says whose callbacks are genuine.",
            id="uma.E034",
        )
    known = json.loads(VECTORS.read_text(encoding="utf-8"))
    public = {
        signing.signing_seed(told["private_key"])
        for told in known.values()
        if isinstance(told, dict) and "private_key" in told
    }
    if any(seed in public for _, seed in found.keys):
        yield Error("A signing key is one of the published test vectors'.", id="uma.E034")


def observability_is_whole() -> Iterator[CheckMessage]:
    """Say why the network would not be told of our messages, or by whom they could be read on the way."""
    url, token = settings.ONDC_OBSERVABILITY_URL, settings.ONDC_OBSERVABILITY_TOKEN
    if bool(url) != bool(token):
        yield Error(
            "Of the observability's address and token one is set and the other is not.",
            id="uma.E035",
        )
    elif url and not settings.DEBUG and not is_public_address(url):
        yield Error("The observability's address is not HTTPS at a named host.", id="uma.E035")


def agency_is_whole() -> Iterator[CheckMessage]:
    """Say why nobody would be told what is due, or somebody else could listen."""
    agency_id, uri = settings.ONDC_SETTLEMENT_AGENCY_ID, settings.ONDC_SETTLEMENT_AGENCY_URI
    if bool(agency_id) != bool(uri):
        yield Error(
            "Of the settlement agency's id and address one is set and the other is not.",
            id="uma.E036",
        )
    elif uri and not settings.DEBUG and not is_public_address(uri):
        yield Error("The settlement agency's address is not HTTPS at a named host.", id="uma.E036")
