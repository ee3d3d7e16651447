"""Riders are on a network: what is said to it waits in these tests, sending it is another module's."""

import pytest
from pytest_django.fixtures import Settings

from tests.ondc import ours


@pytest.fixture
def on_the_network(settings: Settings) -> None:
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
