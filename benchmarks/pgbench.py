"""The limit: PostgreSQL's own load generator, doing a scan's work in one round trip."""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.figures import percentile
from uma.stack.postgres import Cluster

# What the connections spend on planning for the first time is no part of the limit.
_WARM_UP_SHARE = 0.25


@dataclass(slots=True)
class Limit:
    """What one run of pgbench did, after its warm-up; processor time per visit, all of it."""

    per_second: float
    p99_ms: float
    postgres_cpu_s: float = 0.0


def settle(cluster: Cluster, *, clients: int, scans: int, lock_merchant: bool = False) -> Limit:
    """Run the queued scans with `clients` connections, prepared statements, one call each."""
    script = (
        "\\set n :i * :clients + :client_id\n"
        f"SELECT bench_settle(:n, {'true' if lock_merchant else 'false'});\n"
        "\\set i :i + 1\n"
    )
    url = urlsplit(cluster.url)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scan.sql").write_text(script)
        done = subprocess.run(
            [
                cluster.binaries["pgbench"],
                *("-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username)),
                *("-n", "-M", "prepared", "-c", str(clients), "-j", "2"),
                *("-t", str(scans // clients), "-D", "i=0", "-D", f"clients={clients}"),
                *("-f", "scan.sql", "-l", "--log-prefix=scan", url.path[1:]),
            ],
            cwd=folder,
            env={**os.environ, "PGPASSWORD": unquote(url.password or "")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
        lines = [
            line
            for log in folder.glob("scan.*")
            if log.name != "scan.sql"
            for line in log.read_text().splitlines()
        ]
    return _limit(lines)


def _limit(lines: Iterable[str]) -> Limit:
    # client, number, latency in µs, script, seconds, microseconds
    done = sorted(
        (int(seconds) + int(micro) / 1e6, int(latency) / 1e3)
        for _, _, latency, _, seconds, micro, *_ in (line.split() for line in lines)
    )
    first = int(len(done) * _WARM_UP_SHARE)
    kept = done[first:]
    return Limit(
        per_second=(len(kept) - 1) / (kept[-1][0] - kept[0][0]),
        p99_ms=percentile([latency for _, latency in kept], 99),
    )
