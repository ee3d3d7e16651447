"""
What every test stands on: books that balance afterwards, no traffic beyond the loopback,
Hypothesis.
"""

import importlib.util
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management.commands import flush as flushing
from django.db import connection, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from xdist.remote import Producer

from tests import migrated
from tests.sharing import Sharing
from tests.wallet.books import KEPT
from uma.kernel import roles
from uma.stack import assets

# A slow machine is no failing example, hence no deadline. How many each looks at: decisions/0054.
_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("local", max_examples=25, **_COMMON)  # type: ignore[arg-type]  # of two types
settings.register_profile("ci", max_examples=100, print_blob=True, **_COMMON)  # type: ignore[arg-type]
settings.register_profile("thorough", max_examples=300, print_blob=True, **_COMMON)  # type: ignore[arg-type]
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "local")
)

# What shares a platform or takes a minute comes first: at the end a worker would wait for the other.
_LONG = ("stack", "kills", "bench", "e2e", "browser", "properties")
# Deleted rows stay in their table's file; from so many bytes on, all files are made anew.
_LARGE = 2_000_000
_DATABASE_FIXTURES = ("transactional_db", "db")
_HERE = Path(__file__).parent
_URLS = ("DATABASE_URL", "REDIS_URL", "MONGODB_URL")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sharing:
    """Let tests that share a platform run in one worker."""
    return Sharing(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the long ones first where several workers run."""
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        items.sort(key=_is_short)


def _is_short(item: pytest.Item) -> bool:
    return item.path.relative_to(_HERE).parts[0] not in _LONG


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,  # noqa: ARG001  # each worker its own
) -> None:
    """Let the test database be a copy of a migrated one."""
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated.template()


@pytest.fixture(autouse=True)
def books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test that used the database, whatever it did, the ledger's books balance."""
    used = next((name for name in _DATABASE_FIXTURES if name in request.fixturenames), None)
    if used is None:
        yield
        return
    # Set up before us, so torn down after us: the rows are still there when we look.
    request.getfixturevalue(used)
    if connection.in_atomic_block:
        # A test's own transaction idles while a store starts, or a thousand refusals need no database.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '120s'")
    yield
    if request.node.get_closest_marker("spoils_the_books"):
        return
    # Inside a transaction that the database has already refused nothing can be read.
    if not connection.needs_rollback:
        _assert_books_balance()()


def _assert_books_balance() -> Callable[[], None]:
    if importlib.util.find_spec("tests.wallet.books") is None:
        return lambda: None
    books = importlib.import_module("tests.wallet.books")
    check: Callable[[], None] = books.assert_books_balance
    return check


@pytest.fixture(autouse=True, scope="session")
def passwords_are_cheap() -> Iterator[None]:
    """Hash a test's passwords once: what makes guessing slow makes operators slow to make."""
    patch = pytest.MonkeyPatch()
    patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def cleaner_passes_the_guards() -> Iterator[None]:
    """Empty the tables that a `transaction=True` test filled, past the append-only triggers."""

    def flush(self: DatabaseOperations, statements: list[str]) -> None:
        del self
        meant = sorted(set(re.findall(r'"(\w+)"', " ".join(statements))) - KEPT)
        with transaction.atomic(), connection.cursor() as cursor:
            # Guards refuse this from everybody; only a superuser may say it.
            cursor.execute("SET LOCAL session_replication_role = replica")
            # A test fills few of two hundred tables; truncating them all takes longer than most tests.
            cursor.execute(
                "SELECT relname, pg_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relname = ANY(%s) AND pg_relation_size(oid) > 0",
                [meant],
            )
            filled = dict(cursor.fetchall())
            if max(filled.values(), default=0) > _LARGE:
                cursor.execute("TRUNCATE " + ", ".join(f'"{name}"' for name in meant))
            elif filled:
                cursor.execute("; ".join(f'DELETE FROM "{name}"' for name in filled))

    patch = pytest.MonkeyPatch()
    patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
    # What follows every migration is kept, so that nothing has to be made anew.
    patch.setattr(flushing, "emit_post_migrate_signal", lambda *_: None)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def serving_role(
    django_db_setup: None,  # noqa: ARG001  # the database is there
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[roles.Role]:
    """A role with the rights of the one that serves, for this test database alone."""
    with django_db_blocker.unblock():
        name = f"{connection.settings_dict['NAME']}_serving"
        role = roles.Role(name, secrets.token_urlsafe(12))
        roles.grant(role)
    yield role
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {name}")
        cursor.execute(f"DROP ROLE {name}")


@pytest.fixture
def app_role(
    transactional_db: None,  # noqa: ARG001  # another connection sees only what is committed
    serving_role: roles.Role,
) -> Iterator[str]:
    """Connect this test as web, worker and beat are: as a role that owns nothing."""
    owner = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    _connect_as({"USER": serving_role.name, "PASSWORD": serving_role.password})
    yield serving_role.name
    _connect_as(owner)


def _connect_as(who: dict[str, str]) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of PostgreSQL's wrapper
    connection.settings_dict.update(who)


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Refuse every connection from this process to beyond the loopback and the named servers."""
    allowed = {urlsplit(os.environ.get(name, "")).hostname for name in _URLS}
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name), allowed))
    yield
    patch.undo()


def _guarded(
    original: Callable[[socket.socket, object], object], allowed: set[str | None]
) -> Callable[[socket.socket, object], object]:
    def connect(self: socket.socket, address: object) -> object:
        if isinstance(address, tuple) and not _is_near(str(address[0]), allowed):
            pytest.fail(f"A test tried to reach {address[0]}: nothing beyond the loopback.")
        return original(self, address)

    return connect


def _is_near(host: str, allowed: set[str | None]) -> bool:
    if host in allowed or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def assets_are_built() -> None:
    """Pages name files by their digests; when nothing changed, this compares one."""
    assets.build()


@pytest.fixture(autouse=True, scope="session")
def roomy_rate_limits() -> None:
    """All tests share one address; those about the limits set their own."""
    django_settings.ACCESS_LOG = False
    django_settings.RATE_LIMITS.update(dict.fromkeys(django_settings.RATE_LIMITS, "1000000/hour"))


@pytest.fixture(autouse=True, scope="session")
def keys_are_read_by_requests() -> None:
    """Another connection sees nothing of a test's transaction; tests about the thread turn it on."""
    django_settings.API_KEY_REFRESH_S = 0


@pytest.fixture(autouse=True, scope="session")
def no_session_ends() -> None:
    """Keep a thread of this process out of the tests' database; those about it make their own."""
    django_settings.ENDED_SESSIONS = "tests.kernel.nobody.NobodyEnded"
