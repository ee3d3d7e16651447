"""Appeals: in time, with evidence, decided in time or granted; the second by somebody else."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.gamification import services, tasks
from apps.gamification.errors import (
    AppealDecided,
    AppealExhausted,
    AppealOpen,
    AppealTooLate,
    ReasonMissing,
    SecondLineIsAnothers,
    StrikeOverturned,
    UnknownAppeal,
    UnknownStrike,
)
from apps.gamification.models import Appeal, Restriction, Strike
from apps.notifications.models import InboxMessage
from tests.factories import make_rider
from tests.gamification.missing import DAY, HOUR, MINUTE, Misser, make_misser

pytestmark = pytest.mark.django_db
FIRST, SECOND = uuid4(), uuid4()


@pytest.fixture
def misser() -> Misser:
    found = make_misser(make_rider())
    found.miss()
    return found


def strike_id() -> UUID:
    return Strike.objects.get().pk


def appeal(misser: Misser, *, after: timedelta = HOUR, rider_id: UUID | None = None) -> Appeal:
    return services.appeal(
        rider_id=rider_id or misser.rider.pk,
        strike_id=strike_id(),
        text="The shop was dark.",
        evidence=[{"kind": "photo", "text": "taken at 19:05"}],
        now=misser.now + after,
    )


def decide(
    row: Appeal, *, for_rider: bool, by: UUID = FIRST, after: timedelta = HOUR, reason: str = "seen"
) -> Appeal:
    return services.decide_appeal(
        appeal_id=row.pk, for_rider=for_rider, actor_id=by, reason=reason,
        now=row.opened_at + after,
    )  # fmt: skip


def test_a_granted_appeal_overturns_the_strike_and_tells_the_rider(misser: Misser) -> None:
    row = decide(appeal(misser), for_rider=True)

    assert (row.state, row.decided_by, misser.active) == ("UPHELD", FIRST, 0)
    assert Strike.objects.get().overturned_for == "appeal"
    assert AuditEvent.objects.get(object_id=str(row.pk)).actor_id == FIRST
    assert InboxMessage.objects.filter(dedupe_key=f"appeal:{row.pk}").exists()
    with pytest.raises(StrikeOverturned):
        appeal(misser)


def test_a_rejected_appeal_leaves_the_strike(misser: Misser) -> None:
    row = decide(appeal(misser), for_rider=False)

    assert (row.state, misser.active) == ("REJECTED", 1)
    with pytest.raises(AppealDecided):
        decide(row, for_rider=True)


def test_the_second_line_is_somebody_elses_and_the_last(misser: Misser) -> None:
    decide(appeal(misser), for_rider=False, by=FIRST)

    second = appeal(misser, after=2 * DAY)
    with pytest.raises(SecondLineIsAnothers):
        decide(second, for_rider=False, by=FIRST)
    decide(second, for_rider=False, by=SECOND)

    assert (second.line, second.not_by) == (2, FIRST)
    with pytest.raises(AppealExhausted):
        appeal(misser, after=3 * DAY)


@pytest.mark.parametrize(
    ("after", "in_time"), [(14 * DAY, True), (14 * DAY + timedelta(microseconds=1), False)]
)
def test_an_appeal_is_possible_for_fourteen_days(
    misser: Misser, after: timedelta, *, in_time: bool
) -> None:
    if in_time:
        assert appeal(misser, after=after - MINUTE + MINUTE).line == 1
    else:
        with pytest.raises(AppealTooLate):
            appeal(misser, after=after)


def test_the_second_appeal_counts_its_days_from_the_first_answer(misser: Misser) -> None:
    row = decide(appeal(misser, after=13 * DAY), for_rider=False, after=2 * DAY)
    assert row.decided_at is not None

    assert appeal(misser, after=29 * DAY).line == 2


@pytest.mark.parametrize(
    ("waited", "state"),
    [(72 * HOUR - timedelta(microseconds=1), "OPEN"), (72 * HOUR, "UPHELD"), (99 * DAY, "UPHELD")],
)
def test_what_nobody_decides_in_seventy_two_hours_is_the_riders(
    misser: Misser, waited: timedelta, state: str
) -> None:
    row = appeal(misser)

    for _ in range(2):
        services.uphold_overdue(now=row.opened_at + waited, limit=10)

    row.refresh_from_db()
    assert (row.state, row.decided_by) == (state, None)
    assert misser.active == (1 if state == "OPEN" else 0)


def test_the_job_grants_what_is_overdue(misser: Misser) -> None:
    # Opened long before the clock of the job.
    appeal(misser)

    assert (tasks.uphold_overdue(), tasks.uphold_overdue()) == (1, 0)


def test_a_granted_appeal_lifts_the_pause_that_the_strike_led_to() -> None:
    misser = make_misser(make_rider())
    bookings = [misser.miss() for _ in range(3)]
    assert misser.banned_until is not None
    strike = Strike.objects.get(no_show_id=bookings[1].pk)

    # A paused rider appeals as anybody.
    row = services.appeal(
        rider_id=misser.rider.pk, strike_id=strike.pk, text="x", evidence=[], now=misser.now
    )
    decide(row, for_rider=True)

    assert misser.active == 2
    assert Restriction.objects.get().lifted_at is not None


def test_one_appeal_at_a_time_and_only_against_ones_own_strike(misser: Misser) -> None:
    with pytest.raises(UnknownStrike):
        appeal(misser, rider_id=uuid4())

    appeal(misser)

    with pytest.raises(AppealOpen):
        appeal(misser)


def test_a_decision_names_a_reason_and_an_appeal(misser: Misser) -> None:
    row = appeal(misser)

    with pytest.raises(ReasonMissing):
        decide(row, for_rider=True, reason="  ")
    row.pk = uuid4()
    with pytest.raises(UnknownAppeal):
        decide(row, for_rider=True)
