"""Who we are on the network and where its registry and gateway are, read from the settings."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from apps.ondc import signing

SIGNING_KEY_PARTS = 2


@dataclass(frozen=True, slots=True)
class Environment:
    """One of the network's environments: where its registry answers, and the key it writes to us with."""

    registry: str
    subscribe: str
    lookup: str
    vlookup: str
    lookup_v2: str
    gateway: str
    registry_public_key: str


# The network's own addresses and keys (developer documents, onboarding).
ENVIRONMENTS = {
    "staging": Environment(
        "https://staging.registry.ondc.org", "/subscribe", "/lookup", "/vlookup", "/v2.0/lookup",
        "https://staging.gateway.ondc.org",
        "MCowBQYDK2VuAyEAduMuZgmtpjdCuxv+Nc49K0cB6tL/Dj3HZetvVN7ZekM=",
    ),
    "preprod": Environment(
        "https://preprod.registry.ondc.org", "/ondc/subscribe", "/ondc/lookup", "/ondc/vlookup",
        "/v2.0/lookup", "https://preprod.gateway.ondc.org",
        "MCowBQYDK2VuAyEAa9Wbpvd9SsrpOZFcynyt/TO3x0Yrqyys4NUGIvyxX2Q=",
    ),
    "prod": Environment(
        "https://prod.registry.ondc.org", "/subscribe", "/lookup", "/vlookup", "/v2.0/lookup",
        "https://prod.gateway.ondc.org",
        "MCowBQYDK2VuAyEAvVEyZY91O2yV8w8/CAwVDAnqIZDJJUPdLUUKwLo3K0M=",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Network:
    """
    A participant that is us, in one environment.

    `keys` are (unique key id, seed): the first signs, the others are being retired. `uri` is where
    callbacks come to, without a slash at its end.
    """

    subscriber_id: str
    uri: str
    keys: tuple[tuple[str, bytes], ...]
    encryption_secrets: tuple[bytes, ...]
    registry_public: bytes
    site_request_id: str
    environment: Environment

    def sign(self, raw: bytes, *, now: int, life_s: int = 300) -> str:
        """Return the Authorization header for a body that we send, made at this Unix second."""
        unique_key_id, seed = self.keys[0]
        return signing.sign(
            raw,
            key=seed,
            subscriber_id=self.subscriber_id,
            unique_key_id=unique_key_id,
            created=now,
            expires=now + life_s,
        )

    @property
    def host(self) -> str:
        """Where the registry looks for us: the id up to its path."""
        return self.subscriber_id.partition("/")[0]


class NotConfigured(Exception):
    """The settings do not say who we are on the network; the sentence says what is missing."""


def network() -> Network:
    """
    Return who we are, as the settings say.

    Raises:
        NotConfigured
    """
    return _network(
        settings.ONDC_ENVIRONMENT,
        settings.ONDC_SUBSCRIBER_ID,
        settings.ONDC_SUBSCRIBER_URI,
        tuple(settings.ONDC_SIGNING_KEYS),
        tuple(settings.ONDC_ENCRYPTION_KEYS),
        settings.ONDC_SITE_REQUEST_ID,
        settings.ONDC_REGISTRY_URL,
        settings.ONDC_GATEWAY_URL,
        settings.ONDC_REGISTRY_PUBLIC_KEY,
    )


@lru_cache(maxsize=8)
def _network(
    name: str,
    subscriber_id: str,
    uri: str,
    signing_keys: tuple[str, ...],
    encryption_keys: tuple[str, ...],
    site_request_id: str,
    registry: str,
    gateway: str,
    registry_public_key: str,
) -> Network:
    known = ENVIRONMENTS.get(name)
    if known is None:
        raise NotConfigured(f"UMA_ONDC_ENVIRONMENT is none of {', '.join(ENVIRONMENTS)}.")
    if not subscriber_id:
        raise NotConfigured("UMA_ONDC_SUBSCRIBER_ID is not set: UMA is on no network.")
    if not signing_keys:
        raise NotConfigured("UMA_ONDC_SIGNING_KEYS is not set: nothing can be signed.")
    environment = Environment(
        registry=(registry or known.registry).rstrip("/"),
        subscribe=known.subscribe,
        lookup=known.lookup,
        vlookup=known.vlookup,
        lookup_v2=known.lookup_v2,
        gateway=(gateway or known.gateway).rstrip("/"),
        registry_public_key=registry_public_key or known.registry_public_key,
    )
    try:
        return Network(
            subscriber_id=subscriber_id,
            uri=(uri or f"https://{subscriber_id}/api/ondc").rstrip("/"),
            keys=tuple(map(_signing_key, signing_keys)),
            encryption_secrets=tuple(map(signing.encryption_secret, encryption_keys)),
            registry_public=signing.encryption_public(environment.registry_public_key),
            site_request_id=site_request_id,
            environment=environment,
        )
    except signing.KeyInvalid as wrong:
        raise NotConfigured(f"A key of UMA_ONDC_…_KEYS cannot be read. {wrong}") from None


def _signing_key(entry: str) -> tuple[str, bytes]:
    parts = entry.split(":", 1)
    if len(parts) != SIGNING_KEY_PARTS or not parts[0] or "|" in parts[0]:
        raise NotConfigured('Write UMA_ONDC_SIGNING_KEYS as "key id:key,key id:key".')
    return parts[0], signing.signing_seed(parts[1])


def is_public_address(url: str) -> bool:
    """Say whether an address is one of the real network's: HTTPS, and a host with a name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and "." in host and not host.replace(".", "").isdigit()
