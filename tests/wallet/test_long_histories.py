"""A period is read in its own time however long the account's history is, and is the same to the paisa."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import pytest
from django.db import connection
from hypothesis import example, given
from hypothesis import strategies as st

from apps.wallet import selectors, statements
from apps.wallet.services import Leg
from tests.wallet.scenes import NOON, make_rider, open_zone, platform, post

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# How long before its stamp a posting is dated: as usual, at the bounds of what is usual, and oddly.
LATE = [0, 0, 0, 0.25, 10, 23.9, -0.5, -0.9, 24.1, 25, 26.5, 120, -1.1, -3, -60]
postings = st.lists(
    st.tuples(st.floats(0, 40), st.sampled_from(LATE), st.integers(1, 500)), max_size=14
)
cuts = st.lists(st.floats(-80, 400), min_size=2, max_size=2, unique=True)


@dataclass(frozen=True)
class Posted:
    stamped_at: datetime
    event_at: datetime
    paise: int


def history(drawn: list[tuple[float, float, int]]) -> list[Posted]:
    hours = accumulate(gap for gap, _, _ in drawn)
    return [
        Posted(NOON + at * HOUR, NOON + (at - late) * HOUR, paise)
        for at, (_, late, paise) in zip(hours, drawn, strict=True)
    ]


def write(wallet: str, posted: list[Posted]) -> None:
    """Post them in their order, and stamp each as if it had been posted then."""
    for one in posted:
        journal = post(
            "goodwill", Leg(platform("goodwill"), wallet, one.paise), event_at=one.event_at
        )
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE wallet_journal SET created_at = %s WHERE id = %s", [one.stamped_at, journal]
            )
            cursor.execute("SET LOCAL session_replication_role = origin")


# With how many entries a history is short; most that are drawn here would be, and would not be searched.
@given(drawn=postings, at=cuts, short=st.sampled_from([0, 0, 0, 3, 200]))
# Posted days after the period, and dated into it; posted days before it, and dated into it.
@example(drawn=[(0, 0, 100), (200, 0, 50), (1, 150, 7)], at=[10, 60], short=0)
@example(drawn=[(0, -60, 5), (100, 0, 9)], at=[50, 70], short=0)
def test_whatever_was_posted_late_or_early_a_period_is_of_its_events(
    drawn: list[tuple[float, float, int]], at: list[float], short: int
) -> None:
    posted, rider = history(drawn), make_rider()
    open_zone()
    write(rider.wallet, posted)
    since, until = (NOON + hours * HOUR for hours in sorted(at))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(statements, "SHORT", short)
        period = selectors.statement_between(code=rider.wallet, since=since, until=until)

    inside = sorted(
        ((one.event_at, version, one.paise) for version, one in enumerate(posted, start=1)
         if since <= one.event_at < until)
    )  # fmt: skip
    assert period.opening_paise == sum(one.paise for one in posted if one.event_at < since)
    assert [line.delta_paise for line in period.lines] == [paise for _, _, paise in inside]
    assert period.closing_paise == sum(one.paise for one in posted if one.event_at < until)


def pages_of(
    wallet: str, size: int, *, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[int, int]]:
    """Turn the pages of a period from its newest line to its oldest; return versions and amounts."""
    found: list[tuple[int, int]] = []
    before = None
    while page := selectors.statement(
        code=wallet, limit=size, before_version=before, since=since, until=until
    ):
        assert len(page) <= size
        found += [(line.version, line.delta_paise) for line in page]
        before = page[-1].version
    return found


@given(drawn=postings, at=cuts, short=st.sampled_from([0, 0, 0, 3, 200]), size=st.integers(1, 5))
@example(drawn=[(0, 0, 100), (200, 0, 50), (1, 150, 7)], at=[10, 60], short=0, size=1)
@example(drawn=[(0, -60, 5), (100, 0, 9)], at=[50, 70], short=0, size=3)
def test_the_pages_of_a_period_are_of_its_events_whatever_was_posted_late_or_early(
    drawn: list[tuple[float, float, int]], at: list[float], short: int, size: int
) -> None:
    posted, rider = history(drawn), make_rider()
    open_zone()
    write(rider.wallet, posted)
    since, until = (NOON + hours * HOUR for hours in sorted(at))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(statements, "SHORT", short)
        both = pages_of(rider.wallet, size, since=since, until=until)
        late = pages_of(rider.wallet, size, since=since)
        early = pages_of(rider.wallet, size, until=until)

    lines = [(version, one) for version, one in enumerate(posted, start=1)][::-1]
    assert late == [(at, one.paise) for at, one in lines if since <= one.event_at]
    assert early == [(at, one.paise) for at, one in lines if one.event_at < until]
    assert both == [(at, one.paise) for at, one in lines if since <= one.event_at < until]


def test_what_is_dated_as_usual_is_found_by_its_place_and_the_rest_by_the_index() -> None:
    """The condition of the index is the query's: another would silently read every posting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_expr(indpred, indrelid) FROM pg_index"
            " WHERE indexrelid = 'wallet_journal_odd_dates'::regclass AND indisvalid"
        )
        (predicate,) = cursor.fetchone()

    assert predicate == (
        "(((created_at - event_at) < '-01:00:00'::interval)"
        " OR ((created_at - event_at) > '1 day'::interval))"
    )
