"""Every place that locks rows is listed with a race that is red without it; a new one brings its own."""

import re

from tests.architecture.locks import RACES_IN_SQL, races
from tests.architecture.tables import ROOT, defined
from tests.mutants.locks import taken


def test_every_lock_is_listed_with_a_race_of_its_own() -> None:
    assert {place: len(named) for place, named in races().items()} == taken()


def test_a_locks_race_exists_and_is_in_the_tables() -> None:
    tables = (ROOT / "CONTRIBUTING.md").read_text()
    there = set(defined()) & set(re.findall(r"\btest_\w+", tables))

    named = {test for tests in races().values() for test in tests} | set(RACES_IN_SQL.values())

    assert sorted(named - there) == []
