"""CONTRIBUTING names every constraint and trigger of ours, with a test that exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def spelled_out(text: str) -> Iterator[str]:
    """Yield what a name with alternatives in braces stands for."""
    braces = re.search(r"{([^{}]*)}", text)
    if braces is None:
        yield text
        return
    for one in braces[1].split(","):
        yield from spelled_out(text[: braces.start()] + one + text[braces.end() :])


def listed() -> list[list[str]]:
    """Return the rows of the tables, each as its cells."""
    tables = (ROOT / "CONTRIBUTING.md").read_text().split("\n## Locks and constraints")[1]
    rows = [line.split("|")[1:-1] for line in tables.splitlines() if line.startswith("|")]
    return [row for row in rows if not row[0].startswith("---")]


def names_of(model: type[Model]) -> list[str]:
    triggers = getattr(model._meta, "triggers", [])
    return [*(one.name for one in model._meta.constraints), *(one.name for one in triggers)]


NAMED = [
    re.compile(re.escape(name).replace(r"\*", ".*"))
    for guard, *_ in listed()
    for quoted in re.findall(r"`([^`]+)`", guard)
    for name in spelled_out(quoted)
    # A bare ending would stand for the names of other tables as well.
    if re.match(r"[a-z]+_", name)
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_constraint_and_trigger_is_in_the_table(model: type[Model]) -> None:
    missing = [name for name in names_of(model) if not any(one.fullmatch(name) for one in NAMED)]

    assert missing == []


def test_every_test_in_the_table_exists() -> None:
    files = list((ROOT / "tests").rglob("test_*.py"))
    there = {path.stem for path in files}
    there.update(name for path in files for name in re.findall(r"def (test_\w+)", path.read_text()))
    named = {
        name
        for row in listed()
        for quoted in re.findall(r"`([^`]+)`", row[1])
        for one in spelled_out(quoted)
        for name in re.findall(r"\btest_\w+", one)
    }

    assert sorted(named - there) == []


def test_every_row_of_the_table_names_a_test() -> None:
    untested = [row[0].strip() for row in listed() if not re.search(r"test_|^ Test $", row[1])]

    assert untested == []
