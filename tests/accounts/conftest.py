"""A pretended Firebase for the tests of sign-in."""

from collections.abc import Iterator
from itertools import count

import pytest
from pytest_django.fixtures import Settings

from apps.accounts import firebase
from tests.notifications.clouds import SandboxProcess

_numbers = count(1)


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("firebase"))
    yield process
    process.stop()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, settings: Settings) -> SandboxProcess:
    """The sandbox with nothing ordered, our settings pointing at it, and no memory of an outage."""
    sandbox_process.order("reset")
    settings.FIREBASE_CREDENTIALS = str(sandbox_process.credentials)
    settings.FIREBASE_AUTH_URL = sandbox_process.url
    firebase._client.cache_clear()
    return sandbox_process


@pytest.fixture
def phone() -> str:
    """A number that nobody has used."""
    return f"+9190000{next(_numbers):05}"
