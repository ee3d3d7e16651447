"""Who may take what away, how often, and what a worker's claim is worth."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import AuditEvent
from apps.exports import selectors, services
from apps.exports.errors import (
    AlreadyScheduled,
    ExportIsOver,
    ExportNotAllowed,
    FilterNotKnown,
    PeriodRunsBackward,
    ScheduleNotFound,
    TooManyExports,
    UnknownDataset,
)
from apps.exports.models import Export, Schedule
from tests.accounts.making import give_role, make_operator
from tests.exports.making import ask
from tests.factories import NOON
from uma.kernel.errors import DomainError
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
KOLKATA = "Asia/Kolkata"


def test_an_analyst_asks_for_a_zone_of_the_own_and_it_is_on_the_trail() -> None:
    analyst = make_operator("analyst", "MNP")

    export = ask(analyst, filters={"review__exact": "true"}, since=NOON - HOUR, until=NOON)

    assert (export.state, export.schema_version) == ("WAITING", 1)
    event = AuditEvent.objects.get(action="export.requested", object_id=str(export.pk))
    assert event.actor_id == analyst.pk
    assert event.after["zone"] == "MNP"
    assert selectors.waiting(now=NOON, limit=10) == [export.pk]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"zone": "BLR"}, ExportNotAllowed),
        ({"zone": ""}, ExportNotAllowed),
        ({"dataset": "passwords"}, UnknownDataset),
        ({"filters": {"id); DROP TABLE x": "1"}}, FilterNotKnown),
        ({"since": NOON, "until": NOON}, PeriodRunsBackward),
    ],
)
def test_what_may_not_be_taken_is_refused_and_nothing_is_written(
    given: dict[str, str], refusal: type[DomainError]
) -> None:
    analyst = make_operator("analyst", "MNP")

    with pytest.raises(refusal):
        ask(analyst, **given)

    assert not Export.objects.exists()


def test_taking_away_needs_the_right_to_read_in_the_same_zone() -> None:
    """Takes away in one city, reads the ledger in another: of neither may the ledger leave."""
    both = make_operator("analyst", "MNP")
    support = make_operator("support", "MNP")
    reads_elsewhere = make_operator("support", "BLR")
    give_role(reads_elsewhere.pk, "analyst", "MNP")

    assert ask(both, "ledger").dataset == "ledger"
    for person, zone in ((support, "MNP"), (reads_elsewhere, "BLR")):
        with pytest.raises(ExportNotAllowed):
            ask(person, "bookings", zone)


def test_whoever_may_everywhere_takes_all_zones() -> None:
    assert ask(make_operator("analyst"), zone="").zone_code == ""


def test_a_person_has_five_open_exports_at_most() -> None:
    analyst = make_operator("analyst", "MNP")
    exports = [ask(analyst) for _ in range(services.MOST_OPEN)]

    with pytest.raises(TooManyExports):
        ask(analyst)

    services.cancel_export(export_id=exports[0].pk, actor_id=analyst.pk, reason="", now=NOON)
    assert ask(analyst).state == "WAITING"


def test_only_one_worker_has_an_export_until_it_says_nothing_for_a_while() -> None:
    export = ask(make_operator("analyst", "MNP"))

    first = services.claim(export_id=export.pk, now=NOON)
    assert services.claim(export_id=export.pk, now=NOON + services.LEASE) is None
    assert services.progress(
        export_id=export.pk, attempt=1, rows_done=1, rows_total=9, now=NOON + services.LEASE
    )
    assert services.claim(export_id=export.pk, now=NOON + 2 * services.LEASE) is None
    late = NOON + 3 * services.LEASE
    assert selectors.waiting(now=late, limit=10) == [export.pk]
    second = services.claim(export_id=export.pk, now=late)

    assert first is not None
    assert second is not None
    assert second.attempts == 2
    told = services.progress(export_id=export.pk, attempt=1, rows_done=5, rows_total=9, now=late)
    assert not told, "the first worker's word counts no more"
    finished = services.finish(
        export_id=export.pk, attempt=1, file="x", size_bytes=1, manifest={"rows": 9}, now=late
    )
    assert not finished


def test_after_three_workers_it_has_failed() -> None:
    export = ask(make_operator("analyst", "MNP"))

    for attempt in (1, 2, 3):
        assert services.claim(export_id=export.pk, now=NOON) is not None
        services.fail(export_id=export.pk, attempt=attempt, error="OSError", now=NOON)

    export.refresh_from_db()
    assert (export.state, export.error, export.finished_at) == ("FAILED", "OSError", NOON)
    assert selectors.waiting(now=NOON, limit=10) == []
    with pytest.raises(ExportIsOver):
        services.cancel_export(export_id=export.pk, actor_id=None, reason="", now=NOON)  # type: ignore[arg-type]  # refused before it matters


def test_three_workers_that_died_are_enough() -> None:
    export = ask(make_operator("analyst", "MNP"))
    later = services.LEASE + timedelta(seconds=1)

    for attempt in range(4):
        services.claim(export_id=export.pk, now=NOON + attempt * later)

    export.refresh_from_db()
    assert (export.state, export.error) == ("FAILED", "WorkerLost")


@pytest.mark.parametrize(
    ("cadence", "now", "since", "until"),
    [
        # At 20:00 UTC it is the next day in India.
        ("DAILY", "2026-11-25T20:00", "2026-11-24T18:30", "2026-11-25T18:30"),
        ("DAILY", "2026-11-25T18:00", "2026-11-23T18:30", "2026-11-24T18:30"),
        ("WEEKLY", "2026-11-25T12:00", "2026-11-15T18:30", "2026-11-22T18:30"),
        ("MONTHLY", "2026-11-25T12:00", "2026-09-30T18:30", "2026-10-31T18:30"),
        ("MONTHLY", "2027-01-01T00:00", "2026-11-30T18:30", "2026-12-31T18:30"),
    ],
)
def test_a_schedules_period_is_the_last_whole_one_of_the_clock(
    cadence: str, now: str, since: str, until: str
) -> None:
    at = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, since, until)]

    assert services.last_period(cadence, at[0], KOLKATA) == (at[1], at[2])


def begin(cadence: str = "DAILY", role: str = "analyst") -> Schedule:
    return services.start_schedule(
        dataset="bookings", zone_code="MNP", timezone=KOLKATA, cadence=cadence,
        person=make_operator(role, "MNP"), now=NOON,
    )  # fmt: skip


def test_a_schedule_asks_for_each_period_once_from_the_one_that_ends_next() -> None:
    schedule = begin()
    tomorrow, then = NOON + timedelta(days=1), NOON + timedelta(days=2)

    asked = [services.follow(schedule=schedule, now=at) for at in (NOON, tomorrow, tomorrow, then)]

    assert [export is not None for export in asked] == [False, True, False, True]
    assert asked[1] is not None
    assert asked[1].until is not None
    assert NOON < asked[1].until <= tomorrow


def test_a_schedule_ends_with_its_owners_role() -> None:
    schedule = begin()
    schedule.requested_by.operator_roles.update(revoked_at=NOON + HOUR)

    assert services.follow(schedule=schedule, now=NOON + timedelta(days=1)) is None

    schedule.refresh_from_db()
    assert schedule.stopped_at is not None
    assert selectors.running_schedules() == []


def test_the_same_schedule_runs_once_and_can_be_begun_anew() -> None:
    schedule = begin()

    with pytest.raises(AlreadyScheduled):
        begin()
    services.stop_schedule(
        schedule_id=schedule.pk, actor_id=schedule.requested_by_id, reason="", now=NOON
    )
    assert begin().pk != schedule.pk
    with pytest.raises(ScheduleNotFound):
        services.stop_schedule(
            schedule_id=schedule.pk, actor_id=schedule.requested_by_id, reason="", now=NOON
        )


SPOILS = {
    "exports_export_period_runs_forward": "since = now(), until = now()",
    "exports_export_running_is_claimed": "state = 'RUNNING'",
    "exports_export_done_has_a_file": "state = 'DONE', finished_at = now()",
    "exports_export_finished_when_over": "state = 'CANCELLED'",
}


@pytest.mark.parametrize(("constraint", "change"), SPOILS.items())
def test_the_database_refuses_a_row_that_says_two_things(constraint: str, change: str) -> None:
    export = ask(make_operator("analyst", "MNP"))

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE exports_export SET {change} WHERE id = %s", [export.pk])


def test_the_database_refuses_a_period_twice() -> None:
    schedule = begin()
    export = services.follow(schedule=schedule, now=NOON + timedelta(days=1))
    assert export is not None
    export.pk = None

    with (
        pytest.raises(IntegrityError, match="exports_export_of_a_period_once"),
        transaction.atomic(),
    ):
        Export.objects.create(
            dataset="bookings", schema_version=1, since=export.since, until=export.until,
            schedule=schedule, requested_by=schedule.requested_by, requested_at=NOON,
        )  # fmt: skip


def test_a_schedule_runs_once_for_a_zone() -> None:
    again = begin()
    again.pk = new_id()

    with (
        pytest.raises(IntegrityError, match="exports_schedule_running_once"),
        transaction.atomic(),
    ):
        again.save(force_insert=True)


def test_the_database_refuses_an_unknown_cadence() -> None:
    schedule = begin()

    with (
        pytest.raises(IntegrityError, match="exports_schedule_cadence_known"),
        transaction.atomic(),
    ):
        Schedule.objects.filter(pk=schedule.pk).update(cadence="NEVER")
