import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from uma.checks import check_settings

ROOT = Path(__file__).resolve().parents[2]
# Of the first test vector of RFC 8032, section 7.1.
KNOWN_PUBLIC_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
PRODUCTION = {
    "UMA_DEBUG": "0",
    "UMA_SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "UMA_ACCESS_TOKEN_KEYS": "B2:" + "7b" * 32 + ",A1:public:" + KNOWN_PUBLIC_KEY,
    "UMA_REFRESH_KEYS": "9c" * 32 + "," + "8b" * 32,
    "UMA_QR_MASTER_KEYS": "B2:" + "0f" * 32 + ",A1:" + "1e" * 32,
    "UMA_FIELD_KEYS": "B2:" + "0123456789abcdef" * 4 + ",A1:" + "123456789abcdef0" * 4,
    "UMA_BLIND_INDEX_KEY": "23456789abcdef01" * 4,
    "UMA_BADGE_KEY": "3456789abcdef012" * 4,
    "UMA_ALLOWED_HOSTS": "uma.example",
    "UMA_TRUSTED_ORIGINS": "https://uma.example",
    "UMA_PROXY_COUNT": "1",
    "UMA_METRICS_TOKEN": "m" * 32,
    # Said, or this copy's own `make run` would say where its sandbox is.
    "UMA_FCM_URL": "",
    "UMA_FIREBASE_AUTH_URL": "",
    "UMA_RECAPTCHA_URL": "",
    "UMA_RAZORPAY_URL": "",
    "UMA_ONDC_SUBSCRIBER_ID": "",
    "UMA_CONSOLE_HOST": "uma.example",
    "MONGODB_URL": "mongodb://db.example/uma?w=majority&journal=true&tls=true",
    "DATABASE_URL": "postgresql://uma@db.example/uma?sslmode=verify-full",
    "REDIS_URL": "rediss://cache.example/0",
}


def found() -> set[str]:
    return {str(message.id) for message in check_settings(None)}


@pytest.fixture
def account(tmp_path: Path) -> str:
    return str(_account(tmp_path))


def _account(folder: Path, asks: str = "https://oauth2.googleapis.com/token") -> Path:
    """Write a service-account file as Firebase gives it, as far as anybody looks."""
    path = folder / "account.json"
    path.write_text(json.dumps({"project_id": "uma", "token_uri": asks}))
    return path


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch, account: str) -> Settings:
    """Settings without a contradiction, as production has them."""
    settings.FIREBASE_CREDENTIALS = account
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    settings.DEBUG = False
    settings.OPERATOR_TWO_FACTOR = True
    settings.ALLOWED_HOSTS = ["uma.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.PROXY_COUNT = 1
    settings.SECRET_KEY = PRODUCTION["UMA_SECRET_KEY"]
    settings.ACCESS_TOKEN_KEYS = PRODUCTION["UMA_ACCESS_TOKEN_KEYS"]
    settings.REFRESH_KEYS = PRODUCTION["UMA_REFRESH_KEYS"]
    settings.QR_MASTER_KEYS = PRODUCTION["UMA_QR_MASTER_KEYS"]
    settings.FIELD_KEYS = PRODUCTION["UMA_FIELD_KEYS"]
    settings.BLIND_INDEX_KEY = PRODUCTION["UMA_BLIND_INDEX_KEY"]
    settings.MONGODB_URL = PRODUCTION["MONGODB_URL"]
    settings.METRICS_TOKEN = PRODUCTION["UMA_METRICS_TOKEN"]
    settings.CONSOLE_HOST = PRODUCTION["UMA_CONSOLE_HOST"]
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


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "B2",
        "B2:",
        "B2:zz",
        "B2:" + "7b" * 31,
        "B2:" + "7B" * 32,
        f"B2:public:{KNOWN_PUBLIC_KEY}",
        f"A1:public:{KNOWN_PUBLIC_KEY},B2:{'7b' * 32}",
        f"B2:{'7b' * 32},B2:{'6a' * 32}",
        f"B2:{'7b' * 32},",
        f"toolongkid:{'7b' * 32}",
        f"../a:{'7b' * 32}",
    ],
)
def test_access_token_keys_that_are_none_are_an_error(production: Settings, keys: str) -> None:
    production.ACCESS_TOKEN_KEYS = keys

    assert found() == {"uma.E014"}


@pytest.mark.parametrize(
    "keys", ["", "9c", "9c" * 31, "9C" * 32, "9c" * 32 + ",", "k:" + "9c" * 32]
)
def test_refresh_keys_that_are_none_are_an_error(production: Settings, keys: str) -> None:
    production.REFRESH_KEYS = keys

    assert found() == {"uma.E015"}


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("", "uma.E020"),
        ("A1", "uma.E020"),
        ("A1:" + "12" * 31, "uma.E020"),
        ("A1:" + "AB" * 32, "uma.E020"),
        ("a1:" + "0123456789abcdef" * 4, "uma.E020"),
        (f"A1:{'0123456789abcdef' * 4},", "uma.E020"),
        (f"A1:{'0123456789abcdef' * 4},A1:{'123456789abcdef0' * 4}", "uma.E021"),
        (f"A1:{'0123456789abcdef' * 4},B2:{'0123456789abcdef' * 4}", "uma.E021"),
        ("D1:" + "c4" * 32, "uma.E022"),
        (f"A1:{'0123456789abcdef' * 4},T1:{'7e' * 32}", "uma.E022"),
        ("A1:" + "23456789abcdef01" * 4, "uma.E024"),
    ],
)
def test_a_field_key_that_is_none_is_an_error(production: Settings, keys: str, code: str) -> None:
    production.FIELD_KEYS = keys

    assert found() == {code}


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "uma.E023"), ("12" * 31, "uma.E023"), ("AB" * 32, "uma.E023"), ("b1" * 32, "uma.E022")],
)
def test_a_blind_index_key_that_is_none_is_an_error(
    production: Settings, key: str, code: str
) -> None:
    production.BLIND_INDEX_KEY = key

    assert found() == {code}


def test_development_has_keys_of_its_own(production: Settings) -> None:
    production.DEBUG, production.ALLOWED_HOSTS, production.CONSOLE_HOST = True, ["localhost"], ""
    production.FIELD_KEYS, production.BLIND_INDEX_KEY = "D1:" + "c4" * 32, "b1" * 32

    assert found() == set()


@pytest.mark.usefixtures("production")
def test_emulated_sign_in_in_production_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "localhost:9099")

    assert found() == {"uma.E006"}


def test_production_asks_nobody_but_razorpay_who_paid(production: Settings) -> None:
    production.RAZORPAY_URL = "http://127.0.0.1:8091"

    assert found() == {"uma.E030"}


@pytest.mark.parametrize("name", ["FCM_URL", "FIREBASE_AUTH_URL", "RECAPTCHA_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8090",
        "https://identity.example",
        "http://identitytoolkit.googleapis.com",
        "https://googleapis.com.example",
        "https://evilgoogleapis.com",
        "identitytoolkit.googleapis.com",
    ],
)
def test_production_asks_nobody_but_google_who_is_who(
    production: Settings, name: str, address: str
) -> None:
    setattr(production, name, address)

    assert found() == {"uma.E027"}


@pytest.mark.parametrize("name", ["FCM_URL", "FIREBASE_AUTH_URL"])
def test_google_may_be_named(production: Settings, name: str) -> None:
    setattr(production, name, "https://identitytoolkit.googleapis.com")

    assert found() == set()


def test_a_pretended_service_account_in_production_is_an_error(
    production: Settings, tmp_path: Path
) -> None:
    _account(tmp_path, "http://127.0.0.1:8090/token")
    assert found() == {"uma.E028"}

    production.FIREBASE_CREDENTIALS = str(tmp_path / "missing.json")
    assert found() == {"uma.E028"}


def test_production_without_a_way_to_sign_in_is_warned_about(production: Settings) -> None:
    production.FIREBASE_CREDENTIALS = ""

    assert found() == {"uma.W020"}


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
        ("SECRET_KEY", "development-only-secret-key-of-no-value-to-anybody", "uma.E009"),
        ("ACCESS_TOKEN_KEYS", "A1:" + "0f" * 32, "uma.E010"),
        ("REFRESH_KEYS", "7b" * 32, "uma.E010"),
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


def test_what_only_works_badly_is_a_warning(production: Settings) -> None:
    production.METRICS_TOKEN = ""
    production.OPERATOR_TWO_FACTOR = False
    assert found() == {"uma.W001", "uma.W036"}


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return run("manage.py", *arguments, **changes)


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp")}  # noqa: S108
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment | PRODUCTION | changes,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_production_settings_pass_djangos_deployment_checks(account: str) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", UMA_FIREBASE_CREDENTIALS=account)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    "name",
    [
        "UMA_SECRET_KEY",
        "UMA_ACCESS_TOKEN_KEYS",
        "UMA_REFRESH_KEYS",
        "UMA_QR_MASTER_KEYS",
        "UMA_FIELD_KEYS",
        "UMA_BLIND_INDEX_KEY",
        "UMA_BADGE_KEY",
    ],
)
def test_without_its_secrets_the_program_stops_and_names_the_missing_one(name: str) -> None:
    done = manage("check", **{name: ""})

    assert done.returncode != 0
    assert f"Set {name}" in done.stderr


def test_a_contradiction_stops_the_program() -> None:
    done = manage("check", UMA_PROXY_COUNT="0")

    assert done.returncode != 0
    assert "uma.E003" in done.stderr


PROGRAMS = {
    "web": ("-c", "import uma.wsgi"),
    "worker": ("-m", "celery", "-A", "uma.celery", "worker", "--pool", "solo"),
    "beat": ("-m", "celery", "-A", "uma.celery", "beat", "--schedule", "{folder}/beat"),
    "console": ("manage.py", "check"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_with_the_emulators_variable_no_program_starts_in_production(
    program: str, account: str
) -> None:
    # Whoever keeps a file beside it keeps it there: the scheduler removes what it cannot read.
    command = (part.format(folder=Path(account).parent) for part in PROGRAMS[program])
    done = run(
        *command,
        FIREBASE_AUTH_EMULATOR_HOST="127.0.0.1:9099",
        UMA_FIREBASE_CREDENTIALS=account,
    )

    assert done.returncode != 0
    assert "uma.E006" in done.stderr
    assert "unsigned ID tokens" in done.stderr


def test_without_it_the_web_server_starts(account: str) -> None:
    done = run(*PROGRAMS["web"], UMA_FIREBASE_CREDENTIALS=account)

    assert done.returncode == 0, done.stderr


def test_half_of_razorpay_is_warned_about_and_says_what_is_missing(production: Settings) -> None:
    production.RAZORPAY_KEY_ID, production.RAZORPAY_KEY_SECRET = "rzp_live_1", "secret"
    production.RAZORPAY_WEBHOOK_SECRETS = production.RAZORPAYX_WEBHOOK_SECRETS = ["whsec"]
    production.RAZORPAYX_ACCOUNT_NUMBER = ""

    (warning,) = check_settings(None)

    assert (warning.id, warning.is_serious()) == ("uma.W035", False)
    assert str(warning.hint) == "Set UMA_RAZORPAYX_ACCOUNT_NUMBER as well."
    production.RAZORPAYX_ACCOUNT_NUMBER = "2323230012345678"
    assert found() == set()
