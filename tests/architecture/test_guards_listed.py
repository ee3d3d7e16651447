"""CONTRIBUTING names every constraint and trigger of ours, with a test that exists."""

import re

import pytest
from django.db.models import Model

from tests.architecture.tables import ROOT, defined, names_of, ours, quoted, rows, rows_of


@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_every_constraint_and_trigger_is_in_the_table(model: type[Model]) -> None:
    missing = [name for name in names_of(model) if not rows_of(name)]

    assert missing == []


def test_every_test_in_the_table_exists() -> None:
    there = {path.stem for path in (ROOT / "tests").rglob("test_*.py")} | set(defined())
    named = {
        name
        for row in rows()
        for one in quoted(row.test)
        for name in re.findall(r"\btest_\w+", one)
    }

    assert sorted(named - there) == []


def test_every_row_of_the_table_names_a_test() -> None:
    untested = [row.guard for row in rows() if "test_" not in row.test]

    assert untested == []
