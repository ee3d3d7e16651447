"""The results on the screen and in the two files."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure
from uma.stack.folder import ROOT

_WORDS = {1: "1 core", 2: "2 cores", 4: "4 cores", 8: "8 cores"}
_SECTION = "\n## "
_ABOUT = """\
Server, database and load share the machine, so only ratios say anything; each is made of two
measurements of the same repetition, repetitions are interleaved, and the median counts, with the
lowest and the highest beside it. A tenth of the visits is sent again with the same Idempotency-Key
and a tenth is scanned twice, for pgbench as well. After each run every visit is settled exactly
once, every acknowledged one is found in the tables, and the invariants of ledger and bookings hold;
otherwise there are no results. The database syncs every commit. The web server runs as `make run`
starts it, outside DEBUG; follow-up messages are published, by the straightforward version too, but
no worker runs beside the measurement. That version (benchmarks/straightforward) keeps the same
contract with simplejwt, DRF and the ORM on tables of its own in the same database, without the
ledger's guards; P4's is the same with django-hordak's accounts in place of its wallets. What
`kill -9` leaves is the subject of the fault tests.
"""


def machine() -> str:
    """Return what runs this, in words; asked before the run, so that other work shows."""
    count, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    cores = _WORDS.get(count, f"{count} cores")
    return f"{cores} shared by server, database and load, load average {load:.1f} before the run"


def commit() -> str:
    """Return the short id of what was measured, marked when files other than the results differ from it."""
    said = _git("describe", "--always", "--abbrev=9").stdout.strip() or "unknown"
    others = [f":(exclude)benchmarks/results.{kind}" for kind in ("md", "json")]
    is_it = _git("diff", "--quiet", "HEAD", "--", ".", *others).returncode == 0
    return said if is_it else f"{said}, with changes"


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def show(console: Console, figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table("figure", "median", "low", "high", "runs", "goal", "what")
    for one in figures:
        median = f"{one.ratio:.2f}" + (" void" if one.void else "")
        low, high = f"{min(one.values):.2f}", f"{max(one.values):.2f}"
        table.add_row(one.name, median, low, high, str(len(one.values)), one.goal, one.meaning)
    console.print(table)


def write(
    folder: Path,
    figures: Sequence[Figure],
    *,
    command: str,
    ran_on: str,
    took_s: float,
) -> None:
    """Write results.md and results.json; what other measurements added to the first stays."""
    measured = commit()  # before the files of this very run differ from it
    others = _sections(folder / "results.md")
    folder.mkdir(parents=True, exist_ok=True)
    found = {one.name: one.as_json() for one in figures}
    (folder / "results.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    lines = [
        "# Measured",
        "",
        (
            f"{datetime.now(UTC):%Y-%m-%d}, commit {measured}, {ran_on}; `{command}`,"
            f" {took_s / 60:.0f} min."
        ),
        "",
        "| | median | low | high | runs | goal | what |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in figures:
        mark = " (void: pgbench itself varied more than twofold)" if one.void else ""
        lines.append(
            f"| {one.name} | {one.ratio:.2f}{mark} | {min(one.values):.2f} |"
            f" {max(one.values):.2f} | {len(one.values)} | {one.goal} | {one.meaning} |"
        )
    _join(folder / "results.md", "\n".join([*lines, "", _ABOUT]), others)


def add(folder: Path, heading: str, lines: Sequence[str], *, command: str) -> None:
    """Write a section of results.md anew, under its heading, with when and what was measured."""
    path = folder / "results.md"
    whole, others = path.read_text().partition(_SECTION)[0], _sections(path)
    said = f"{datetime.now(UTC):%Y-%m-%d}, commit {commit()}; `{command}`."
    others[heading] = "\n".join([said, "", *lines])
    _join(path, whole, others)


def _sections(path: Path) -> dict[str, str]:
    """Return what stands under the headings behind the table."""
    if not path.exists():
        return {}
    _, *parts = path.read_text().split(_SECTION)
    return {head: body.strip() for head, _, body in (part.partition("\n") for part in parts)}


def _join(path: Path, whole: str, sections: Mapping[str, str]) -> None:
    behind = "".join(f"{_SECTION}{head}\n\n{body}\n" for head, body in sections.items())
    path.write_text(f"{whole.rstrip()}\n{behind}")
