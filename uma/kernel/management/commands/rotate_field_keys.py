"""`manage.py rotate_field_keys`: every sealed value under the first key of UMA_FIELD_KEYS."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import IO, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from uma.kernel.crypto import rotation
from uma.kernel.crypto.keyring import Keyring, keyring

_NAMED = 20


class Command(BaseCommand):
    help = (
        "Seal every value again under the first key, while the platform serves; safe to stop and"
        " to start again. --check changes nothing and exits 1 if a value does not open."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only see whether all values open")
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="rows at a time")
        parser.add_argument(
            "--share",
            type=float,
            default=rotation.SHARE,
            help="of the time that it works, above 0 and at most 1",
        )

    def handle(self, *, check: bool, batch: int, share: float, **_: object) -> None:
        if not 0 < share <= 1 or batch < 1:
            raise CommandError("--share is above 0 and at most 1, --batch at least 1.")
        self.stdout.ending = ""  # Rich ends its lines itself
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)  # it writes text
        keys = keyring()
        if not check:
            rotated = [
                self._watch(
                    console, table, rotation.rotate(table, keys=keys, batch=batch, share=share)
                )
                for table in rotation.sealed_tables()
            ]
            for one in rotated:
                console.print(f"{one.table}: {one.rotated} row(s) sealed again")
            self._complain(
                [
                    f"{one.table}: {one.passed_by} row(s) were held by others"
                    for one in rotated
                    if one.passed_by
                ]
            )
        counted = [
            self._watch(console, table, rotation.check(table, keys=keys))
            for table in rotation.sealed_tables()
        ]
        console.print(_by_key(counted, keys))
        self._complain([reason for one in counted for reason in one.unreadable])
        console.print("Every sealed value opens.")

    def _watch(
        self, console: Console, table: rotation.SealedTable, states: Iterator[rotation.Found]
    ) -> rotation.Found:
        """Go through all of it behind a bar and return how it ended."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        found = rotation.Found(table.name)
        with Progress(*columns, console=console, transient=True) as bars:
            bar = bars.add_task(table.name, total=table.count())
            for found in states:
                bars.update(bar, completed=found.rows or found.rotated)
        return found

    def _complain(self, reasons: list[str]) -> None:
        if not reasons:
            return
        for reason in reasons[:_NAMED]:
            self.stderr.write(reason)
        raise CommandError(f"{len(reasons)} thing(s) are not as they must be.")


def _by_key(found: list[rotation.Found], keys: Keyring) -> Table:
    shown = Table("table", "column", "key", "values")
    for one in found:
        for (column, kid), values in sorted(one.values.items()):
            mark = (
                " (seals)"
                if kid == keys.sealing_kid
                else ""
                if kid in keys.kids
                else " (not listed)"
            )
            shown.add_row(one.table, column, kid + mark, str(values))
    return shown
