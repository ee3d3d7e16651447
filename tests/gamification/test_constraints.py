"""What the database itself refuses about missed visits, strikes and appeals, from whatever SQL is sent."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.gamification import services
from tests.factories import NOON, make_booking, make_rider, make_shop
from tests.gamification.making import fill_zone
from tests.handshake.visiting import visit

pytestmark = pytest.mark.django_db
LATER = (NOON + timedelta(hours=1)).isoformat()
EARLIER = (NOON - timedelta(days=9)).isoformat()
SOMEBODY = str(uuid4())
TABLES = {
    "policy": "gamification_strikepolicy",
    "reminder": "gamification_reminder",
    "scan": "gamification_failedscan",
    "majeure": "gamification_forcemajeure",
    "no_show": "gamification_noshow",
    "restr": "gamification_restriction",
    "strike": "gamification_strike",
    "appeal": "gamification_appeal",
    "visit": "gamification_visit",
    "ride": "rides_ridefailure",
    "award": "gamification_award",
    "reward": "gamification_reward",
    "mission": "gamification_mission",
    "run": "gamification_missionrun",
    "order": "gamification_provenorder",
    "name": "gamification_leaderboardname",
}


@pytest.fixture
def town() -> None:
    shop, rider = make_shop(), make_rider()
    met = visit(shop, rider)
    booking = make_booking(shop)
    fill_zone(
        "MNP", rider_id=rider.pk, other_id=booking.rider_id, visit=met, booking=booking, now=NOON
    )
    services.send_reminders(now=booking.expires_at - timedelta(hours=5), limit=9)


def refused(statement: str, **named: str) -> str:
    """Return which guard refuses a statement; tables are written as {name}."""
    with (
        pytest.raises(IntegrityError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(**TABLES, **named))
    return str(error.value)


IMPOSSIBLE = {
    "gamification_reminder_due_before_told": "UPDATE {reminder} SET early_due_at = NULL",
    "gamification_majeure_in_order": "UPDATE {majeure} SET ends_at = starts_at",
    "gamification_no_show_decided_once": "UPDATE {no_show} SET excuse = 'bribe'",
    "gamification_no_show_kept": "DELETE FROM {no_show}",
    "gamification_restriction_level": "UPDATE {restr} SET level = 0",
    "gamification_restriction_in_order": f"UPDATE {{restr}} SET until = '{EARLIER}'",
    "gamification_strike_overturned_at": "UPDATE {strike} SET state = 'OVERTURNED'",
    "gamification_strike_never_edited": f"UPDATE {{strike}} SET lapses_at = '{EARLIER}'",
    "gamification_appeal_two_lines": "UPDATE {appeal} SET line = 2",
    "gamification_appeal_decided_when_closed": (
        f"UPDATE {{appeal}} SET state = 'REJECTED', decided_at = '{LATER}'"
    ),
    "gamification_appeal_kept": "DELETE FROM {appeal}",
    "gamification_visit_undone_later": f"UPDATE {{visit}} SET undone_at = '{EARLIER}'",
    "gamification_visit_never_edited": f"UPDATE {{visit}} SET at = '{LATER}'",
    "gamification_failed_scan_append_only": "UPDATE {scan} SET code = 'x'",
    "gamification_policy_append_only": "UPDATE {policy} SET clears = 'ALL'",
    "rides_ride_failure_told_once": "UPDATE {ride} SET code = 'x'",
    "gamification_award_kept": "DELETE FROM {award}",
    "gamification_reward_terms": "UPDATE {reward} SET amount_paise = 1",
    "gamification_reward_paid_by_journal": "UPDATE {reward} SET state = 'PAID'",
    "gamification_mission_never_edited": "UPDATE {mission} SET reward_paise = 1",
    "gamification_run_ended_at": "UPDATE {run} SET state = 'COMPLETED'",
    "gamification_run_budget": "UPDATE {run} SET budgeted_paise = -1",
    "gamification_run_kept": "DELETE FROM {run}",
    "gamification_order_never_edited": "UPDATE {order} SET provider = 'another'",
    "gamification_order_undone_later": f"UPDATE {{order}} SET undone_at = '{EARLIER}'",
}


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("guard", IMPOSSIBLE)
def test_a_row_that_cannot_be_true_is_refused(guard: str) -> None:
    assert guard in refused(IMPOSSIBLE[guard])


COPY = (
    "INSERT INTO {table} SELECT (jsonb_populate_record(t, '{changes}'::jsonb)).* FROM {table} t"
    " LIMIT 1"
)
TWICE = {
    "gamification_failed_scan_once": ("scan", '{"id": "%s"}'),
    "gamification_restriction_once": ("restr", '{"id": "%s"}'),
    "gamification_appeal_once": ("appeal", '{"id": "%s"}'),
    "gamification_strike_no_show_id": ("strike", '{"id": "%s"}'),
    "gamification_visit_booking_id": ("visit", '{"handshake_id": "%s"}'),
    "gamification_visit_pkey": ("visit", "{}"),
    "gamification_policy_once": ("policy", '{"id": "%s"}'),
    "gamification_policy_in_range": (
        "policy",
        '{"id": "%s", "limit": 0, "effective_from": "2031-01-01T00:00:00Z"}',
    ),
    "gamification_award_once": ("award", '{"id": "%s"}'),
    "gamification_reward_once": ("reward", '{"id": "%s"}'),
    "gamification_reward_amount": ("reward", '{"id": "%s", "subject": "x", "amount_paise": 0}'),
    "gamification_mission_in_range": ("mission", '{"id": "%s", "reward_paise": -1}'),
    "gamification_mission_kind_known": ("mission", '{"id": "%s", "kind": "nap"}'),
    "gamification_run_once": ("run", '{"id": "%s"}'),
    "gamification_order_once": ("order", '{"id": "%s"}'),
    "gamification_order_kind_known": ("order", '{"id": "%s", "kind": "nap", "source": "x"}'),
    "gamification_pseudonym_once": ("name", '{"rider_id": "%s", "pseudonym": "KITE MNP"}'),
    "rides_ride_failure_known": ("ride", '{"booking_id": "%s", "reason": "RAIN"}'),
    "gamification_strike_lapses_later": (
        "strike",
        '{"id": "%s", "lapses_at": "2020-01-01T00:00:00Z"}',
    ),
    "gamification_no_show_excused_when_decided": (
        "no_show",
        '{"booking_id": "%s", "decided_at": null, "excuse": "bribe"}',
    ),
}


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("guard", TWICE)
def test_what_is_once_is_once_and_in_range(guard: str) -> None:
    table, changes = TWICE[guard]
    statement = COPY.replace("{table}", TABLES[table]).replace(
        "{changes}", changes.replace("%s", str(uuid4())).replace("{", "{{").replace("}", "}}")
    )

    assert guard in refused(statement)


@pytest.mark.usefixtures("town")
def test_whoever_decided_the_first_appeal_decides_no_second_and_nothing_twice() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gamification_appeal SET line = 2, not_by = %s", [SOMEBODY])
    told = f"decided_at = '{LATER}', decided_by = '{SOMEBODY}'"

    assert "second_pair_of_eyes" in refused(f"UPDATE {{appeal}} SET state = 'REJECTED', {told}")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE gamification_appeal SET state = 'UPHELD', decided_at = %s", [LATER])
    assert "decided_once" in refused("UPDATE {appeal} SET state = 'OPEN', decided_at = NULL")


@pytest.mark.usefixtures("town")
def test_an_overturned_strike_stays_overturned() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE gamification_strike SET state = 'OVERTURNED', overturned_at = %s", [LATER]
        )

    assert "stays_overturned" in refused(
        "UPDATE {strike} SET state = 'ACTIVE', overturned_at = NULL"
    )
