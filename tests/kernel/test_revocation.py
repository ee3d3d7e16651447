"""The list of ended sessions in one process: what it refuses, how old it may be, what wakes it."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from apps.accounts import services
from apps.accounts.selectors import EndedSessions
from tests.accounts.signing_in import sign_in
from tests.factories import make_person
from uma.kernel.http import revocation
from uma.kernel.http.errors import NotAuthenticated, Unavailable
from uma.kernel.http.revocation import Watch


class Telling:
    """A source that the test tells what to say, when to fail and when to hang."""

    def __init__(self) -> None:
        self.ended: list[UUID] = []
        self.asked: list[datetime] = []
        self.away = False
        self.cuts = 0
        self.hang = threading.Event()
        self.hang.set()

    def read(self, *, since: datetime) -> Collection[UUID]:
        self.asked.append(since)
        hung = not self.hang.is_set()
        self.hang.wait(30)
        if hung or self.away:
            raise psycopg.OperationalError("gone")
        return list(self.ended)

    def cut(self) -> None:
        self.cuts += 1
        self.hang.set()


@pytest.fixture
def source() -> Telling:
    return Telling()


@pytest.fixture
def watch(source: Telling, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(revocation, "EVERY_S", 0.02)
    monkeypatch.setattr(revocation, "STALE_S", 0.4)
    monkeypatch.setattr(revocation, "FIRST_WAIT_S", 0.3)
    made = Watch(source)
    yield made
    source.hang.set()
    made.stop()


def outcome(watch: Watch, session: UUID, *, writes: bool = True) -> str:
    try:
        watch.check(session, writes=writes)
    except (NotAuthenticated, Unavailable) as refusal:
        return type(refusal).__name__
    return "goes on"


def within(seconds: float, fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if fact():
            return True
        time.sleep(0.01)
    return False


def test_the_first_request_knows_what_ended_before_the_process_began(
    watch: Watch, source: Telling
) -> None:
    ended = uuid4()
    source.ended = [ended]

    assert outcome(watch, ended) == "NotAuthenticated"
    assert outcome(watch, uuid4()) == "goes on"
    assert outcome(watch, ended, writes=False) == "NotAuthenticated"
    # As far back as an access token lives.
    assert datetime.now(UTC) - source.asked[0] > timedelta(minutes=10)


def test_what_ends_later_is_known_soon_and_stays_known(watch: Watch, source: Telling) -> None:
    session = uuid4()
    assert outcome(watch, session) == "goes on"

    source.ended = [session]
    assert within(1, lambda: outcome(watch, session) == "NotAuthenticated")
    source.ended = []
    time.sleep(0.1)

    assert outcome(watch, session) == "NotAuthenticated"
    # Once known, only the last minute is asked for again.
    assert datetime.now(UTC) - source.asked[-1] < timedelta(minutes=2)


def test_an_end_is_forgotten_when_no_token_of_the_session_can_live(
    watch: Watch, source: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "KEPT", timedelta(seconds=0.2))
    session = uuid4()
    source.ended = [session]
    assert outcome(watch, session) == "NotAuthenticated"
    source.ended = []

    assert within(2, lambda: outcome(watch, session) == "goes on")


def test_without_news_writes_stop_after_a_while_and_reading_goes_on(
    watch: Watch, source: Telling
) -> None:
    ended, live = uuid4(), uuid4()
    source.ended = [ended]
    assert outcome(watch, live) == "goes on"

    source.away = True
    assert outcome(watch, live) == "goes on"
    assert within(2, lambda: outcome(watch, live) == "Unavailable")
    assert outcome(watch, live, writes=False) == "goes on"
    assert outcome(watch, ended, writes=False) == "NotAuthenticated"

    source.away = False
    assert within(2, lambda: outcome(watch, live) == "goes on")
    # Whatever ended meanwhile is asked for, not only the last minute.
    assert any(datetime.now(UTC) - since > timedelta(minutes=10) for since in source.asked[1:])


def test_a_process_that_never_had_news_writes_nothing(watch: Watch, source: Telling) -> None:
    source.away = True

    assert outcome(watch, uuid4()) == "Unavailable"
    assert outcome(watch, uuid4(), writes=False) == "goes on"


def test_a_read_that_hangs_is_cut_and_holds_no_request_up(
    watch: Watch, source: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = uuid4()
    assert outcome(watch, session) == "goes on"

    source.hang.clear()
    assert within(2, lambda: outcome(watch, session) == "Unavailable")
    assert within(2, lambda: outcome(watch, session) == "Unavailable" and source.cuts > 0)
    # Who waited as the first request of a process does would wait this long.
    monkeypatch.setattr(revocation, "FIRST_WAIT_S", 10)
    began = time.monotonic()
    outcome(watch, session)

    assert time.monotonic() - began < 5
    assert within(2, lambda: outcome(watch, session) == "goes on")


def test_a_child_of_a_fork_has_a_thread_and_a_connection_of_its_own(watch: Watch) -> None:
    session = uuid4()
    assert outcome(watch, session) == "goes on"

    watch.stop()
    watch.after_fork()

    assert watch.age_s > revocation.STALE_S
    assert outcome(watch, session) == "goes on"


@pytest.mark.django_db(transaction=True)
def test_what_the_database_says_ended_is_what_is_read() -> None:
    now = datetime.now(UTC)
    live, ended = (sign_in(make_person(), now=now - timedelta(hours=1)) for _ in range(2))
    services.revoke_session(session_id=ended.session_id, reason="lost", actor_id=None, now=now)
    source = EndedSessions()
    try:
        assert source.read(since=now - timedelta(seconds=1)) == [ended.session_id]
        assert source.read(since=now + timedelta(seconds=1)) == []
        assert live.session_id not in source.read(since=now - timedelta(days=1))
        source.cut()
        with pytest.raises(psycopg.OperationalError):
            source.read(since=now)
        assert source.read(since=now - timedelta(seconds=1)) == [ended.session_id]
    finally:
        source.close()
