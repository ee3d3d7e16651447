"""Analysts' files beside psql: every visit there is as an export, and what psql needs to copy the same."""

import gzip
import json
import os
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from apps.accounts import services as accounts
from apps.exports import selectors, services, writing
from apps.exports.models import Export
from benchmarks.scans import BrokenBenchError
from benchmarks.servers import Stores
from uma.stack import programs
from uma.stack.postgres import Cluster

DATASET = "handshakes"
_TABLE = "handshake_handshake"


@dataclass(frozen=True, slots=True)
class Exported:
    """One export: its rows, the seconds from claim to file, the most memory its worker had."""

    rows: int
    seconds: float
    peak_mb: float


class Analyst:
    """An operator who asks for everything, and the copying that psql does beside it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._person = accounts.create_operator(
            username="analyst",
            display_name="Analyst",
            password=os.urandom(16).hex(),
            now=datetime.now(UTC),
        )
        found = selectors.dataset(DATASET)
        condition, facts = writing.Slice().condition(found)
        assert not facts, "a parameter cannot be told to psql"
        self._query = found.select(condition)

    def export(self) -> Exported:
        """
        Let a worker of its own make the file, and read it back.

        Raises:
            BrokenBenchError: the file does not hold the rows that it says.
        """
        export = services.request_export(
            dataset=DATASET, zone_code="", since=None, until=None, filters={}, person=self._person,
            now=datetime.now(UTC),
        )  # fmt: skip
        folder = self._stores.folder / "exports"
        worker = programs.python(
            name="export",
            arguments=["-m", "benchmarks.export_worker", str(export.pk)],
            environment={**self._stores.environment, "UMA_EXPORTS_FOLDER": str(folder)},
            logs=self._stores.folder / "logs",
        )
        said = json.loads(programs.run_to_end(worker, title="The export").splitlines()[-1])
        done = Export.objects.get(pk=export.pk)
        with gzip.open(folder / done.file) as lines:
            rows = sum(1 for _ in lines) - 1  # the heading
        (folder / done.file).unlink()
        if not rows == done.rows_done == done.rows_total:
            raise BrokenBenchError(f"{rows} lines, {done.rows_done} of {done.rows_total} said")
        return Exported(rows, said["seconds"], said["peak_mb"])

    def copy_table(self) -> float:
        """Return the seconds psql needs to copy the bare table to nowhere."""
        return self._copy(_TABLE)

    def copy_query(self) -> float:
        """Return the seconds psql needs to copy the very rows of the export to nowhere."""
        return self._copy(f"({self._query})")

    def _copy(self, what: str) -> float:
        began = time.monotonic()
        _psql(self._stores.cluster, f"COPY {what} TO STDOUT WITH (FORMAT csv, HEADER)")
        return time.monotonic() - began


def _psql(cluster: Cluster, command: str) -> None:
    url = urlsplit(cluster.url)
    subprocess.run(
        [
            cluster.binaries["psql"],
            *("-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username)),
            *("-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", command, url.path[1:]),
        ],
        env={**os.environ, "PGPASSWORD": unquote(url.password or "")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
