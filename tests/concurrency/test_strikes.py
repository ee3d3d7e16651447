"""Missed visits, reminders and appeals at the same moment; each lock with its control."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db.models import QuerySet

from apps.accounts import services as accounts
from apps.gamification import services, standing
from apps.gamification.models import Appeal, NoShow, Strike
from apps.gamification.services import appealing, evidence, reminding
from apps.notifications.models import InboxMessage
from tests.concurrency.meeting import at_once, paused
from tests.concurrency.test_bookings import booking_of
from tests.factories import NOON, make_rider
from tests.gamification.making import make_appeal, make_strike
from tests.gamification.missing import DAY, Misser, make_misser, remind_on_time

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def misser() -> Misser:
    return make_misser(make_rider())


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every row lock of the ORM away."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())


def meet(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Let two wait for each other before this call."""
    monkeypatch.setattr(module, name, paused(getattr(module, name)))


def missed(misser: Misser) -> Callable[[], object]:
    """Leave a booking expired and not judged; return the job that judges it."""
    booking = misser.book()
    remind_on_time(booking)
    services.expire_overdue(now=booking.expires_at, limit=10)
    return lambda: len(services.settle_rider(rider_id=misser.rider.pk, now=booking.expires_at))


def test_two_workers_judge_a_missed_visit_once(
    misser: Misser, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = missed(misser)
    monkeypatch.setattr(evidence, "gather", paused(evidence.gather))

    outcome = at_once(job, job)

    # The second passes the busy rider by.
    assert sorted(map(str, outcome)) == ["0", "1"]
    assert Strike.objects.count() == 1


@pytest.mark.usefixtures("unlocked")
def test_without_the_riders_lock_the_decision_itself_is_refused_a_second_time(
    misser: Misser, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = missed(misser)
    meet(monkeypatch, evidence, "gather")

    outcome = at_once(job, job)

    assert sorted(map(str, outcome)) == ["1", "IntegrityError"]
    assert Strike.objects.count() == 1


def test_two_workers_expire_and_note_each_booking_once(misser: Misser) -> None:
    booking = misser.book()

    outcome = at_once(
        *[lambda: services.expire_overdue(now=booking.expires_at, limit=10)] * 2,
    )

    assert sum(map(int, map(str, outcome))) == 1
    assert NoShow.objects.count() == 1


def test_a_missed_visit_is_judged_while_its_rider_books(
    misser: Misser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take the rider first, so they never wait for each other in a circle."""
    job = missed(misser)
    monkeypatch.setattr(evidence, "gather", paused(evidence.gather))

    judged, booked = at_once(job, booking_of(misser.shop, misser.rider.pk))

    assert (judged in {0, 1}, booked) == (True, "booked")


def test_two_workers_tell_a_reminder_once(misser: Misser, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = misser.book()
    services.plan_reminders(limit=10)
    monkeypatch.setattr(reminding, "_tell", paused(reminding._tell))

    outcome = at_once(
        *[lambda: len(services.send_reminders(now=booking.expires_at - DAY / 24, limit=10))] * 2
    )

    assert sorted(map(str, outcome)) == ["0", "1"]
    assert InboxMessage.objects.count() == 1


@pytest.mark.usefixtures("unlocked")
def test_without_the_claim_both_tell_it_and_the_inbox_keeps_one(
    misser: Misser, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = misser.book()
    services.plan_reminders(limit=10)
    meet(monkeypatch, reminding, "_tell")

    outcome = at_once(
        *[lambda: len(services.send_reminders(now=booking.expires_at - DAY / 24, limit=10))] * 2
    )

    assert sorted(map(str, outcome)) == ["1", "1"]
    assert InboxMessage.objects.count() == 1


def appealing_against(strike: Strike) -> Callable[[], str]:
    def send() -> str:
        services.appeal(
            rider_id=strike.rider_id, strike_id=strike.pk, text="x", evidence=[], now=NOON
        )
        return "opened"

    return send


def test_an_appeal_sent_twice_at_once_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    strike = make_strike(make_rider().pk, now=NOON)
    monkeypatch.setattr(appealing, "policy_at", paused(standing.policy_at))

    outcome = at_once(*[appealing_against(strike)] * 2)

    assert sorted(map(str, outcome)) == ["AppealOpen", "opened"]


@pytest.mark.usefixtures("unlocked")
def test_without_the_strikes_lock_the_unique_line_refuses_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strike = make_strike(make_rider().pk, now=NOON)
    meet(monkeypatch, appealing, "policy_at")

    outcome = at_once(*[appealing_against(strike)] * 2)

    assert sorted(map(str, outcome)) == ["IntegrityError", "opened"]
    assert Appeal.objects.count() == 1


def deciding(row: Appeal, *, by: UUID, for_rider: bool) -> Callable[[], str]:
    def decide() -> str:
        services.decide_appeal(
            appeal_id=row.pk, for_rider=for_rider, actor_id=by, reason="seen", now=NOON
        )
        return "decided"

    return decide


def test_two_operators_at_one_appeal_decide_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_appeal(make_rider().pk, now=NOON)
    monkeypatch.setattr(accounts, "record", paused(accounts.record))

    outcome = at_once(*(deciding(row, by=uuid4(), for_rider=yes) for yes in (True, False)))

    assert sorted(map(str, outcome)) == ["AppealDecided", "decided"]


@pytest.mark.usefixtures("unlocked")
def test_without_the_locks_the_second_decision_is_refused_by_the_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = make_appeal(make_rider().pk, now=NOON)
    meet(monkeypatch, appealing, "_close")

    outcome = at_once(*(deciding(row, by=uuid4(), for_rider=yes) for yes in (True, False)))

    assert sorted(map(str, outcome)) == ["IntegrityError", "decided"]
