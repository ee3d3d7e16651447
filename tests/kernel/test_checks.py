import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from uma.checks import check_settings

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "UMA_DEBUG": "0",
    "UMA_SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "UMA_ACCESS_TOKEN_KEY": "t" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "UMA_QR_MASTER_KEYS": "B2:" + "0f" * 32 + ",A1:" + "1e" * 32,
    "UMA_ALLOWED_HOSTS": "uma.example",
    "UMA_TRUSTED_ORIGINS": "https://uma.example",
    "UMA_PROXY_COUNT": "1",
    "UMA_METRICS_TOKEN": "m" * 32,
    "MONGODB_URL": "mongodb://db.example/uma?w=majority&journal=true",
    "DATABASE_URL": "postgresql://uma@db.example/uma",
    "REDIS_URL": "redis://cache.example/0",
}


def found() -> set[str]:
    return {str(message.id) for message in check_settings(None)}


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings without a contradiction, as production has them."""
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["uma.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.PROXY_COUNT = 1
    settings.SECRET_KEY = PRODUCTION["UMA_SECRET_KEY"]
    settings.ACCESS_TOKEN_KEY = PRODUCTION["UMA_ACCESS_TOKEN_KEY"]
    settings.QR_MASTER_KEYS = PRODUCTION["UMA_QR_MASTER_KEYS"]
    settings.MONGODB_URL = PRODUCTION["MONGODB_URL"]
    settings.METRICS_TOKEN = PRODUCTION["UMA_METRICS_TOKEN"]
    return settings


@pytest.mark.usefixtures("production")
def test_settings_that_agree_are_not_complained_about() -> None:
    assert found() == set()


def test_debug_beyond_the_loopback_is_an_error(production: Settings) -> None:
    production.DEBUG = True

    assert "uma.E001" in found()
    production.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    assert "uma.E001" not in found()


def test_every_host_at_once_is_an_error(production: Settings) -> None:
    production.ALLOWED_HOSTS = ["*"]

    assert found() == {"uma.E002"}


@pytest.mark.parametrize("number", [0, -1])
def test_tls_at_a_proxy_that_nobody_counts_is_an_error(production: Settings, number: int) -> None:
    production.PROXY_COUNT = number

    assert found() == {"uma.E003"}


@pytest.mark.parametrize(
    "keys",
    ["", "A1", "A1:", "A1:zz", "A1:" + "5d" * 31, "A1:" + "5D" * 32, "a1:" + "5d" * 32, "A1:,B2:"],
)
def test_a_malformed_qr_key_is_an_error(production: Settings, keys: str) -> None:
    production.QR_MASTER_KEYS = keys

    assert "uma.E004" in found()


def test_two_qr_keys_of_one_name_are_an_error(production: Settings) -> None:
    production.QR_MASTER_KEYS = f"A1:{'5d' * 32},A1:{'6e' * 32}"

    assert found() == {"uma.E005"}


@pytest.mark.usefixtures("production")
def test_emulated_sign_in_in_production_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "localhost:9099")

    assert found() == {"uma.E006"}


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://db/uma",
        "mongodb://db/uma?w=majority",
        "mongodb://db/uma?journal=true",
        "mongodb://db/uma?w=1&journal=true",
        "mongodb://db/uma?w=majority&journal=false",
    ],
)
def test_a_document_store_that_may_forget_is_an_error(production: Settings, url: str) -> None:
    production.MONGODB_URL = url

    assert found() == {"uma.E007"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SECRET_KEY", "short", "uma.E008"),
        ("ACCESS_TOKEN_KEY", "short", "uma.E008"),
        ("SECRET_KEY", "development-only-secret-key-of-no-value-to-anybody", "uma.E009"),
        ("ACCESS_TOKEN_KEY", PRODUCTION["UMA_SECRET_KEY"], "uma.E010"),
    ],
)
def test_a_secret_that_is_none_is_an_error(
    production: Settings, name: str, value: str, code: str
) -> None:
    setattr(production, name, value)

    assert found() == {code}


def test_requests_as_transactions_are_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES, "default", {"ATOMIC_REQUESTS": True})

    assert "uma.E011" in found()


def test_a_connection_that_waits_for_ever_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"options": "-c timezone=UTC"})

    assert "uma.E012" in found()


def test_a_rate_that_is_none_is_an_error(production: Settings) -> None:
    production.RATE_LIMITS = production.RATE_LIMITS | {"rider": "a thousand or so"}

    assert found() == {"uma.E013"}


def test_metrics_that_nobody_can_read_are_a_warning(production: Settings) -> None:
    production.METRICS_TOKEN = ""

    assert found() == {"uma.W001"}


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp")}  # noqa: S108
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment | PRODUCTION | changes,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_production_settings_pass_djangos_deployment_checks() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("name", ["UMA_SECRET_KEY", "UMA_ACCESS_TOKEN_KEY", "UMA_QR_MASTER_KEYS"])
def test_without_its_secrets_the_program_stops_and_names_the_missing_one(name: str) -> None:
    done = manage("check", **{name: ""})

    assert done.returncode != 0
    assert f"Set {name}" in done.stderr


def test_a_contradiction_stops_the_program() -> None:
    done = manage("check", UMA_PROXY_COUNT="0")

    assert done.returncode != 0
    assert "uma.E003" in done.stderr
