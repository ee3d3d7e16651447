from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.valkey import OwnValkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OwnValkey]:
    """A running Valkey that the test may freeze and kill."""
    server = OwnValkey(tmp_path)
    server.start()
    yield server
    server.stop()
