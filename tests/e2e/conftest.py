"""The whole platform as real processes, for journeys over HTTP alone, with sellers of rides around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.ondc import signing
from tests.faults.conftest import Platform, firebase
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess, buyer_settings
from uma.stack import ports

__all__ = ["firebase"]

_HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def network_keys() -> signing.NewKeys:
    return signing.new_keys()


@pytest.fixture(scope="session")
def network(network_keys: signing.NewKeys) -> Iterator[NetworkProcess]:
    """The pretended network; a step of a ride takes a fraction of a second."""
    process = NetworkProcess(keys=network_keys, pace_s=0.4)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def platform(
    tmp_path_factory: pytest.TempPathFactory,
    firebase: SandboxProcess,
    network: NetworkProcess,
    network_keys: signing.NewKeys,
) -> Iterator[Platform]:
    """The running platform with the demo city, a buyer app on the pretended network."""
    port = ports.any_free()
    on_the_network = buyer_settings(network, keys=network_keys, web_port=port)
    more = {**firebase.settings, **on_the_network}
    platform = Platform(tmp_path_factory.mktemp("platform"), more=more, port=port)
    platform.manage("migrate", "--no-input")
    platform.manage("grant")
    # A badge's money would come while a test counts what a visit pays.
    platform.manage("seed_demo", "--empty-pools")
    platform.web.start()
    platform.worker.start()
    yield platform
    platform.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs them all: they share a platform."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("e2e"))
