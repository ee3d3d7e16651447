"""Settings of what stands open: the console's door, and the way to stores that are elsewhere."""

from urllib.parse import quote

import pytest
from pytest_django.fixtures import Settings

from tests.kernel.test_checks import PRODUCTION, account, found, manage, production

__all__ = ["account", "production"]


def test_a_console_for_everybody_is_a_warning(production: Settings) -> None:
    production.CONSOLE_HOST = ""

    assert found() == {"uma.W037"}
    production.CONSOLE_NETWORKS = ["10.8.0.0/24"]
    assert found() == set()


@pytest.mark.parametrize("wrong", ["10.8.0.7/24", "the office", ""])
def test_a_network_that_is_none_is_an_error(production: Settings, wrong: str) -> None:
    production.CONSOLE_NETWORKS = ["10.8.0.0/24", wrong]

    assert found() == {"uma.E039"}


@pytest.mark.parametrize("wrong", ["desk.example", "uma.example:8443"])
def test_a_host_of_the_console_that_is_not_answered_is_an_error(
    production: Settings, wrong: str
) -> None:
    production.CONSOLE_HOST = wrong

    assert found() == {"uma.E039"}


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("DATABASE_URL", "postgresql://uma@db.example/uma"),
        ("DATABASE_URL", "postgresql://uma@db.example:5432/uma?sslmode=require"),
        ("REDIS_URL", "redis://:secret@10.0.0.4:6379/0"),
        ("MONGODB_URL", "mongodb://a:b@one,two.example:27017/uma?w=majority&journal=true"),
    ],
)
def test_a_store_elsewhere_that_is_asked_in_the_open_is_a_warning(
    production: Settings, name: str, bare: str
) -> None:
    setattr(production, name, bare)

    assert found() == {"uma.W038"}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("DATABASE_URL", "postgresql://uma:p@pgbouncer:6432/uma"),
        ("DATABASE_URL", f"postgresql://uma@{quote('/run/postgresql', safe='')}/uma"),
        ("REDIS_URL", "redis://127.0.0.1:6379/0"),
        ("REDIS_URL", "unix:///run/valkey/valkey.sock"),
        ("MONGODB_URL", "mongodb://mongo-1,mongo-2,mongo-3/uma?w=majority&journal=true"),
    ],
)
def test_a_store_of_this_machine_or_its_containers_is_asked_as_it_is(
    production: Settings, name: str, near: str
) -> None:
    setattr(production, name, near)

    assert found() == set()


def test_what_the_address_says_of_tls_reaches_postgresql(account: str) -> None:
    """It was dropped once: the address was read, and other options took its place."""
    done = manage(
        "shell",
        "-c",
        "from django.conf import settings as s; o = s.DATABASES['default']['OPTIONS'];"
        " print(o['sslmode'], o['sslrootcert'], o['connect_timeout'])",
        UMA_FIREBASE_CREDENTIALS=account,
        DATABASE_URL=f"{PRODUCTION['DATABASE_URL']}&sslrootcert=/run/secrets/ca.pem",
    )

    assert done.stdout.strip().endswith("verify-full /run/secrets/ca.pem 2"), done.stderr
