"""Prometheus as a child process, reading one of our servers with the project's own configuration."""

import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path

import requests
import yaml

from tests.alerts.conftest import RULES
from uma.stack import ports
from uma.stack import process as processes
from uma.stack.process import Process, Program

TOKEN = "a-token-for-metrics"
# Reading and judging each two seconds, where production does each five: what is waited for is what a rule says.
EVERY = "2s"
# A process that has served thousands of tests answers slowly while others use the machine.
STARTS_WITHIN_S = 120


class Prometheus:
    """One running Prometheus; `ringing` is what Alertmanager is told, where there is one."""

    def __init__(
        self, tools: Path, folder: Path, targets: list[str], *, tells: str | None = None
    ) -> None:
        document = yaml.safe_load((RULES.parent / "prometheus.yml").read_text())
        document["global"] |= {
            "scrape_interval": EVERY,
            "scrape_timeout": EVERY,
            "evaluation_interval": EVERY,
        }
        document["rule_files"] = [str(RULES)]
        (manager,) = document["alerting"]["alertmanagers"]
        manager["static_configs"] = [{"targets": [tells] if tells else []}]
        (scrape,) = document["scrape_configs"]
        (folder / "token").write_text(TOKEN)
        scrape["authorization"] = {"credentials_file": str(folder / "token")}
        scrape["static_configs"] = [{"targets": targets}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(document))
        port = ports.any_free()
        self.url = f"http://{ports.HOST}:{port}"
        self.process: Process = processes.start(
            Program(
                name="prometheus",
                command=[
                    str(tools / "prometheus"),
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'data'}",
                    f"--web.listen-address={ports.HOST}:{port}",
                ],
                log=folder / "prometheus.log",
            )
        )

    def ringing(self) -> set[str]:
        answer = requests.get(f"{self.url}/api/v1/alerts", timeout=5)
        found = answer.json()["data"]["alerts"]
        return {one["labels"]["alertname"] for one in found if one["state"] == "firing"}

    def ask(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Return what a query finds now: labels and value; nothing while it starts."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=5)
        if answer.status_code == requests.codes.unavailable:
            return []
        return [(one["metric"], float(one["value"][1])) for one in answer.json()["data"]["result"]]

    def hear_all(self, target: str, *, processes: int, within_s: float) -> None:
        """Wait until each process of a server has answered; which one does is the kernel's choice each time."""
        until = time.monotonic() + within_s
        query = f'count_over_time(uma_queue_waiting{{instance="{target}"}}[{within_s:.0f}s])'
        while len(heard := {labels["process"] for labels, _ in self.ask(query)}) != processes:
            assert time.monotonic() < until, f"of {processes} processes only {sorted(heard)} answer"
            time.sleep(0.2)

    def failures(self) -> str:
        """Return why each target could not be read when it was last asked, for who must mend it."""
        answer = requests.get(f"{self.url}/api/v1/targets", timeout=5)
        return "\n".join(
            f"{one['scrapeUrl']}: {one['health']} {one['lastError']}, {one['lastScrapeDuration']:.2f} s"
            for one in answer.json()["data"]["activeTargets"]
        )

    def wait(
        self,
        *,
        for_: AbstractSet[str] = frozenset(),
        without: AbstractSet[str] = frozenset(),
        within_s: float,
    ) -> float:
        """Wait until all of these ring and none of those; return after how many seconds."""
        began = time.monotonic()
        while not (for_ <= (ringing := self.ringing()) and not without & ringing):
            waited = time.monotonic() - began
            assert waited < within_s, (
                f"after {waited:.0f} s silent: {sorted(for_ - ringing)},"
                f" still ringing: {sorted(without & ringing)}"
            )
            time.sleep(0.2)
        return time.monotonic() - began


@contextmanager
def prometheus(
    tools: Path, folder: Path, targets: list[str], *, tells: str | None = None
) -> Iterator[Prometheus]:
    """Run Prometheus from when it has read every target once; `tells` is where an Alertmanager listens."""
    one = Prometheus(tools, folder, targets, tells=tells)
    try:
        until = time.monotonic() + STARTS_WITHIN_S
        while True:
            try:
                if len(one.ask("up == 1")) == len(targets):
                    break
            except requests.ConnectionError:
                assert time.monotonic() < until, one.process.log_text()
            else:
                assert time.monotonic() < until, one.failures()
            time.sleep(0.1)
        yield one
    finally:
        one.process.kill()
