"""Whom an alert reaches: the project's own configuration, as Alertmanager's tool reads it and as it calls."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.calling import Addresses, alertmanager, eventually
from tests.alerts.conftest import RULES
from tests.alerts.watching import prometheus
from tests.tools import tool

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of Alertmanager and its tool; fetched when this machine has none."""
    return tool("prometheus-alertmanager", "prometheus-alertmanager", "amtool")


@pytest.fixture
def addresses() -> Iterator[Addresses]:
    found = Addresses()
    yield found
    found.stop()


def configuration(folder: Path, *, calls: str = "127.0.0.1") -> Path:
    """
    Return the project's configuration for Debian's tool, with addresses at `calls`.

    It is older than the Alertmanager in compose and reads no address from a file: an address takes that place.
    """
    said = (RULES.parent / "alertmanager.yml").read_text()
    said, files = re.subn(r"url_file: /run/secrets/(\w+)_url", rf"url: http://{calls}/\1", said)
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


ECHOES = {"HandshakesFail", "ScansSpendBudgetFast"}


def test_what_rings_reaches_whom_it_is_for_and_an_outages_echo_reaches_nobody(
    programs: Path, tools: Path, tmp_path: Path, addresses: Addresses
) -> None:
    page = addresses.page
    page.series = {"uma_database_answers": 0, "uma_custody_whole": 0, "uma_merchants_low": 3}
    there = configuration(tmp_path, calls=addresses.target)
    with (
        alertmanager(programs, tmp_path, there) as manager,
        prometheus(tools, tmp_path, [addresses.target], tells=manager.target),
    ):

        def said() -> object:
            return addresses.heard, manager.held_back(), manager.process.log_text()

        pages = {"DatabaseAway", "CustodyCheckFailed"}
        eventually(lambda: pages <= addresses.ringing("pager"), said)
        eventually(lambda: "WalletsRunLow" in addresses.ringing("tickets"), said)
        # What follows from it: scans fail.
        page.counting = 'uma_http_requests_total{route="api/handshake/execute",status="503"}'
        eventually(lambda: manager.held_back() >= ECHOES, said)

        assert addresses.ringing("pager") == pages
        assert addresses.ringing("tickets") <= {"WalletsRunLow", "ScansSpendBudgetSlowly"}
        # The control: without what it follows from it is news, and nobody had held it back for good.
        page.series["uma_database_answers"] = 1
        eventually(lambda: addresses.ringing("pager") >= ECHOES, said)

        eventually(lambda: ("DatabaseAway", "resolved") in addresses.heard["pager"], said)
        assert manager.held_back() == set()
