"""
The tests' own servers, up before Django's settings are read and gone when pytest is.

Each pytest run owns one numbered folder under `.local/test/` (its workers share it), so that two
runs in one checkout do not meet. What the environment names (`DATABASE_URL`, `REDIS_URL`) is used
instead.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from uma.stack import folder as folders
from uma.stack import ports
from uma.stack.documents import Documents
from uma.stack.errors import StackError
from uma.stack.postgres import Cluster, Profile
from uma.stack.process import stop as stop_processes
from uma.stack.valkey import Valkey

_SLOTS = 16
_WORKER = "PYTEST_XDIST_WORKER"
_FOLDER = "UMA_TEST_FOLDER"
# Known values, so that what a developer's `.local/env` holds never reaches a test.
_SECRETS = {
    "UMA_DEBUG": "1",
    "UMA_SECRET_KEY": "tests-only-secret-key-of-no-value-to-anybody-at-all",
    "UMA_ACCESS_TOKEN_KEY": "tests-only-access-token-key-of-no-value-to-anybody",
    "UMA_QR_MASTER_KEYS": "A1:" + "5d" * 32,
}
_ASKS_ONLY = (
    "-h",
    "--help",
    "--version",
    "-V",
    "--fixtures",
    "--markers",
    "--collect-only",
    "--co",
)


class _Servers:
    """What this run started."""

    def __init__(self) -> None:
        self.owner: folders.Owner | None = None
        self.running: list[Cluster | Valkey] = []

    def start(self) -> None:
        missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
        base = self._own_folder()
        os.environ[_FOLDER] = str(base)
        if "DATABASE_URL" in missing:
            cluster = Cluster(folder=base / "postgres", profile=Profile.DISPOSABLE)
            self._launch(cluster)
            os.environ["DATABASE_URL"] = cluster.url
        if "REDIS_URL" in missing:
            valkey = Valkey(folder=base / "valkey", durable=False)
            self._launch(valkey)
            os.environ["REDIS_URL"] = valkey.url
        for server in self.running:
            try:
                server.wait_ready()
            except StackError:
                # A power cut may have spoiled what is never synced: once more from nothing.
                shutil.rmtree(server.folder)
                server.start()

    def stop(self) -> None:
        stop_processes([server.process for server in self.running if server.process], within=5)
        self.running.clear()
        if self.owner is not None:
            self.owner.leave()

    def _launch(self, server: Cluster | Valkey) -> None:
        self.running.append(server)
        server.launch()

    def _own_folder(self) -> Path:
        for number in range(1, _SLOTS + 1):
            folder = folders.LOCAL / "test" / str(number)
            folders.make_private(folder)
            self.owner = folders.Owner(folder)
            if self.owner.take():
                folders.require_space(folder)
                return folder
        raise StackError(f"{_SLOTS} test runs are active in this checkout.", "Wait for one to end.")


_servers = _Servers()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Generator[None, None, None]:
    """Before pytest-django, whose part of this hook reads the settings."""
    del early_config
    os.environ.update(_SECRETS)
    # Nobody listens there until the `document_store` fixture starts it: most tests do without.
    if not os.environ.get("MONGODB_URL"):
        os.environ["MONGODB_URL"] = _documents_url()
    worker = os.environ.get(_WORKER, "")
    if worker:
        _take_own_redis_database(worker)
    elif not any(argument in _ASKS_ONLY for argument in args):
        try:
            _servers.start()
        except StackError as problem:
            _servers.stop()
            raise pytest.UsageError(str(problem)) from problem
    return (yield)


def pytest_unconfigure() -> None:
    _servers.stop()


@pytest.fixture(scope="session")
def document_store() -> Iterator[str]:
    """The URL of a running document store, which is `settings.MONGODB_URL`."""
    url = os.environ["MONGODB_URL"]
    port = os.environ.get("UMA_TEST_DOCUMENTS_PORT")
    if port is None:
        yield url
        return
    name = os.environ.get(_WORKER, "main")
    store = Documents(folder=Path(os.environ[_FOLDER]) / f"documents-{name}", wanted_port=int(port))
    store.start()
    yield url
    store.stop()


def _documents_url() -> str:
    port = ports.any_free()
    os.environ["UMA_TEST_DOCUMENTS_PORT"] = str(port)
    return f"mongodb://{ports.HOST}:{port}/uma?w=majority&journal=true"


def _take_own_redis_database(worker: str) -> None:
    """Give each worker a database of Valkey, as pytest-django gives it one of PostgreSQL."""
    number = int(worker.removeprefix("gw")) + 1
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{number % 16}"
    # The controller's document store would be shared; a worker starts its own where a test asks.
    if "UMA_TEST_DOCUMENTS_PORT" in os.environ:
        os.environ["MONGODB_URL"] = _documents_url()
