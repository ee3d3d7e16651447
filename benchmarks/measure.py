"""The order in which everything is measured."""

import time
from pathlib import Path

from rich.console import Console

from benchmarks import report
from benchmarks.results import figures
from benchmarks.servers import Stores
from benchmarks.session import Session
from benchmarks.sizes import FULL, SHORT


def everything(stores: Stores, *, short: bool, into: Path | None, started: float) -> None:
    """Measure all that can be, print it, and write it down when `into` says where."""
    console, ran_on = Console(), report.machine()
    session = Session(stores, SHORT if short else FULL, console)
    session.count_trips()
    session.repeat()
    session.be_called_back()
    session.look()
    session.take_away()
    session.search()
    session.remember()
    session.read_back()
    session.grow()
    found = list(figures(session.samples))
    report.show(console, found)
    if into is not None:
        command = "python -m benchmarks --short" if short else "make bench"
        took_s = time.monotonic() - started
        report.write(into, found, command=command, ran_on=ran_on, took_s=took_s)
