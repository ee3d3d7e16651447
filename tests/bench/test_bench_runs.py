"""The measurement itself: it runs, it holds the answers to account, it writes what it found."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks import report
from benchmarks.data import Shop, Visit
from benchmarks.figures import Figure, percentile, varies_too_much
from benchmarks.load import Answer
from benchmarks.scans import BrokenBenchError, Sent, schedule, verify
from uma.kernel.ids import new_id
from uma.stack.folder import ROOT

_FIGURES = {
    "P1",
    "P2",
    "P3",
    "P4",
    "P5",
    "P6",
    "P7",
    "P8",
    "P9",
    "P10",
    "P11",
    "P11 page",
    "P12",
    "P13",
    "storm",
}


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_the_short_form_measures_and_writes_its_figures(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--short", "--into", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "results.json").read_text())
    assert found.keys() >= _FIGURES
    # BEGIN travels with the first statement, COMMIT with the second.
    assert (found["P6"]["high"], found["statements"]["high"]) == (2, 4)
    for figure in found.values():
        assert 0 < figure["low"] <= figure["ratio"] <= figure["high"]
    written = (tmp_path / "results.md").read_text()
    assert datetime.now(UTC).strftime("%Y-") in written
    assert all(f"| {name} |" in written for name in _FIGURES)


def test_a_section_of_the_results_is_written_anew_and_the_others_stay(tmp_path: Path) -> None:
    figure = Figure("P1", "what", "≥ 1", (0.5,))
    path = tmp_path / "results.md"

    def measured() -> None:
        report.write(tmp_path, [figure], command="c", ran_on="here", took_s=60)

    measured()
    report.add(tmp_path, "One", ["| old |"], command="one")
    report.add(tmp_path, "Two", ["| 2 |"], command="two")
    report.add(tmp_path, "One", ["| new |"], command="one")
    measured()

    written = path.read_text()
    assert [written.count(text) for text in ("| P1 |", "| old |", "| 2 |", "| new |")] == [
        1,
        0,
        1,
        1,
    ]
    assert written.index("## One") < written.index("| new |") < written.index("## Two")


def _visits(count: int) -> list[Visit]:
    shop = Shop(*(uuid4() for _ in range(5)))
    return [Visit(new_id(), "A" * 13, shop, uuid4()) for _ in range(count)]


def _answer(
    visit: Visit, handshake: str, *, replayed: bool = False, again: bool = False, status: int = 200
) -> Answer:
    body: dict[str, object] = {
        "handshake": {"id": handshake, "bookingId": str(visit.booking_id)},
        **({"alreadyRedeemed": True} if again else {}),
    }
    return Answer(status, replayed, json.dumps(body).encode(), 1.0)


def test_a_tenth_of_the_load_is_sent_again_and_a_tenth_is_scanned_twice() -> None:
    visits = _visits(160)
    sent = schedule(visits)
    assert len(sent) == 192
    keys = [one.key for one in sent]
    assert sum(keys.count(str(visit.booking_id)) == 2 for visit in visits) == 16
    assert sum(key.startswith("again-") for key in keys) == 16


def test_a_repeat_that_overtakes_its_first_is_accepted() -> None:
    (visit,) = _visits(1)
    sent = [Sent(visit, "a"), Sent(visit, "a"), Sent(visit, "b")]
    verify(
        sent,
        [
            _answer(visit, "h", replayed=True),
            _answer(visit, "h"),
            _answer(visit, "h", again=True),
        ],
    )


@pytest.mark.parametrize("spoilt", ["twice", "another", "never", "refused", "lost"])
def test_a_wrong_answer_voids_the_whole_run(spoilt: str) -> None:
    visit, other = _visits(2)
    sent = [Sent(visit, "a"), Sent(visit, "a")]
    answers = {
        "twice": [_answer(visit, "h"), _answer(visit, "h")],
        "another": [_answer(visit, "h"), _answer(visit, "i", replayed=True)],
        "never": [_answer(visit, "h", replayed=True), _answer(visit, "h", again=True)],
        "refused": [_answer(visit, "h"), _answer(visit, "h", status=409)],
        "lost": [_answer(visit, "h"), _answer(other, "h", replayed=True)],
    }[spoilt]
    with pytest.raises(BrokenBenchError):
        verify(sent, answers)


def test_a_missing_answer_voids_the_whole_run() -> None:
    (visit,) = _visits(1)
    with pytest.raises(BrokenBenchError):
        verify([Sent(visit, "a")], [])


def test_a_figure_is_the_median_with_its_spread() -> None:
    figure = Figure("P1", "what", "≥ 1", (0.5, 0.4, 0.9))
    assert figure.as_json() == {"ratio": 0.5, "low": 0.4, "high": 0.9, "runs": 3, "void": False}
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 99) == 4.0


def test_results_are_void_when_the_limit_itself_more_than_doubles() -> None:
    assert varies_too_much([1000.0, 2001.0])
    assert not varies_too_much([1000.0, 2000.0])


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_a_change_of_keys_is_measured_beside_the_api() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.key_rotation", "--rows", "400", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "400 people with three sealed values each" in done.stdout
    assert "p99 during ÷ before: " in done.stdout
