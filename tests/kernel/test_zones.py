from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uma.kernel.zones import (
    Window,
    day_of,
    is_open,
    local,
    month_after,
    month_of,
    month_span,
    next_midnight,
    next_open_at,
    open_until,
)

INDIA = "Asia/Kolkata"
NEW_YORK = "America/New_York"
# Monday, 23 November 2026.
LUNCH = Window(0, time(12), time(15))
NIGHT = Window(5, time(21), time(2))  # Saturday night, into Sunday


def india(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of November 2026 that reads so on India's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


def test_a_zones_day_is_not_the_servers_day() -> None:
    assert day_of(datetime(2026, 11, 22, 18, 29, tzinfo=UTC), INDIA) == date(2026, 11, 22)
    assert day_of(datetime(2026, 11, 22, 18, 30, tzinfo=UTC), INDIA) == date(2026, 11, 23)
    assert local(datetime(2026, 11, 22, 18, 30, tzinfo=UTC), INDIA).hour == 0


def test_the_next_day_begins_at_the_zones_midnight() -> None:
    assert next_midnight(india(23, 10), INDIA) == india(24, 0)
    assert next_midnight(india(24, 0), INDIA) == india(25, 0)


def test_no_windows_mean_always_open() -> None:
    assert is_open([], india(23, 3), INDIA)
    assert next_open_at([], india(23, 3), INDIA) == india(23, 3)
    assert open_until([], india(23, 3), INDIA) is None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (india(23, 11, 59), False),
        (india(23, 12), True),
        (india(23, 14, 59), True),
        (india(23, 15), False),
        (india(24, 12), False),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(at: datetime, *, expected: bool) -> None:
    assert is_open([LUNCH], at, INDIA) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (india(28, 20, 59), False),
        (india(28, 21), True),
        (india(28, 23, 59), True),
        (india(29, 0), True),
        (india(29, 1, 59), True),
        (india(29, 2), False),
        (india(28, 1), False),
        (india(29, 21), False),
    ],
)
def test_a_window_past_midnight_belongs_to_the_day_it_opens(
    at: datetime, *, expected: bool
) -> None:
    assert is_open([NIGHT], at, INDIA) is expected


def test_sunday_night_reaches_into_monday() -> None:
    assert is_open([Window(6, time(22), time(1))], india(23, 0, 30), INDIA)


def test_equal_times_make_a_whole_day() -> None:
    whole = Window(0, time(6), time(6))

    assert is_open([whole], india(23, 6), INDIA)
    assert is_open([whole], india(24, 5, 59), INDIA)
    assert not is_open([whole], india(24, 6), INDIA)


def test_the_next_opening_is_named() -> None:
    assert next_open_at([LUNCH, NIGHT], india(23, 9), INDIA) == india(23, 12)
    assert next_open_at([LUNCH, NIGHT], india(23, 15), INDIA) == india(28, 21)
    assert next_open_at([LUNCH], india(23, 15), INDIA) == india(30, 12)
    assert next_open_at([LUNCH], india(23, 13), INDIA) == india(23, 13)


def test_the_close_of_what_is_open_is_named() -> None:
    assert open_until([LUNCH], india(23, 13), INDIA) == india(23, 15)
    assert open_until([NIGHT], india(29, 1), INDIA) == india(29, 2)
    assert open_until([LUNCH], india(23, 16), INDIA) is None


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Monday"):
        Window(7, time(9), time(10))


def test_hours_follow_the_clock_when_it_is_put_forward() -> None:
    # 8 March 2026: 02:00 becomes 03:00 in New York; 09:00 is 13:00 UTC afterwards, 14:00 before.
    sunday = Window(6, time(9), time(10))

    assert is_open([sunday], datetime(2026, 3, 8, 13, 0, tzinfo=UTC), NEW_YORK)
    assert is_open([sunday], datetime(2026, 3, 1, 14, 0, tzinfo=UTC), NEW_YORK)
    assert not is_open([sunday], datetime(2026, 3, 1, 13, 0, tzinfo=UTC), NEW_YORK)


WINDOWS = st.lists(
    st.builds(Window, st.integers(0, 6), st.times(), st.times()), min_size=1, max_size=4
)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda since: EPOCH + since)


@given(WINDOWS, INSTANTS, st.sampled_from([INDIA, NEW_YORK, "Australia/Lord_Howe"]))
def test_the_next_opening_is_open_and_not_before(
    windows: list[Window], at: datetime, zone: str
) -> None:
    opening = next_open_at(windows, at, zone)

    if opening is not None:
        assert opening >= at
        assert is_open(windows, opening, zone)
        assert (opening == at) == is_open(windows, at, zone)
        middle = at + (opening - at) / 2
        assert opening == at or not is_open(windows, middle, zone)


@given(WINDOWS, INSTANTS)
def test_what_is_open_closes_when_it_says(windows: list[Window], at: datetime) -> None:
    until = open_until(windows, at, INDIA)

    assert (until is not None) == is_open(windows, at, INDIA)
    if until is not None:
        assert is_open(windows, until - timedelta(microseconds=1), INDIA)


def test_a_month_lies_between_two_midnights_of_the_zone() -> None:
    since, until = month_span(date(2026, 12, 1), "Asia/Kolkata")

    assert since == datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
    assert until == datetime(2026, 12, 31, 18, 30, tzinfo=UTC)
    assert month_of(since, "Asia/Kolkata") == date(2026, 12, 1)
    assert month_of(since - timedelta(seconds=1), "Asia/Kolkata") == date(2026, 11, 1)
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)
