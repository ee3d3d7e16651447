"""The order in which everything is measured."""

import time
from pathlib import Path

from rich.console import Console

from benchmarks import report
from benchmarks.servers import Stores
from benchmarks.session import FULL, SHORT, Session

_MISSING = (
    "P3",
    "P4",
    "P7",
    "P8",
    "P9",
    "P10",
    "P11",
    "P12",
    "P13",
)


def everything(stores: Stores, *, short: bool, into: Path | None, started: float) -> None:
    """Measure all that can be, print it, and write it down when `into` says where."""
    console = Console()
    session = Session(stores, SHORT if short else FULL, console)
    session.count_trips()
    session.repeat_handshakes()
    figures = list(session.figures())
    report.show(console, figures, _MISSING)
    if into is not None:
        command = "python -m benchmarks --short" if short else "make bench"
        took_s = time.monotonic() - started
        report.write(into, figures, _MISSING, command=command, took_s=took_s)
