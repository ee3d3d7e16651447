"""What the person at the terminal sees: one line for each step, with its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from uma.stack.errors import StackError


class Screen:
    """The terminal; without one (a log file, CI) the same lines without movement."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while it runs, and how long it took."""
        started = time.monotonic()
        with self._console.status(escape(title)):
            yield
        took = time.monotonic() - started
        self._console.print(f"[green]✓[/] {escape(title):<56} [dim]{took:5.1f} s[/]")

    def say(self, text: str) -> None:
        self._console.print(escape(text), soft_wrap=True)

    def show(self, text: str) -> None:
        """Print a program's own output as it is."""
        self._console.out(text, end="")

    def refuse(self, problem: StackError) -> None:
        self._console.print(f"[red]✗ {escape(problem.cause)}[/]", soft_wrap=True)
        self._console.print(f"  {escape(problem.advice)}", soft_wrap=True)

    def ready(self, *, took: float, rows: list[tuple[str, str]]) -> None:
        """Print the word that everybody waits for, the addresses and the sign-ins."""
        table = Table.grid(padding=(0, 2))
        for name, value in rows:
            table.add_row(f"[bold]{escape(name)}[/]", escape(value))
        self._console.print(Panel(table, title=f"ready in {took:.1f} s", expand=False))
        self._console.print("Ctrl-C stops everything.")
