"""Tests of one process must not see each other's copies of a catalogue, nor what others imported."""

import pytest
from pytest_django import Settings

from apps.gamification import selectors


@pytest.fixture(autouse=True)
def no_copies_of_others() -> None:
    selectors.forget_copies()


@pytest.fixture(autouse=True)
def nothing_of_the_network(settings: Settings) -> None:
    settings.MISSION_SOURCES = {}
