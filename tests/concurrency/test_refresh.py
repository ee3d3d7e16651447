"""
The race for a refresh token, on the real database: sixteen present one at the same moment.

Each round is one token; whoever wins it, all who are the same device get the same successor, and
the chain of successors has no fork. The control takes `used_at IS NULL` out of the statement.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection

from apps.accounts import tokens
from apps.accounts.errors import RefreshInvalid, RefreshReused
from apps.accounts.models import RefreshToken, Session, User
from apps.accounts.services import SignedIn, refreshing, revoke_session
from apps.notifications.models import InboxMessage
from tests.accounts.signing_in import PHONE, refresh, sign_in
from tests.factories import NOON, make_person

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS, ROUNDS = 16, 1_000
SECOND = timedelta(seconds=1)


class Race:
    """Callers in threads with connections of their own, who meet before each round."""

    def __init__(self, first: SignedIn, *, rounds: int, devices: list[str]) -> None:
        self.current = first
        self.rounds = rounds
        self.devices = devices
        self.answers: list[SignedIn | None] = [None] * len(devices)
        self.ends: Counter[str] = Counter()
        self.forks = 0
        self._number = 0
        self._meet = threading.Barrier(len(devices), action=self._next, timeout=60)

    def run(self) -> None:
        threads = [
            threading.Thread(target=self._caller, args=[place], daemon=True)
            for place in range(len(self.devices))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=180)
        assert not any(thread.is_alive() for thread in threads)

    def _next(self) -> None:
        """Between two rounds, while everybody waits: everybody must hold the same successor."""
        answered = [answer for answer in self.answers if answer is not None]
        if self._number > 0 and answered:
            self.forks += len({answer.refresh for answer in answered}) - 1
            self.current = answered[0]
        self.answers = [None] * len(self.devices)
        self._number += 1

    def _caller(self, place: int) -> None:
        # A connection of its own: the pool has four, and a race of four is none of sixteen.
        options = {k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        try:
            for number in range(self.rounds):
                self._meet.wait()
                try:
                    self.answers[place] = refresh(
                        self.current,
                        now=NOON + number * SECOND / 10,
                        device_id=self.devices[place],
                    )
                except (RefreshReused, RefreshInvalid, IntegrityError) as refusal:
                    self.ends[type(refusal).__name__] += 1
                else:
                    self.ends["answered"] += 1
            self._meet.wait()
        finally:
            connection.close()


def descent(session: SignedIn) -> tuple[int, int]:
    """Return how many tokens of the session were used and how many were not."""
    kept = RefreshToken.objects.filter(session_id=session.session_id)
    return kept.exclude(used_at=None).count(), kept.filter(used_at=None).count()


def test_sixteen_callers_in_a_thousand_rounds_make_one_lineage() -> None:
    first = sign_in(make_person())
    race = Race(first, rounds=ROUNDS, devices=[PHONE] * CALLERS)

    race.run()

    assert race.ends == {"answered": CALLERS * ROUNDS}
    assert race.forks == 0
    assert descent(first) == (ROUNDS, 1)
    last = RefreshToken.objects.get(session_id=first.session_id, used_at=None)
    assert last.digest == tokens.digest(race.current.refresh)
    assert Session.objects.get().revoked_at is None


@contextmanager
def without(part: str, *constraints: str) -> Iterator[None]:
    """Take a condition out of the statement, and the constraints that stand behind it."""
    assert part in refreshing.ROTATE
    patch = pytest.MonkeyPatch()
    patch.setattr(refreshing, "ROTATE", refreshing.ROTATE.replace(part, ""))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY(%s)",
            [list(constraints)],
        )
        definitions = dict(cursor.fetchall())
        assert set(definitions) == set(constraints)
        for name in constraints:
            cursor.execute(f"ALTER TABLE accounts_refreshtoken DROP CONSTRAINT IF EXISTS {name}")
            cursor.execute(f"DROP INDEX IF EXISTS {name}")
    try:
        yield
    finally:
        patch.undo()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE accounts_refreshtoken, accounts_session")
            for name, definition in definitions.items():
                cursor.execute(definition)
                if name == "accounts_refreshtoken_digest_once":
                    cursor.execute(
                        f"ALTER TABLE accounts_refreshtoken ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
                    )


UNUSED = " AND t.used_at IS NULL"


def test_the_control_without_the_condition_the_constraints_refuse_most_callers() -> None:
    first = sign_in(make_person())
    race = Race(first, rounds=3, devices=[PHONE] * CALLERS)

    with without(UNUSED):
        race.run()

        assert race.ends["IntegrityError"] > 0
        assert descent(first)[1] == 1


def test_the_control_without_condition_and_constraints_the_line_forks() -> None:
    first = sign_in(make_person())
    race = Race(first, rounds=1, devices=[PHONE] * CALLERS)
    both = "accounts_refreshtoken_digest_once", "accounts_refreshtoken_one_unused"

    with without(UNUSED, *both):
        race.run()

        assert descent(first)[1] > 1


def test_of_two_devices_with_one_token_one_wins_and_both_lose() -> None:
    person = make_person()
    for number in range(20):
        first = sign_in(person, device_id=f"phone {number}", now=NOON)
        race = Race(first, rounds=1, devices=[f"phone {number}"] * 4 + ["thief"] * 4)

        race.run()

        assert race.ends["RefreshReused"] == 1
        session = Session.objects.get(pk=first.session_id)
        assert session.revoked_reason == "refresh_reused"
        with pytest.raises(RefreshInvalid):
            refresh(race.current, now=NOON + SECOND, device_id=f"phone {number}")
    assert InboxMessage.objects.count() == 20


def test_a_refresh_and_a_sign_out_at_once_leave_nothing_that_lives() -> None:
    for number in range(30):
        person = make_person()
        first = sign_in(person)
        meet = threading.Barrier(2, timeout=30)

        def end(session: SignedIn = first, meet: threading.Barrier = meet) -> None:
            try:
                meet.wait()
                revoke_session(
                    session_id=session.session_id, reason="signed_out", actor_id=None, now=NOON
                )
            finally:
                connection.close()

        other = threading.Thread(target=end)
        other.start()
        meet.wait()
        held = first
        try:
            held = refresh(first, now=NOON + number * SECOND)
        except RefreshInvalid:
            # The sign-out was first: nothing descends from the token.
            assert RefreshToken.objects.filter(session_id=first.session_id).count() == 1
        other.join(timeout=30)

        with pytest.raises(RefreshInvalid):
            refresh(held, now=NOON + number * SECOND)


def test_whoever_signs_in_while_the_account_is_closed_has_no_session() -> None:
    """The lock on the person: the closing waits for the sign-in and ends what it opened."""
    person = make_person()
    meet = threading.Barrier(2, timeout=30)

    def close() -> None:
        try:
            meet.wait()
            User.objects.filter(pk=person).update(is_active=False)
        finally:
            connection.close()

    original = Session.objects.create
    patch = pytest.MonkeyPatch()

    def slowly(**facts: object) -> Session:
        meet.wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.3)")
        return original(**facts)

    patch.setattr(Session.objects, "create", slowly)
    other = threading.Thread(target=close)
    other.start()
    try:
        signed = sign_in(person)
    finally:
        patch.undo()
        other.join(timeout=30)

    assert Session.objects.get(pk=signed.session_id).revoked_reason == "person_closed"
