"""
Take each lock, constraint and trigger away once and see its test go red: `make mutants`.

Words choose a part: `make mutants ARGS="lock payments"` are the locks of payments. Nothing in the working
tree changes: functions of this process run with other code, guards are dropped in the tests' own database.
"""

import os
import sys

import pytest
from rich.console import Console

from tests.mutants import report
from tests.mutants.loop import Loop

# A race that nothing holds up may wait for somebody who does not come.
_OPTIONS = ("-qq", "--no-header", "--no-summary", "-p", "no:randomly", "--timeout", "120")


def main(words: list[str]) -> int:
    """Return 0 when whatever was taken away was missed by a test of its own."""
    # pytest keeps for itself what is written while a test runs.
    console = Console(file=os.fdopen(os.dup(sys.stdout.fileno()), "w"))
    loop = Loop(words, console)
    pytest.main([*_OPTIONS, "tests"], plugins=[loop])
    report.show(console, loop.verdicts)
    report.write(loop.verdicts)
    left = len(loop.mutants) - sum(one.is_red for one in loop.verdicts)
    console.print(f"{len(loop.mutants)} taken away, {left} not missed")
    return int(left > 0 or not loop.mutants)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
