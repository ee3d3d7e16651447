"""The pretended ONDC network and a buyer app on it, for one module at a time."""

from collections.abc import Iterator

import pytest

from apps.ondc import signing
from tests.sandbox.pretended_ondc import Buyer, NetworkProcess


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[NetworkProcess, Buyer]]:
    buyer = Buyer(signing.new_keys())
    process = NetworkProcess(keys=buyer.keys, buyer=buyer.url)
    buyer.network = process.url
    yield process, buyer
    process.stop()
    buyer.stop()


@pytest.fixture
def sandbox(network: tuple[NetworkProcess, Buyer]) -> NetworkProcess:
    network[0].order("reset")
    network[1].heard.clear()
    network[1].unproved.clear()
    return network[0]


@pytest.fixture
def buyer(network: tuple[NetworkProcess, Buyer]) -> Buyer:
    return network[1]
