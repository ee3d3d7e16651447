"""Each rule of fraud at its limit and one beyond; what a score leads to; what a table may hold."""

from dataclasses import replace
from typing import Any

import pytest

from apps.analytics.signals import (
    WORDS,
    Band,
    Company,
    Fares,
    Rule,
    Seen,
    band_of,
    in_words,
    signs,
)
from apps.analytics.thresholds import NAMES, Thresholds
from tests.analytics.suspecting import habit

AT = Thresholds()
STAFF = {
    "scan_distance_m": None, "pair_scans": 3, "pair_blind": 3, "rest_scans": 10, "rest_blind": 2,
}  # fmt: skip


def seen(**facts: Any) -> Seen:  # Any: as a habit's
    return Seen(habit(**facts))


# A visit that is just usual, and the same a step further; the rule that then speaks, and no other.
EDGES: dict[Rule, tuple[Seen, Seen]] = {
    Rule.SELF_DEALING: (seen(), Seen(habit(), Company(staff_devices=1))),
    Rule.PAIR_WEEK: (seen(pair_week=3), seen(pair_week=4)),
    Rule.PAIR_SHARE: (
        seen(pair_month=8, pair_paise=25_00, rider_paise=100_00),
        seen(pair_month=8, pair_paise=26_00, rider_paise=100_00),
    ),
    Rule.PAIR_VELOCITY: (seen(pair_two_hours=1), seen(pair_two_hours=2)),
    Rule.PAIR_DOUBLES: (seen(pair_doubles=1), seen(pair_doubles=2)),
    Rule.RIDER_VELOCITY: (seen(rider_hour=6), seen(rider_hour=7)),
    Rule.SCANNER_VELOCITY: (seen(scanner_hour=60), seen(scanner_hour=61)),
    Rule.TRAVEL: (
        Seen(habit(), travel=(20_000, 600)),
        Seen(habit(), travel=(20_001, 600)),
    ),
    Rule.DEVICE: (Seen(habit(), Company(on_a_device=2)), Seen(habit(), Company(on_a_device=3))),
    Rule.RING: (
        Seen(habit(), Company(ring=4, ring_percent=6)),
        Seen(habit(), Company(ring=5, ring_percent=6)),
    ),
    Rule.HUGGING: (
        Seen(habit(), fares=Fares(told=10, hugging=7)),
        Seen(habit(), fares=Fares(told=10, hugging=8)),
    ),
    Rule.REMOTE: (seen(scan_distance_m=300), seen(scan_distance_m=301)),
    Rule.REMOTE_MONTH: (seen(rider_remote=2), seen(rider_remote=3)),
    Rule.STAFF: (
        Seen(habit(**STAFF | {"pair_scans": 2, "pair_blind": 2})),
        Seen(habit(**STAFF)),
    ),
}  # fmt: skip


def test_every_rule_has_its_edge_and_its_words() -> None:
    assert set(EDGES) == set(Rule) == set(WORDS)


@pytest.mark.parametrize("rule", Rule)
def test_a_rule_is_silent_at_its_limit_and_speaks_one_step_beyond(rule: Rule) -> None:
    usual, odd = EDGES[rule]

    assert signs(usual, AT) == []
    (sign,) = signs(odd, AT)
    assert (sign.rule, sign.points) == (rule, getattr(AT, POINTS[rule]))
    assert "{" not in in_words(sign.rule, sign.facts)


POINTS = {
    Rule.SELF_DEALING: "self_dealing_points", Rule.PAIR_WEEK: "pair_week_points",
    Rule.PAIR_SHARE: "pair_share_points", Rule.PAIR_VELOCITY: "pair_two_hours_points",
    Rule.PAIR_DOUBLES: "pair_doubles_points",
    Rule.RIDER_VELOCITY: "rider_hour_points", Rule.SCANNER_VELOCITY: "scanner_hour_points",
    Rule.TRAVEL: "travel_points", Rule.DEVICE: "device_points", Rule.RING: "ring_points",
    Rule.HUGGING: "hugging_points", Rule.REMOTE: "remote_points",
    Rule.REMOTE_MONTH: "remote_month_points", Rule.STAFF: "staff_points",
}  # fmt: skip


@pytest.mark.parametrize(
    "quiet",
    [
        seen(pair_month=7, pair_paise=100_00, rider_paise=100_00),
        Seen(habit(), travel=(2_999, 1)),
        Seen(habit(), Company(ring=9, ring_percent=5)),
        Seen(habit(), fares=Fares(told=2, hugging=2)),
        Seen(habit(**STAFF | {"rest_blind": 3, "rest_scans": 14})),
        Seen(habit(**STAFF | {"pair_scans": 4})),
        Seen(habit(**STAFF | {"rest_scans": 9, "rest_blind": 0})),
        Seen(habit(**STAFF | {"scan_distance_m": 5})),
    ],
)
def test_what_is_too_little_to_tell_says_nothing(quiet: Seen) -> None:
    assert signs(quiet, AT) == []


def test_a_regular_who_comes_every_day_is_nobodys_case() -> None:
    every_day = seen(pair_week=7, pair_month=30, pair_paise=100_00, rider_paise=100_00)

    score = sum(sign.points for sign in signs(every_day, AT))

    assert score > 0
    assert band_of(score, AT) is Band.ALLOW


def test_a_rule_without_points_is_off() -> None:
    assert signs(EDGES[Rule.TRAVEL][1], replace(AT, travel_points=0)) == []


@pytest.mark.parametrize(
    ("score", "band"),
    [(49, Band.ALLOW), (50, Band.REVIEW), (99, Band.REVIEW), (100, Band.DENY)],
)
def test_a_score_has_a_band(score: int, band: Band) -> None:
    assert band_of(score, AT) is band


@pytest.mark.parametrize(
    "changes",
    [
        {"review": 0},
        {"review": 100},
        {"pair_share_percent": 101},
        {"rider_hour": -1},
        {"rider_hour": 10_001},
    ],
)
def test_a_table_that_makes_no_sense_has_faults(changes: dict[str, int]) -> None:
    assert AT.changed(changes).faults() != []
    assert AT.faults() == []


def test_every_threshold_has_a_name_that_a_form_can_offer() -> None:
    assert len(NAMES) == len(set(NAMES)) > 30
