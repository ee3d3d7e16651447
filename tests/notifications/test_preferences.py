"""What a person wants to be pushed, and when their phone stays quiet: wished once, and it is so."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from apps.notifications import personal_data, quiet, selectors, services
from apps.notifications.models import InboxMessage, Preference
from apps.notifications.quiet import Night
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import (
    MORNING,
    NIGHT,
    NOON,
    make_device,
    make_message,
    make_person,
    row,
)

pytestmark = pytest.mark.django_db
State = InboxMessage.PushState
USUAL, NEVER = quiet.USUAL, Night(time(0), time(0))


@pytest.fixture
def person() -> UUID:
    found = make_person()
    make_device(found)
    return found


def choose(person: UUID, *muted: str, night: Night = USUAL) -> None:
    services.choose_pushes(
        person_id=person,
        muted=muted,
        night_begins=night.begins,
        night_ends=night.ends,
        now=NOON,
    )


def test_what_is_muted_is_not_pushed_and_stands_in_the_inbox(
    person: UUID, sandbox: SandboxProcess
) -> None:
    choose(person, "ride", "badge")
    muted, told = (
        make_message(person, kind="ride.assigned"),
        make_message(person, kind="mission.completed"),
    )

    services.push_due(now=NOON)

    assert [sent["message"]["data"]["kind"] for sent in sandbox.pushes] == ["mission.completed"]
    assert (row(muted).push_state, row(muted).last_error) == (State.SKIPPED, "muted")
    assert row(told).push_state == State.SENT
    assert selectors.count_unread(person_id=person) == 2
    # Whoever wants no push of something is told of it by the inbox.
    assert selectors.told(message_ids=[muted.pk])[muted.pk].reached_at == NOON


def test_what_is_wished_now_counts_for_what_was_written_before(
    person: UUID, sandbox: SandboxProcess
) -> None:
    choose(person, "ride")
    message = make_message(person, kind="ride.assigned")
    choose(person)

    services.push(message_id=message.pk, now=NOON)

    assert (row(message).push_state, sandbox.calls) == (State.SENT, 1)
    assert Preference.objects.count() == 1


def test_one_persons_wishes_are_nobody_elses(person: UUID, sandbox: SandboxProcess) -> None:
    choose(person, "ride")
    other = make_person()
    make_device(other)

    services.push(message_id=make_message(other, kind="ride.assigned").pk, now=NOON)

    assert sandbox.calls == 1


def test_whoever_has_no_night_is_told_at_night(person: UUID, sandbox: SandboxProcess) -> None:
    choose(person, night=NEVER)
    message = make_message(person, kind="badge.awarded", now=NIGHT)

    services.push(message_id=message.pk, now=NIGHT)

    assert (row(message).pushed_at, sandbox.calls) == (NIGHT, 1)


def test_a_night_of_ones_own_holds_the_push_back_until_it_ends(
    person: UUID, sandbox: SandboxProcess
) -> None:
    # From eleven in the morning to one: it is half past eleven in India.
    choose(person, night=Night(time(11), time(13)))
    message = make_message(person, kind="badge.awarded")

    services.push(message_id=message.pk, now=NOON)
    assert (sandbox.calls, row(message).next_attempt_at) == (0, NOON + timedelta(minutes=90))

    services.push(message_id=message.pk, now=NOON + timedelta(minutes=90))
    assert sandbox.calls == 1


def test_a_visit_and_the_safety_of_an_account_wait_for_no_night(
    person: UUID, sandbox: SandboxProcess
) -> None:
    choose(person, night=Night(time(0), time(23, 59)))

    for kind in ("handshake", "security.new_device"):
        services.push(message_id=make_message(person, kind=kind).pk, now=NOON)

    assert sandbox.calls == 2


def test_nobody_escapes_a_strike_by_a_night_that_holds_its_reminders_back(
    person: UUID, sandbox: SandboxProcess
) -> None:
    choose(person, night=Night(time(0), time(23, 59)))
    reminder = make_message(person, kind="reminder.booking")

    services.push(message_id=reminder.pk, now=NOON)

    assert (row(reminder).push_state, sandbox.calls) == (State.SENT, 1)
    assert row(make_message(person, kind="reminder.booking", now=NIGHT)).next_attempt_at == MORNING


def test_what_is_pushed_again_goes_by_the_persons_night(person: UUID) -> None:
    choose(person, "badge", night=Night(time(11), time(13)))
    message = make_message(person, kind="badge.awarded")
    services.push(message_id=message.pk, now=NOON + timedelta(hours=2))
    assert row(message).push_state == State.SKIPPED

    services.push_again(message_id=message.pk, actor_id=None, reason="asked", now=NOON)

    assert row(message).next_attempt_at == NOON + timedelta(minutes=90)


def test_nobody_mutes_what_is_said_about_their_own_sign_in(person: UUID) -> None:
    with pytest.raises(IntegrityError, match="security_told"), transaction.atomic():
        choose(person, "ride", "security")


@pytest.mark.parametrize(
    ("night", "at", "is_night"),
    [
        (USUAL, time(22), True), (USUAL, time(7, 59), True), (USUAL, time(8), False),
        (Night(time(1), time(5)), time(0, 59), False), (Night(time(1), time(5)), time(1), True),
        (Night(time(1), time(5)), time(5), False), (NEVER, time(0), False), (NEVER, time(12), False),
    ],
)  # fmt: skip
def test_a_night_begins_and_ends_when_it_says(
    night: Night,
    at: time,
    is_night: bool,  # noqa: FBT001 — a case
) -> None:
    assert night.holds(at) is is_night


def test_a_night_after_midnight_ends_on_the_same_day() -> None:
    # 02:00 in India.
    at = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)

    due = quiet.earliest(
        kind="badge", at=at, timezone="Asia/Kolkata", night=Night(time(1), time(5))
    )

    assert due == at + timedelta(hours=3)


def test_a_persons_wishes_are_in_their_copy_and_go_with_them(person: UUID) -> None:
    choose(person, "ride")
    wished = personal_data.export(person_id=person)["push_preferences"]
    assert isinstance(wished, list)
    assert wished[0]["muted"] == ["ride"]

    personal_data.erase(person_id=person, now=NOON)

    assert Preference.objects.count() == 0
