"""Settings that contradict each other: found when the program starts, not when money moves."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's name for it
from limits import parse

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "testserver"})
QR_KEY = re.compile(r"[A-Z0-9]{1,2}:[0-9a-f]{64}")
LEAST_KEY_BYTES = 32
DEVELOPMENT = "development-only"


def _debug_is_private() -> Iterator[CheckMessage]:
    if settings.DEBUG and any(host not in LOOPBACK for host in settings.ALLOWED_HOSTS):
        yield Error(
            "DEBUG answers to hosts beyond the loopback.",
            hint="Unset UMA_DEBUG, or leave only loopback names in UMA_ALLOWED_HOSTS.",
            id="uma.E001",
        )


def _hosts_are_named() -> Iterator[CheckMessage]:
    if not settings.DEBUG and "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "Every host is allowed, so links in answers can be made to point anywhere.",
            hint="Name the public hosts in UMA_ALLOWED_HOSTS.",
            id="uma.E002",
        )


def _proxies_are_counted() -> Iterator[CheckMessage]:
    if settings.SECURE_SSL_REDIRECT and settings.PROXY_COUNT < 1:
        yield Error(
            "TLS ends at a proxy, but no proxy is counted: all callers share one address.",
            hint="Set UMA_PROXY_COUNT to how many proxies add to X-Forwarded-For.",
            id="uma.E003",
        )
    if settings.PROXY_COUNT < 0:
        yield Error("UMA_PROXY_COUNT is negative.", id="uma.E003")


def _qr_keys_are_keys() -> Iterator[CheckMessage]:
    keys = settings.QR_MASTER_KEYS.split(",")
    if not all(QR_KEY.fullmatch(key) for key in keys):
        yield Error(
            "QR master keys are malformed.",
            hint='Write UMA_QR_MASTER_KEYS as "kid:hex,kid:hex", 64 lower-case hex digits each.',
            id="uma.E004",
        )
    kids = [key.partition(":")[0] for key in keys]
    if len(set(kids)) != len(kids):
        yield Error("Two QR master keys have the same kid.", id="uma.E005")


def _firebase_is_not_emulated() -> Iterator[CheckMessage]:
    if not settings.DEBUG and os.environ.get("FIREBASE_AUTH_EMULATOR_HOST"):
        yield Error(
            "With FIREBASE_AUTH_EMULATOR_HOST set, unsigned ID tokens are accepted.",
            hint="Unset FIREBASE_AUTH_EMULATOR_HOST.",
            id="uma.E006",
        )


def _documents_are_durable() -> Iterator[CheckMessage]:
    # Keys of a MongoDB URL are case-insensitive.
    options = {
        name.lower(): values[-1]
        for name, values in parse_qs(urlsplit(settings.MONGODB_URL).query).items()
    }
    if options.get("w") != "majority" or options.get("journal") != "true":
        yield Error(
            "The document store may forget what it acknowledged.",
            hint="Add ?w=majority&journal=true to MONGODB_URL.",
            id="uma.E007",
        )


def _secrets_are_secret() -> Iterator[CheckMessage]:
    secrets = {
        "UMA_SECRET_KEY": settings.SECRET_KEY,
        "UMA_ACCESS_TOKEN_KEY": settings.ACCESS_TOKEN_KEY,
    }
    for name, value in secrets.items():
        if len(value.encode()) < LEAST_KEY_BYTES:
            yield Error(f"{name} is shorter than {LEAST_KEY_BYTES} bytes.", id="uma.E008")
        if not settings.DEBUG and value.startswith(DEVELOPMENT):
            yield Error(f"{name} is the one that everybody knows.", id="uma.E009")
    if settings.SECRET_KEY == settings.ACCESS_TOKEN_KEY:
        yield Error("Sessions and access tokens are signed with the same key.", id="uma.E010")


def _requests_are_not_transactions() -> Iterator[CheckMessage]:
    if settings.DATABASES["default"].get("ATOMIC_REQUESTS"):
        yield Error(
            "ATOMIC_REQUESTS would undo the rows that record a refusal.",
            hint="Leave it off: services own their transactions.",
            id="uma.E011",
        )


def _database_waits_end() -> Iterator[CheckMessage]:
    options: dict[str, Any] = settings.DATABASES["default"].get("OPTIONS", {})
    sent = options.get("options", "")
    if "lock_timeout" not in sent or "statement_timeout" not in sent:
        yield Error(
            "A statement could wait for a lock for ever.",
            hint="Set lock_timeout and statement_timeout on the connection.",
            id="uma.E012",
        )


def _limits_are_rates() -> Iterator[CheckMessage]:
    for name, text in settings.RATE_LIMITS.items():
        try:
            parse(text)
        except ValueError:
            yield Error(
                f"UMA_RATE_{name.upper()} is not a rate.",
                hint='Write it like "100/minute".',
                id="uma.E013",
            )


def _metrics_can_be_read() -> Iterator[CheckMessage]:
    if not settings.DEBUG and not settings.METRICS_TOKEN:
        yield Warning(
            "Nobody can read /metrics.",
            hint="Set UMA_METRICS_TOKEN to what Prometheus presents.",
            id="uma.W001",
        )


CHECKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    _debug_is_private,
    _hosts_are_named,
    _proxies_are_counted,
    _qr_keys_are_keys,
    _firebase_is_not_emulated,
    _documents_are_durable,
    _secrets_are_secret,
    _requests_are_not_transactions,
    _database_waits_end,
    _limits_are_rates,
    _metrics_can_be_read,
)


def check_settings(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  # Django's signature
    **_: object,
) -> list[CheckMessage]:
    """Return every contradiction in the settings."""
    return [message for check in CHECKS for message in check()]
