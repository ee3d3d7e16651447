"""
pytest's loop, for mutants: one session in which each mutant's tests run until one of them fails.

A test counts when its own body fails, was green before with nothing taken away, and is green again
afterwards. So neither a broken import nor a fixture, nor what an earlier mutant left, makes a row red.
"""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

import pytest
from rich.console import Console
from rich.progress import track

from tests.mutants.guards import disconnect
from tests.mutants.mutant import Mutant, all_of_them

_REASON = 90


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: `red` by a test, or GREEN, and how it showed."""

    mutant: Mutant
    is_red: bool
    test: str
    how: str

    @property
    def word(self) -> str:
        return "red" if self.is_red else "GREEN"


class Loop:
    """The plugin that replaces pytest's own loop for one session."""

    def __init__(self, words: list[str], console: Console) -> None:
        self.verdicts: list[Verdict] = []
        self.mutants: list[Mutant] = []
        self._words = words
        self._console = console
        self._items: dict[str, dict[str, list[pytest.Item]]] = {}
        self._reports: list[pytest.TestReport] = []
        self._green: dict[pytest.Item, bool] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Collect the files that are named, and no others."""
        self.mutants = [one for one in all_of_them() if one.is_meant(self._words)]
        files = {place.path for mutant in self.mutants for place in mutant.places}
        session.config.args = sorted(files)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        found: dict[str, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
        for item in items:
            path = item.nodeid.split("::")[0]
            found[path][""].append(item)
            found[path][getattr(item, "originalname", item.name)].append(item)
        self._items = found

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("a file of tests cannot be read")
        meant = dict.fromkeys(item for mutant in self.mutants for item in self._tests_of(mutant))
        for item in track(meant, "control", console=self._console):
            self._green[item] = self._run(item) is None and self._ran()
        for mutant in track(self.mutants, "mutants", console=self._console):
            began = monotonic()
            verdict = self._try(mutant)
            self.verdicts.append(verdict)
            self._console.print(
                f"{verdict.word} {monotonic() - began:.1f} s, {mutant.kind} {mutant.what} of"
                f" {mutant.where}: {verdict.how}",
                style="" if verdict.is_red else "bold",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        """Say nothing of single tests: what fails here is meant to."""
        return "", "", ""

    def _try(self, mutant: Mutant) -> Verdict:
        tests = self._tests_of(mutant)
        broken = [item for item in tests if not self._green[item]]
        if broken or not tests:
            name = broken[0].nodeid if broken else ""
            return Verdict(
                mutant, is_red=False, test=name, how="is not green with nothing taken away"
            )
        disconnect()
        with mutant.made():
            item, how = next(self._failures(tests), (None, ""))
            disconnect()
        if item is None:
            return Verdict(mutant, is_red=False, test="", how=f"{len(tests)} tests stay green")
        if self._run(item) is not None:
            how = f"stays red when it is back: {how}"
            return Verdict(mutant, is_red=False, test=item.nodeid, how=how)
        return Verdict(mutant, is_red=True, test=item.nodeid, how=how)

    def _failures(self, tests: list[pytest.Item]) -> Iterator[tuple[pytest.Item, str]]:
        for item in tests:
            how = self._run(item)
            if how is not None:
                yield item, how

    def _run(self, item: pytest.Item) -> str | None:
        """Run a test; return how its body failed, or None."""
        self._reports.clear()
        # The next one stands anywhere: what a file or folder set up goes, what the session did stays.
        item.ihook.pytest_runtest_protocol(item=item, nextitem=item.session)
        for report in self._reports:
            if report.when == "call" and report.failed:
                crash = getattr(report.longrepr, "reprcrash", None)
                said = str(crash.message if crash else report.longrepr).strip()
                return " ".join(said.split())[:_REASON]
        return None

    def _ran(self) -> bool:
        return all(report.passed for report in self._reports)

    def _tests_of(self, mutant: Mutant) -> list[pytest.Item]:
        """Return its tests, those first that speak of it."""
        places = [self._items[place.path][place.name] for place in mutant.places]
        return sorted(
            dict.fromkeys(item for items in places for item in items),
            key=lambda item: not any(mutant.what in words for words in _words(item)),
        )


def _words(item: pytest.Item) -> Iterator[str]:
    yield item.nodeid
    call = getattr(item, "callspec", None)
    if call is not None:
        yield repr(call.params)
    elif isinstance(item, pytest.Function):
        yield inspect.getsource(item.function)
