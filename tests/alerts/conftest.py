"""The real Prometheus and its promtool."""

from pathlib import Path

import pytest

from tests.faults.conftest import firebase, platform
from tests.tools import tool
from uma.stack.folder import ROOT

__all__ = ["firebase", "platform"]

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of `prometheus` and `promtool`; fetched when this machine has none."""
    return tool("prometheus", "prometheus", "promtool")
