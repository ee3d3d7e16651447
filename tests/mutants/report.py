"""What was seen of each mutant, last: results.md. A run of a part keeps what it did not run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.report import commit
from tests.mutants.loop import Verdict
from tests.mutants.mutant import Mutant, all_of_them

RESULTS = Path(__file__).parent / "results.md"
_COLUMNS = ("kind", "what is taken away", "where", "", "test", "how it shows", "seen at")


def show(console: Console, verdicts: Sequence[Verdict]) -> None:
    table = Table("what", "where", "test", "")
    for one in verdicts:
        mutant = one.mutant
        table.add_row(f"{mutant.kind} {mutant.what}", mutant.where, _short(one.test), one.word)
    console.print(table, markup=False)


def write(verdicts: Sequence[Verdict]) -> None:
    """Write the rows of all that can be taken away now: those of this run, and what stood there."""
    mutants = all_of_them()
    seen_at = commit()
    seen = {_key(row): row for row in _read()}
    for one in verdicts:
        mutant = one.mutant
        facts = (mutant.kind, f"`{mutant.what}`", mutant.where, one.word)
        row = [*facts, f"`{_short(one.test)}`", one.how.replace("|", "/"), seen_at]
        seen[_key(row)] = row
    rows = [seen[key] for key in map(_key_of, mutants) if key in seen]
    red = sum(row[3] == "red" for row in rows)
    lines = [
        "# What is red without each guard",
        "",
        f"`make mutants`, last on {datetime.now(UTC):%Y-%m-%d}: of {len(mutants)} locks, constraints and",
        f"triggers {len(rows)} were taken away, each by itself; {red} were missed by a test of theirs,",
        f"{len(rows) - red} by none.",
        "",
        _line(_COLUMNS),
        "|" + "---|" * len(_COLUMNS),
        *map(_line, rows),
    ]
    RESULTS.write_text("\n".join(lines) + "\n")


def _read() -> list[list[str]]:
    if not RESULTS.exists():
        return []
    lines = [line for line in RESULTS.read_text().splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines[1:]]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _key(row: Sequence[str]) -> tuple[str, str]:
    return row[1], row[2]


def _key_of(mutant: Mutant) -> tuple[str, str]:
    return f"`{mutant.what}`", mutant.where


def _short(test: str) -> str:
    return test.removeprefix("tests/")
