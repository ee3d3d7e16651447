"""CONTRIBUTING's tables of locks and constraints, as programs read them: each guard and the tests that need it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.db.models import Model

ROOT = Path(__file__).resolve().parent.parent.parent
_QUOTED = re.compile(r"`([^`]+)`")


class Row(NamedTuple):
    """One line of a table, and the heading above it: there stand the files of most of its tests."""

    heading: str
    guard: str
    test: str


class Place(NamedTuple):
    """Where a test stands; without a name, all tests of the file."""

    path: str
    name: str


def spelled_out(text: str) -> Iterator[str]:
    """Yield what a name with alternatives in braces stands for."""
    braces = re.search(r"{([^{}]*)}", text)
    if braces is None:
        yield text
        return
    for one in braces[1].split(","):
        yield from spelled_out(text[: braces.start()] + one + text[braces.end() :])


def quoted(text: str) -> Iterator[str]:
    """Yield the names that stand in a cell, each spelled out."""
    for name in _QUOTED.findall(text):
        yield from spelled_out(name)


@cache
def rows() -> list[Row]:
    """Return the lines of all tables."""
    tables = (ROOT / "CONTRIBUTING.md").read_text().split("\n## Locks and constraints")[1]
    found, heading = [], ""
    for line in tables.splitlines():
        if line.startswith("**"):
            heading = line
        elif line.startswith("| ") and not line.endswith("| Test |"):
            guard, test = line.split("|")[1:3]
            found.append(Row(heading, guard.strip(), test.strip()))
    return found


def ours() -> list[type[Model]]:
    """Return our models."""
    return [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def names_of(model: type[Model]) -> list[str]:
    """Return what guards a model's table: its constraints and its triggers."""
    triggers = getattr(model._meta, "triggers", [])
    return [*(one.name for one in model._meta.constraints), *(one.name for one in triggers)]


def rows_of(guard: str) -> list[Row]:
    """Return the lines that name a constraint or trigger, or all of its kind."""
    return [row for row in rows() if any(one.fullmatch(guard) for one in _patterns(row.guard))]


def places_of(row: Row) -> list[Place]:
    """Return the tests that a line names; of several with one name those in the files it speaks of."""
    near = _files(row.heading + row.test)
    found = []
    for name in quoted(row.test):
        test = re.search(r"\btest_\w+$", name)
        if test is None and name.endswith(".py"):
            found.append(Place(name, ""))
        if test is None:
            continue
        there = defined().get(test[0], [])
        found += [
            Place(path, test[0])
            for path in [path for path in there if path.startswith(near)] or there
        ]
    return found


@cache
def defined() -> dict[str, list[str]]:
    """Return the files in which each test is defined."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(), re.MULTILINE):
            found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return found


@cache
def _patterns(guard: str) -> list[re.Pattern[str]]:
    return [
        re.compile(re.escape(name).replace(r"\*", ".*"))
        for name in quoted(guard)
        # A bare ending would stand for the names of other tables as well.
        if re.match(r"[a-z]+_", name)
    ]


def _files(text: str) -> tuple[str, ...]:
    """Return the files and folders that a text names; one without a folder stands beside the last."""
    found, folder = [], ""
    for name in quoted(text):
        path = name.split("::")[0]
        if path.startswith("tests/"):
            folder = path.rpartition("/")[0]
        elif path.endswith(".py"):
            path = f"{folder}/{path}"
        else:
            continue
        found.append(path)
    return tuple(found)
