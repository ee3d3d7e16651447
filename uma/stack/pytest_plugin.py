"""The tests' own servers, up before Django's settings are read and gone when pytest is."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from uma.stack import ports
from uma.stack.disposable import Disposable
from uma.stack.documents import Documents
from uma.stack.errors import StackError

_WORKER = "PYTEST_XDIST_WORKER"
_FOLDER = "UMA_TEST_FOLDER"
_DOCUMENTS_PORT = "UMA_TEST_DOCUMENTS_PORT"
_REDIS_DATABASES = 16
# Known values, so that what a developer's `.local/env` holds never reaches a test.
_SETTINGS = {
    "UMA_DEBUG": "1",
    "UMA_SECRET_KEY": "tests-only-secret-key-of-no-value-to-anybody-at-all",
    "UMA_ACCESS_TOKEN_KEYS": "T1:" + "4b" * 32,
    "UMA_REFRESH_KEYS": "2d" * 32,
    "UMA_QR_MASTER_KEYS": "A1:" + "5d" * 32,
    "UMA_FIELD_KEYS": "T1:" + "7e" * 32,
    "UMA_BLIND_INDEX_KEY": "3a" * 32,
    "UMA_BADGE_KEY": "6c" * 32,
    "UMA_FIREBASE_CREDENTIALS": "",
    "UMA_FCM_URL": "",
    "UMA_FIREBASE_AUTH_URL": "",
    "UMA_RECAPTCHA_URL": "",
    "UMA_RAZORPAY_URL": "",
    "UMA_ONDC_SUBSCRIBER_ID": "",
    "UMA_ONDC_REGISTRY_URL": "",
    "UMA_ONDC_GATEWAY_URL": "",
}
_ASKS_ONLY = ("-h", "--help", "--version", "-V", "--fixtures", "--markers", "--collect-only")

_servers = Disposable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None, None, None]:
    """Before pytest-django, whose part of this hook reads the settings."""
    os.environ.update(_SETTINGS)
    worker = os.environ.get(_WORKER, "")
    if not os.environ.get("MONGODB_URL") or (worker and _DOCUMENTS_PORT in os.environ):
        # Nobody listens there until the `document_store` fixture starts it: most do without.
        _choose_documents_port()
    if worker:
        # A database of Valkey for each worker, as pytest-django gives it one of PostgreSQL.
        base, _, _ = os.environ["REDIS_URL"].rpartition("/")
        number = (int(worker.removeprefix("gw")) + 1) % _REDIS_DATABASES
        os.environ["REDIS_URL"] = f"{base}/{number}"
    elif not any(argument in _ASKS_ONLY for argument in args):
        try:
            _servers.start()
        except StackError as problem:
            _servers.stop()
            raise pytest.UsageError(str(problem)) from problem
        os.environ[_FOLDER] = str(_servers.folder)
    try:
        return (yield)
    except BaseException:
        # Settings that do not load: pytest ends here, without `pytest_unconfigure`.
        _servers.stop()
        raise


def pytest_unconfigure() -> None:
    _servers.stop()


@pytest.fixture(scope="session")
def document_store() -> Iterator[str]:
    """The URL of a running document store, which is `settings.MONGODB_URL`."""
    port = os.environ.get(_DOCUMENTS_PORT)
    if port is None:
        yield os.environ["MONGODB_URL"]
        return
    name = os.environ.get(_WORKER, "main")
    store = Documents(folder=Path(os.environ[_FOLDER]) / f"documents-{name}", wanted_port=int(port))
    store.start()
    yield os.environ["MONGODB_URL"]
    store.stop()


def _choose_documents_port() -> None:
    port = ports.any_free()
    os.environ[_DOCUMENTS_PORT] = str(port)
    os.environ["MONGODB_URL"] = f"mongodb://{ports.HOST}:{port}/uma?w=majority&journal=true"
