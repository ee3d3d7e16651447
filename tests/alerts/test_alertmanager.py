"""Whom an alert reaches: the project's own configuration, as Alertmanager's tool reads it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.alerts.conftest import RULES
from tests.tools import tool

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of Alertmanager and its tool; fetched when this machine has none."""
    return tool("prometheus-alertmanager", "prometheus-alertmanager", "amtool")


def configuration(folder: Path) -> Path:
    """
    Return the project's configuration for Debian's tool.

    It is older than the Alertmanager in compose and reads no address from a file: an address takes that place.
    """
    said = (RULES.parent / "alertmanager.yml").read_text()
    said, files = re.subn(r"url_file: /run/secrets/(\w+)_url", r"url: http://127.0.0.1/\1", said)
    assert files == 2
    there = folder / "alertmanager.yml"
    there.write_text(said)
    return there


def test_its_own_tool_has_nothing_to_say_of_the_configuration(
    programs: Path, tmp_path: Path
) -> None:
    there = configuration(tmp_path)

    def said() -> int:
        command = [str(programs / "amtool"), "check-config", str(there)]
        return subprocess.run(command, check=False, capture_output=True).returncode

    assert said() == 0
    # The control: somebody who is not there.
    there.write_text(there.read_text().replace("receiver: pager", "receiver: nobody"))
    assert said() != 0


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["severity=page", "alertname=BooksDoNotBalance"], "pager"),
        (["severity=ticket", "alertname=JobsFail"], "tickets"),
        (["alertname=Unknown"], "tickets"),
    ],
)
def test_a_page_wakes_somebody_and_a_ticket_waits(
    programs: Path, tmp_path: Path, labels: list[str], receiver: str
) -> None:
    there = configuration(tmp_path)
    command = [
        str(programs / "amtool"),
        "config",
        "routes",
        "test",
        f"--config.file={there}",
        *labels,
    ]

    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert done.stdout.strip() == receiver
