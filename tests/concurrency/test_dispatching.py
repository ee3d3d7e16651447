"""Two jobs at one report: it is kept once and sent once; the one who comes meanwhile finds it taken."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from apps.ondc import courier, services
from apps.ondc.courier import Outcome, Verdict
from apps.ondc.models import Dispatch, InboundMessage, OutboundMessage
from apps.ondc.services import dispatching, observing
from apps.ondc.voice import Voice, voice
from tests.concurrency.meeting import at_once, beside
from tests.factories import make_rider
from tests.ondc import ours
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
WAIT_S = 20


@pytest.fixture
def observed(settings: Settings) -> Voice:
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
    settings.ONDC_OBSERVABILITY_URL = "http://127.0.0.1:9/observability"
    settings.ONDC_OBSERVABILITY_TOKEN = "a token"
    return voice()


@pytest.fixture
def told(observed: Voice) -> InboundMessage:
    """One callback of a journey that the network was not told of yet."""
    (search, *_) = ours.searched(make_rider().pk, observed, now=NOW)
    OutboundMessage.objects.update(state="TAKEN", settled_at=NOW)
    return InboundMessage.objects.create(
        sender=ours.SELLER, unique_key_id="key-1", action="on_search", message_id="m1",
        transaction_text="t1", digest="d1", header="h1", raw='{"context":{"action":"on_search"}}',
        transaction=search.question.transaction, state="DONE", handled_at=NOW,
        next_attempt_at=NOW, received_at=NOW,
    )  # fmt: skip


@pytest.fixture
def report() -> Dispatch:
    """One report that waits."""
    return Dispatch.objects.create(
        kind="MESSAGE", url="http://127.0.0.1:9/observability", body="{}", next_attempt_at=NOW,
        made_at=NOW,
    )  # fmt: skip


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What reaches the wire; nobody is at its other end."""
    bodies: list[bytes] = []

    def push(*, raw: bytes, **_: Any) -> Outcome:  # Any: the rest is not looked at
        bodies.append(raw)
        return Outcome(Verdict.TAKEN, 200)

    monkeypatch.setattr(courier, "push", push)
    return bodies


def meeting(call: Callable[..., Any], *, of: int) -> Callable[..., Any]:  # Any: whatever is called
    """Let so many arrive before the first of them goes on."""
    point = threading.Barrier(of, timeout=WAIT_S)

    def met(*args: Any, **facts: Any) -> Any:  # Any: as above
        with suppress(threading.BrokenBarrierError):
            point.wait()
        return call(*args, **facts)

    return met


def sending(speaking: Voice, *, now: datetime = NOW) -> Callable[[], object]:
    return lambda: services.send_dispatches(voice=speaking, now=now)


@pytest.mark.usefixtures("report")
def test_a_report_that_several_jobs_found_is_sent_by_one(
    observed: Voice, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of them hold its id before the first takes it.
    monkeypatch.setattr(dispatching, "_claim", meeting(dispatching._claim, of=3))

    outcomes = at_once(*[sending(observed)] * 3)

    assert sorted(map(str, outcomes)) == ["0", "0", "1"]
    assert (len(sent), Dispatch.objects.get().attempts) == (1, 1)


@pytest.mark.usefixtures("report")
def test_without_the_lock_of_the_claim_both_would_send_it(
    observed: Voice, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each reads the row before the other has written that it is taken."""
    rows = type(Dispatch.objects.all())
    monkeypatch.setattr(rows, "select_for_update", lambda self, **_: self.all())
    monkeypatch.setattr(Dispatch, "save", meeting(Dispatch.save, of=2))

    at_once(*[sending(observed)] * 2)

    assert len(sent) == 2, "the race is real"


def _meanwhile(observed: Voice, monkeypatch: pytest.MonkeyPatch, *, after: timedelta) -> object:
    """Let one job stand in the middle of its sending, and return what a second one sends then."""
    standing, over = threading.Event(), threading.Event()
    push = courier.push

    def stand(**facts: Any) -> Outcome:  # Any: as the courier's
        if not standing.is_set():
            standing.set()
            assert over.wait(WAIT_S)
        return push(**facts)

    monkeypatch.setattr(courier, "push", stand)
    second: list[object] = []

    def come() -> None:
        assert standing.wait(WAIT_S)
        try:
            second.append(sending(observed, now=NOW + after)())
        finally:
            over.set()

    at_once(sending(observed), come)
    return second[0]


@pytest.mark.usefixtures("report")
def test_while_one_job_sends_a_report_another_finds_it_taken(
    observed: Voice, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _meanwhile(observed, monkeypatch, after=timedelta(seconds=1)) == 0
    assert (len(sent), Dispatch.objects.get().state) == (1, "SENT")


def test_a_report_that_was_taken_while_another_job_heard_nothing_stays_sent(
    report: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sent it: the lease of the first ran out."""

    def hearing(outcome: Outcome) -> Callable[[], object]:
        return lambda: dispatching._settle(report.pk, outcome, now=NOW)

    beside(
        hearing(Outcome(Verdict.SILENT)),
        hearing(Outcome(Verdict.TAKEN, 200)),
        at=(Dispatch, "save"),
        monkeypatch=monkeypatch,
    )

    report.refresh_from_db()
    assert report.state == "SENT", "or it would be sent once more"


@pytest.mark.usefixtures("report")
def test_without_the_lease_the_one_who_comes_meanwhile_would_send_it_again(
    observed: Voice, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "LEASE", timedelta(0))

    assert _meanwhile(observed, monkeypatch, after=timedelta(seconds=1)) == 1
    assert len(sent) == 2, "the race is real"


@pytest.mark.usefixtures("report")
def test_the_report_of_a_job_that_died_is_sent_by_the_next_once_its_lease_is_over(
    observed: Voice, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = _meanwhile(observed, monkeypatch, after=dispatching.LEASE)

    assert (late, len(sent)) == (1, 2)
    # Whoever was thought dead and was not records nothing over it.
    assert Dispatch.objects.get().state == "SENT"
    assert Dispatch.objects.get().attempts == 2


def _kept_by_two(observed: Voice, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # Both found the message untold before the first keeps its report.
    monkeypatch.setattr(observing, "_keep", meeting(observing._keep, of=2))
    at_once(*[lambda: services.collect_observations(voice=observed, now=NOW)] * 2)
    return sorted(Dispatch.objects.values_list("kind", flat=True))


@pytest.mark.usefixtures("told")
def test_a_callback_that_two_jobs_find_untold_is_told_of_once(
    observed: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _kept_by_two(observed, monkeypatch) == ["ANSWER", "MESSAGE"]


@pytest.fixture
def many_reports_allowed() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX ondc_dispatch_of_theirs_once")
    yield
    Dispatch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE UNIQUE INDEX ondc_dispatch_of_theirs_once ON ondc_dispatch (inbound_id, kind)"
            " WHERE inbound_id IS NOT NULL"
        )


@pytest.mark.usefixtures("told", "many_reports_allowed")
def test_without_the_constraint_a_callback_would_be_told_of_twice(
    observed: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _kept_by_two(observed, monkeypatch) == ["ANSWER", "ANSWER", "MESSAGE", "MESSAGE"]


def test_a_callback_is_told_of_once_for_ever(told: InboundMessage) -> None:
    facts: dict[str, Any] = {  # Any: fields
        "kind": "MESSAGE", "inbound": told, "url": "https://x", "body": "{}", "made_at": NOW,
        "next_attempt_at": NOW,
    }  # fmt: skip
    kept = Dispatch.objects.bulk_create(
        [Dispatch(id=new_id(), **facts), Dispatch(id=new_id(), **facts)], ignore_conflicts=True
    )

    assert len(kept) == 2
    assert Dispatch.objects.count() == 1
