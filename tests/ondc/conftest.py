"""Networks: one of a registry and a seller for who listens, and the pretended one for who speaks."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from apps.ondc import signing, trust
from apps.ondc.models import Participant as Listed
from apps.ondc.voice import Voice, voice
from tests.factories import make_zone
from tests.ondc import ours
from tests.ondc.network import BUYER, Journey, Participant, Registry, clock, make_search
from tests.ondc.reconciling import AGENCY
from tests.sandbox.pretended_ondc import NetworkProcess


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    keys = signing.new_keys()
    found = Registry()
    settings.ONDC_ENVIRONMENT = "staging"
    settings.ONDC_SUBSCRIBER_ID = BUYER
    settings.ONDC_SIGNING_KEYS = [f"ours:{keys.signing_private_key}"]
    settings.ONDC_ENCRYPTION_KEYS = [keys.encryption_private_key]
    settings.ONDC_REGISTRY_URL = found.url
    trust._keyring_of.cache_clear()
    yield found
    found.stop()
    trust._keyring_of.cache_clear()


@pytest.fixture
def seller(registry: Registry) -> Participant:
    one = Participant()
    registry.rows.append(one)
    return one


@pytest.fixture
def journey(seller: Participant, db: None) -> Journey:
    assert db is None
    return Journey(seller, make_search())


@pytest.fixture(scope="session")
def network_process() -> Iterator[NetworkProcess]:
    process = NetworkProcess(keys=ours.KEYS)
    yield process
    process.stop()


@pytest.fixture
def network(network_process: NetworkProcess, settings: Settings) -> NetworkProcess:
    """A network on which nothing was said yet, and on which the settings put us."""
    network_process.order("reset")
    for name, value in ours.settings_for(network_process.url).items():
        setattr(settings, name, value)
    return network_process


@pytest.fixture
def speaking(network: NetworkProcess) -> Voice:
    assert network.url
    return voice()


@pytest.fixture
def agency(registry: Registry, settings: Settings) -> Participant:
    settings.ONDC_SETTLEMENT_AGENCY_ID = AGENCY
    settings.ONDC_SETTLEMENT_AGENCY_URI = f"https://{AGENCY}/money"
    one = Participant(id=AGENCY)
    registry.rows.append(one)
    return one


@pytest.fixture
def settling(seller: Participant, agency: Participant) -> Voice:
    assert seller.id != agency.id
    make_zone("MNP", now=clock())
    # What any callback of the seller's leaves: where it listens.
    Listed.objects.create(
        subscriber_id=seller.id, unique_key_id="k0", kind="BPP", status="SUBSCRIBED",
        url=f"https://{seller.id}/ondc", signing_public_key="", fetched_at=clock(),
    )  # fmt: skip
    return voice()
