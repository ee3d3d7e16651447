"""Alertmanager as a child process with the project's configuration, and the two addresses that it calls."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
import yaml

from uma.stack import ports
from uma.stack import process as processes
from uma.stack.process import Process, Program

# Where the program looks for its templates, wherever it was unpacked.
TEMPLATES = Path("/usr/share/prometheus/alertmanager")
WITHIN_S = 60.0


class Page:
    """What a server of ours would say at /metrics; the test changes it."""

    def __init__(self) -> None:
        self.series: dict[str, float] = {}
        # Rises by ten at each look.
        self.counting: str = ""


class Addresses:
    """A server that is asked for metrics, and called at /pager and at /tickets."""

    def __init__(self) -> None:
        self.page = Page()
        # By address: alert and state, as they were told.
        self.heard: dict[str, set[tuple[str, str]]] = {"pager": set(), "tickets": set()}
        self._server = ThreadingHTTPServer((ports.HOST, 0), _handler_of(self))
        self.target = f"{ports.HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def ringing(self, who: str) -> set[str]:
        """Return the alerts that this address was ever called for."""
        return {alert for alert, state in self.heard[who] if state == "firing"}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(ours: Addresses) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = ours.page
            if page.counting:
                page.series[page.counting] = page.series.get(page.counting, 0.0) + 10.0
            lines = [f"{name} {value}\n" for name, value in page.series.items()]
            self._answer("".join(lines).encode())

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            who = self.path.removeprefix("/")
            ours.heard[who] |= {
                (one["labels"]["alertname"], one["status"]) for one in said["alerts"]
            }
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


class Alertmanager:
    """One running Alertmanager, alone."""

    def __init__(self, programs: Path, folder: Path, configuration: Path) -> None:
        document = yaml.safe_load(configuration.read_text())
        # Whom and what is the project's; how long several are gathered is only waited for.
        document["route"] |= {"group_wait": "1s", "group_interval": "1s"}
        configuration.write_text(yaml.safe_dump(document))
        self.target = f"{ports.HOST}:{ports.any_free()}"
        command = [
            str(programs / "prometheus-alertmanager"),
            f"--config.file={configuration}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={self.target}",
            "--cluster.listen-address=",
        ]
        self.process: Process = processes.start(
            Program(
                name="alertmanager",
                command=_where_its_templates_are(programs, command),
                log=folder / "alertmanager.log",
            )
        )

    def held_back(self) -> set[str]:
        """Return the alerts that it has and calls nobody for, because another one says it all."""
        answer = requests.get(f"http://{self.target}/api/v2/alerts", timeout=5)
        return {one["labels"]["alertname"] for one in answer.json() if one["status"]["inhibitedBy"]}


def _where_its_templates_are(programs: Path, command: list[str]) -> list[str]:
    if TEMPLATES.exists():
        return command
    # Unpacked and not installed: it sees its own /usr/share, and nobody else does.
    shared = programs.parent / "share"
    script = 'mount --bind "$0" /usr/share && exec "$@"'
    return [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        script,
        str(shared),
        *command,
    ]


@contextmanager
def alertmanager(programs: Path, folder: Path, configuration: Path) -> Iterator[Alertmanager]:
    """Run Alertmanager from when it answers."""
    one = Alertmanager(programs, folder, configuration)
    try:
        eventually(lambda: _answers(one), one.process.log_text)
        yield one
    finally:
        one.process.kill()


def _answers(one: Alertmanager) -> bool:
    try:
        return requests.get(f"http://{one.target}/-/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


def eventually(true: Callable[[], bool], why: Callable[[], object]) -> None:
    """Wait until it is true."""
    until = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < until, why()
        time.sleep(0.1)
