"""Settings that contradict each other: found when the program starts, not when money moves."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's name for it
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http.request import validate_host
from django.utils.module_loading import import_string

from uma.kernel import waits
from uma.kernel.crypto.checks import blind_index_key_is_a_key, field_keys_are_keys
from uma.kernel.http.access_tokens import signing_keys
from uma.kernel.http.counting import parse_rate
from uma.kernel.http.desk_door import networks
from uma.kernel.http.lanes import LANES
from uma.kernel.roles import too_mighty, unlike

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "testserver"})
QR_KEY = re.compile(r"[A-Z0-9]{1,2}:[0-9a-f]{64}")
REFRESH_KEY = re.compile(r"[0-9a-f]{64}")
LEAST_KEY_BYTES = 32
DEVELOPMENT = "development-only"
GOOGLE = ".googleapis.com"
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"


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


def _clouds_are_real() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        return
    for name in ("FCM_URL", "FIREBASE_AUTH_URL", "RECAPTCHA_URL"):
        address = urlsplit(getattr(settings, name))
        host = address.hostname or ""
        google = address.scheme == "https" and f".{host}".endswith(GOOGLE)
        if getattr(settings, name) and not google:
            yield Error(
                f"UMA_{name} is not Google's: whoever listens there says who is who.",
                hint=f"Unset UMA_{name}; the sandbox's codes are for a developer's machine.",
                id="uma.E027",
            )
    if settings.RAZORPAY_URL:
        yield Error(
            "UMA_RAZORPAY_URL names another gateway than Razorpay: whoever listens there says who paid.",
            hint="Unset UMA_RAZORPAY_URL; the pretended Razorpay is for a developer's machine.",
            id="uma.E030",
        )
    if settings.FIREBASE_CREDENTIALS and not _is_googles_account(settings.FIREBASE_CREDENTIALS):
        yield Error(
            "The service account is not one of Google's, or its file cannot be read.",
            hint="Let UMA_FIREBASE_CREDENTIALS name the file that Firebase gave for the project.",
            id="uma.E028",
        )
    if not settings.FIREBASE_CREDENTIALS:
        yield Warning(
            "Nobody can sign in, and nothing is pushed.",
            hint="Set UMA_FIREBASE_CREDENTIALS to the project's service-account file.",
            id="uma.W020",
        )


def _is_googles_account(path: str) -> bool:
    try:
        return bool(json.loads(Path(path).read_text())["token_uri"] == GOOGLE_TOKENS)
    except (OSError, ValueError, KeyError, TypeError):
        return False


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
    if len(settings.SECRET_KEY.encode()) < LEAST_KEY_BYTES:
        yield Error(f"UMA_SECRET_KEY is shorter than {LEAST_KEY_BYTES} bytes.", id="uma.E008")
    if not settings.DEBUG and settings.SECRET_KEY.startswith(DEVELOPMENT):
        yield Error("UMA_SECRET_KEY is the one that everybody knows.", id="uma.E009")


def _token_keys_are_keys() -> Iterator[CheckMessage]:
    try:
        signing_keys(settings.ACCESS_TOKEN_KEYS)
    except ValueError as wrong:
        yield Error(
            f"Access token keys are malformed: {wrong}.",
            hint='Write UMA_ACCESS_TOKEN_KEYS as "kid:seed,kid:public:key", 64 hex digits each.',
            id="uma.E014",
        )
    if not all(REFRESH_KEY.fullmatch(key) for key in settings.REFRESH_KEYS.split(",")):
        yield Error(
            "Refresh keys are malformed.",
            hint='Write UMA_REFRESH_KEYS as "hex,hex", 64 lower-case hex digits each.',
            id="uma.E015",
        )


def _no_secret_serves_twice() -> Iterator[CheckMessage]:
    """Whoever learns one secret must not hold another with it."""
    kept = {
        "UMA_ACCESS_TOKEN_KEYS": settings.ACCESS_TOKEN_KEYS,
        "UMA_REFRESH_KEYS": settings.REFRESH_KEYS,
        "UMA_QR_MASTER_KEYS": settings.QR_MASTER_KEYS,
        "UMA_SECRET_KEY": settings.SECRET_KEY,
    }
    seen: dict[str, str] = {}
    for name, text in kept.items():
        for entry in text.split(","):
            secret = entry.rpartition(":")[2]
            if seen.setdefault(secret, name) != name:
                yield Error(f"{name} repeats a key of {seen[secret]}.", id="uma.E010")


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
    if settings.RATE_LIMITS.keys() != LANES.keys():
        yield Error("The rates in the settings are not those of the lanes.", id="uma.E013")
    if settings.WEB_PROCESSES < 1:
        yield Error("UMA_WEB_WORKERS is not a number of processes.", id="uma.E013")
    for name, text in settings.RATE_LIMITS.items():
        try:
            parse_rate(text)
        except ValueError:
            yield Error(
                f"UMA_RATE_{name.upper()} is not a rate.",
                hint='Write it like "100/minute" or "5/10 minutes".',
                id="uma.E013",
            )


def _api_keys_fit_the_server() -> Iterator[CheckMessage]:
    if settings.API_KEY_ENVIRONMENT not in {"live", "test"}:
        yield Error("UMA_API_KEYS is neither live nor test.", id="uma.E031")
    elif settings.DEBUG and settings.API_KEY_ENVIRONMENT == "live":
        yield Error(
            "A server under DEBUG takes live API keys.",
            hint="Unset UMA_DEBUG, or set UMA_API_KEYS=test.",
            id="uma.E032",
        )


def _metrics_can_be_read() -> Iterator[CheckMessage]:
    if not settings.DEBUG and not settings.METRICS_TOKEN:
        yield Warning(
            "Nobody can read /metrics.",
            hint="Set UMA_METRICS_TOKEN to what Prometheus presents.",
            id="uma.W001",
        )


def _operators_show_two_factors() -> Iterator[CheckMessage]:
    if not settings.DEBUG and not settings.OPERATOR_TWO_FACTOR:
        yield Warning(
            "A password alone opens the console.",
            hint="Leave UMA_OPERATOR_TWO_FACTOR out.",
            id="uma.W036",
        )


def _the_console_is_not_for_everybody() -> Iterator[CheckMessage]:
    host: str = settings.CONSOLE_HOST
    if host and not validate_host(host, settings.ALLOWED_HOSTS):
        yield Error(
            "The console's host is not among those that are answered.",
            hint="Name it in UMA_ALLOWED_HOSTS as well, without a port.",
            id="uma.E039",
        )
    try:
        networks(tuple(settings.CONSOLE_NETWORKS))
    except ValueError:
        yield Error(
            "UMA_CONSOLE_NETWORKS has something that is no network.",
            hint='Write them like "10.8.0.0/24,2001:db8::/48".',
            id="uma.E039",
        )
    if not (settings.DEBUG or host or settings.CONSOLE_NETWORKS):
        yield Warning(
            "The console answers at every host, to the whole internet.",
            hint="Set UMA_CONSOLE_HOST, UMA_CONSOLE_NETWORKS or both.",
            id="uma.W037",
        )


def _stores_are_asked_in_secret() -> Iterator[CheckMessage]:
    """Whoever asks a store beyond this machine and its containers, whose names have no dot, uses TLS."""
    if settings.DEBUG:
        return
    for name, url in (
        ("DATABASE_URL", settings.DATABASE_URL),
        ("REDIS_URL", settings.REDIS_URL),
        ("MONGODB_URL", settings.MONGODB_URL),
    ):
        parts = urlsplit(url)
        said = {key.lower(): values[-1] for key, values in parse_qs(parts.query).items()}
        is_secret = (
            said.get("sslmode") == "verify-full"
            or parts.scheme in {"rediss", "mongodb+srv"}
            or said.get("tls", said.get("ssl")) == "true"
        )
        hosts = re.split(r"[,/]", url.partition("://")[2].partition("?")[0].rpartition("@")[2])
        if not is_secret and any(
            _is_elsewhere(host) for host in hosts[: parts.netloc.count(",") + 1]
        ):
            yield Warning(
                f"{name} names a server elsewhere and does not ask it by TLS.",
                hint="Add sslmode=verify-full (PostgreSQL), rediss:// (Valkey), tls=true (MongoDB).",
                id="uma.W038",
            )


def _is_elsewhere(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    return "." in name and name not in LOOPBACK


CHECKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    _debug_is_private,
    _hosts_are_named,
    _proxies_are_counted,
    _qr_keys_are_keys,
    field_keys_are_keys,
    blind_index_key_is_a_key,
    _firebase_is_not_emulated,
    _clouds_are_real,
    _documents_are_durable,
    _secrets_are_secret,
    _token_keys_are_keys,
    _no_secret_serves_twice,
    _requests_are_not_transactions,
    _database_waits_end,
    _limits_are_rates,
    _api_keys_fit_the_server,
    _metrics_can_be_read,
    _operators_show_two_factors,
    _the_console_is_not_for_everybody,
    _stores_are_asked_in_secret,
)


def check_settings(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  # Django's signature
    **_: object,
) -> list[CheckMessage]:
    """Return every contradiction in the settings."""
    # What an app checks is named by the settings: the kernel, which registers this, knows no app.
    of_apps = (import_string(name) for name in settings.APP_CHECKS)
    return [message for check in (*CHECKS, *of_apps) for message in check()]


def stop_on_contradictions() -> None:
    """
    Let no server or worker start that `manage.py check` would refuse; they do not ask it themselves.

    Raises:
        ImproperlyConfigured
    """
    wrong = [message for message in check_settings(None) if message.is_serious()]
    if wrong:
        raise ImproperlyConfigured(
            " ".join(f"{one.id}: {one.msg} {one.hint or ''}" for one in wrong)
        )


def check_serving_role(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001  # Django's signature
    databases: Sequence[str] | None = None,
    **_: object,
) -> list[CheckMessage]:
    """Return why the connected role must not serve: `check --database default` asks (decisions/0014)."""
    if not databases or settings.ACTS_AS_OWNER:
        return []
    found: list[CheckMessage] = []
    if problem := too_mighty():
        found.append(
            (Warning if settings.DEBUG else Error)(
                f"The role that serves {problem}: whoever can send SQL can go round the ledger's guards.",
                hint="Name the owner in DATABASE_OWNER_URL, a role of its own in DATABASE_URL, and run"
                " `manage.py grant`.",
                id="uma.W014" if settings.DEBUG else "uma.E014",
            )
        )
    # As PostgreSQL has them: PgBouncer drops what a connection says, and an owner that makes no roles sets none.
    if missing := unlike(waits.SETTINGS):
        found.append(
            Error(
                "A serving connection does not have its time-outs: "
                + ", ".join(f"{name} is {value}" for name, value in missing.items())
                + ".",
                hint="Run `manage.py grant`, or have whoever makes roles run: "
                + " ".join(
                    f"ALTER ROLE {connection.settings_dict['USER']} SET {name} = '{waits.SETTINGS[name]}';"
                    for name in missing
                ),
                id="uma.E038",
            )
        )
    return found
