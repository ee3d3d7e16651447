"""The whole platform as real processes, for journeys over HTTP alone, with sellers of rides around it."""

from collections.abc import Iterator

import pytest

from apps.ondc import signing
from tests.city import copy_city
from tests.faults.conftest import Platform, firebase
from tests.notifications.clouds import SandboxProcess
from tests.sandbox import pretended_razorpay as razorpay
from tests.sandbox.pretended_ondc import NetworkProcess, buyer_settings
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.stack import ports

__all__ = ["firebase"]
# How long a step of a ride takes.
PACE_S = 0.4


@pytest.fixture(scope="session")
def network_keys() -> signing.NewKeys:
    return signing.new_keys()


@pytest.fixture(scope="session")
def network(network_keys: signing.NewKeys) -> Iterator[NetworkProcess]:
    """The pretended network, in which a ride is over in seconds."""
    process = NetworkProcess(keys=network_keys, pace_s=PACE_S)
    # Whichever version of a seller's stops came first would be the one that is spoken with it.
    process.order("versions", seller="tickets", versions=["2.1.0"])
    yield process
    process.stop()


@pytest.fixture(scope="session")
def port() -> int:
    """Where the platform serves."""
    return ports.any_free()


@pytest.fixture(scope="session")
def cloud(port: int) -> Iterator[RazorpayProcess]:
    """The pretended Razorpay, which tells the platform of payments."""
    process = RazorpayProcess(webhooks=f"http://{ports.HOST}:{port}")
    yield process
    process.stop()


@pytest.fixture(scope="session")
def platform(
    tmp_path_factory: pytest.TempPathFactory,
    firebase: SandboxProcess,
    network: NetworkProcess,
    network_keys: signing.NewKeys,
    cloud: RazorpayProcess,
    port: int,
) -> Iterator[Platform]:
    """The running platform with the demo city, a buyer app on the pretended network."""
    on_the_network = buyer_settings(network, keys=network_keys, web_port=port)
    at_razorpay = {
        "UMA_RAZORPAY_KEY_ID": razorpay.KEY_ID,
        "UMA_RAZORPAY_KEY_SECRET": razorpay.KEY_SECRET,
        "UMA_RAZORPAY_WEBHOOK_SECRETS": razorpay.WEBHOOK_SECRET,
        "UMA_RAZORPAY_URL": cloud.url,
    }
    more = {**firebase.settings, **on_the_network, **at_razorpay}
    folder = tmp_path_factory.mktemp("platform")
    copy_city(folder / "postgres")
    platform = Platform(folder, more=more, port=port)
    platform.web.start()
    platform.worker.start()
    yield platform
    platform.stop()
