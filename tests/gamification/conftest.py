"""Tests of one process must not see each other's copies of a catalogue."""

import pytest

from apps.gamification import selectors


@pytest.fixture(autouse=True)
def no_copies_of_others() -> None:
    selectors.forget_copies()
