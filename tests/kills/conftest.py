"""
A platform of its own whose parts are killed.

What counts here is what is left afterwards and never how long it took, so that other tests may run beside it.
"""

from pathlib import Path

import pytest

from tests.faults.conftest import firebase, platform

__all__ = ["firebase", "platform"]

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs them all: they share a platform."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("kills"))
