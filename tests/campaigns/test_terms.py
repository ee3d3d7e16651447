"""The rules of a campaign's terms, and its week."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns import terms
from apps.campaigns.errors import TermsInvalid
from apps.campaigns.terms import Terms
from tests.campaigns.making import MAX_COST_PAISE, WORKED
from tests.merchants.making import NOON
from uma.kernel.zones import Window, is_open, local, week_spans, windows_from, windows_to

MINUTES = st.integers(0, 24 * 60 - 1)


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def check(**changes: Any) -> list[str]:
    """Return the names of the terms that are refused."""
    try:
        terms.check(
            Terms(**(WORKED | changes)),
            cpt_fee_paise=20_00,
            cpa_fee_paise=50_00,
            gst_bps=1800,
            inter_state=False,
        )
    except TermsInvalid as refusal:
        errors: Any = refusal.extra["errors"]
        return [error["pointer"] for error in errors]
    return []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"discount_bps": 0},
        {"discount_bps": 10_000},
        {"cap_paise": 0},
        {"basis": "actual_capped"},
        {"basis": "deductible", "deductible_paise": 1},
        {"budget_paise": MAX_COST_PAISE, "daily_budget_paise": MAX_COST_PAISE},
        {"cpa_enabled": False, "budget_paise": 173_60},
        {"proof_policy": "ride+visit"},
        {"proof_policy": "ride+visit+bill", "geofence_policy": "ride_dropoff"},
        {"booking_ttl_minutes": 15},
        {"booking_ttl_minutes": 1440},
        {"starts_at": NOON, "ends_at": NOON + timedelta(microseconds=1)},
        {"windows": (Window(0, time(22), time(2)), Window(1, time(2), time(3)))},
        {"windows": tuple(Window(dow, time(6), time(6)) for dow in range(7))},
    ],
)
def test_terms_within_the_rules_pass(changes: dict[str, Any]) -> None:
    assert check(**changes) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"discount_bps": 10_001}, "discount_bps"),
        ({"discount_bps": -1}, "discount_bps"),
        ({"cap_paise": -1}, "cap_paise"),
        ({"cap_paise": 0, "discount_bps": 0}, "cap_paise"),
        ({"basis": "half"}, "basis"),
        ({"basis": "deductible"}, "deductible_paise"),
        ({"deductible_paise": 1}, "deductible_paise"),
        ({"audience": "everyone"}, "audience"),
        ({"proof_policy": "bill"}, "proof_policy"),
        ({"geofence_policy": "moon"}, "geofence_policy"),
        ({"booking_ttl_minutes": 14}, "booking_ttl_minutes"),
        ({"booking_ttl_minutes": 1441}, "booking_ttl_minutes"),
        ({"budget_paise": MAX_COST_PAISE - 1}, "budget_paise"),
        ({"daily_budget_paise": MAX_COST_PAISE - 1}, "daily_budget_paise"),
        ({"seats": 0}, "seats"),
        ({"per_rider": 0}, "per_rider"),
        ({"starts_at": NOON, "ends_at": NOON}, "ends_at"),
        ({"windows": (Window(0, time(9), time(12)), Window(0, time(11), time(13)))}, "windows"),
        ({"windows": (Window(6, time(22), time(2)), Window(0, time(1), time(3)))}, "windows"),
        ({"windows": (Window(0, time(9, 0, 1), time(12)),)}, "windows"),
        (
            {"windows": tuple(Window(0, clock(n * 2), clock(n * 2 + 1)) for n in range(29))},
            "windows",
        ),
    ],
)
def test_terms_that_break_a_rule_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    assert check(**changes) == [field]


def test_every_broken_rule_is_named_at_once() -> None:
    assert check(discount_bps=-1, seats=0, basis="half") == ["discount_bps", "basis", "seats"]


WINDOWS = st.lists(
    st.builds(
        lambda dow, start, end: Window(dow, clock(start), clock(end)),
        st.integers(0, 6),
        MINUTES,
        MINUTES,
    ),
    min_size=1,
    max_size=5,
)
ZONES = st.sampled_from(["Asia/Kolkata", "Asia/Kathmandu", "UTC", "Asia/Tokyo"])


@given(windows=WINDOWS, minute=st.integers(0, 7 * 24 * 60 - 1), timezone=ZONES)
def test_the_week_of_the_map_and_the_hours_of_a_booking_agree(
    windows: list[Window], minute: int, timezone: str
) -> None:
    at = NOON + timedelta(minutes=minute)
    there = local(at, timezone)
    of_week = there.weekday() * 1440 + there.hour * 60 + there.minute

    on_the_map = any(opens <= of_week < closes for opens, closes in week_spans(windows))

    assert on_the_map == is_open(windows, at, timezone)


@given(window=WINDOWS.map(lambda found: found[0]))
def test_a_window_is_open_as_long_as_its_clock_says_also_over_midnight(
    window: Window,
) -> None:
    opens, closes = (
        datetime.combine(NOON.date(), clock_time) for clock_time in (window.start, window.end)
    )
    length = (closes - opens) % timedelta(days=1) or timedelta(days=1)

    assert sum(end - start for start, end in week_spans([window])) == length / timedelta(minutes=1)


@given(windows=WINDOWS)
def test_windows_survive_being_stored(windows: list[Window]) -> None:
    stored = windows_to(windows)

    assert windows_from(stored) == tuple(windows)
