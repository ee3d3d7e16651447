"""A pretended Firebase for the tests of this app."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.notifications.clouds import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("sandbox"))
    yield process
    process.stop()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess, settings: Settings) -> SandboxProcess:
    """The sandbox with nothing received and nothing ordered, and our settings pointing at it."""
    sandbox_process.order("reset")
    settings.FIREBASE_CREDENTIALS = str(sandbox_process.credentials)
    settings.FCM_URL = sandbox_process.url
    return sandbox_process
