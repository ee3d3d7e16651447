"""Signs of fraud on a visit: pure rules over facts, each with its points and the facts that made it speak."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from apps.analytics.thresholds import Thresholds
from apps.handshake.selectors import Habit

Facts = dict[str, int]


class Rule(StrEnum):
    """Which sign, and which clause of reliability 2.10 (or product rule 1.11) it comes from."""

    SELF_DEALING = "self_dealing"  # F-01
    PAIR_WEEK = "pair_week"  # F-02
    PAIR_SHARE = "pair_share"  # F-02
    PAIR_VELOCITY = "pair_velocity"  # F-03
    PAIR_DOUBLES = "pair_doubles"  # F-03
    RIDER_VELOCITY = "rider_velocity"  # F-03
    SCANNER_VELOCITY = "scanner_velocity"  # F-03
    TRAVEL = "travel"  # F-03
    DEVICE = "device"  # F-04
    RING = "ring"  # F-05
    HUGGING = "hugging"  # F-07
    REMOTE = "remote"  # F-09
    REMOTE_MONTH = "remote_month"  # F-09
    STAFF = "staff"  # product 1.11


class Band(StrEnum):
    """What follows from a score."""

    ALLOW = "ALLOW"
    REVIEW = "REVIEW"
    DENY = "DENY"


# About the rider, whichever the shop; the others are about a rider at a shop.
OF_THE_RIDER = frozenset({Rule.RIDER_VELOCITY, Rule.TRAVEL, Rule.DEVICE, Rule.HUGGING})
# What each sign says to an operator; the names in braces are its facts.
WORDS = {
    Rule.SELF_DEALING: "The rider shares {devices} device(s) and {accounts} payout account(s) with the"
    " business or its staff.",
    Rule.PAIR_WEEK: "{visits} visits of this rider here within 7 days; up to {limit} are usual.",
    Rule.PAIR_SHARE: "{percent} % of the rider's cashback of 30 days came from here, in {visits} visits.",
    Rule.PAIR_VELOCITY: "{visits} visits of this rider here within 2 hours.",
    Rule.PAIR_DOUBLES: "{visits} times within 7 days the rider was here twice within 2 hours.",
    Rule.RIDER_VELOCITY: "{visits} visits of this rider within an hour.",
    Rule.SCANNER_VELOCITY: "{visits} visits scanned by this person or system within an hour.",
    Rule.TRAVEL: "{km} km in {minutes} minutes since the visit before.",
    Rule.DEVICE: "{people} accounts on one device within 90 days.",
    Rule.RING: "{people} accounts hang together by devices or payout accounts and had {percent} % of the"
    " business' cashback of 30 days.",
    Rule.HUGGING: "{fares} of the rider's last {of} fares were just below what the deal pays at the most.",
    Rule.REMOTE: "The scanner stood {metres} m from the outlet.",
    Rule.REMOTE_MONTH: "{visits} visits of this rider within 30 days were scanned from far away.",
    Rule.STAFF: "{blind} of {pair} scans of this rider by this person were without a place; of everybody"
    " else's here {rest} %.",
}


@dataclass(frozen=True, slots=True)
class Company:
    """
    Whom a rider shares devices and payout accounts with: of the merchant's staff, of one device (the
    fullest one), and of the whole group that hangs together, with its share of the merchant's cashback.
    """

    staff_devices: int = 0
    staff_accounts: int = 0
    on_a_device: int = 1
    ring: int = 1
    ring_percent: int = 0


@dataclass(frozen=True, slots=True)
class Fares:
    """How many fares of a rider's visits are known, and how many are just below the deal's cap."""

    told: int = 0
    hugging: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """One visit with all that the rules look at; `travel` is metres and seconds since the visit before."""

    habit: Habit
    company: Company = Company()
    fares: Fares = Fares()
    travel: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """What one rule found."""

    rule: Rule
    points: int
    facts: Facts


def signs(seen: Seen, at: Thresholds) -> list[Sign]:
    """Return every sign of a visit that is worth points."""
    found = (*_people(seen.company, at), *_counts(seen.habit, at), *_places(seen, at))
    return [sign for sign in found if sign.points]


def band_of(score: int, at: Thresholds) -> Band:
    """Return what follows from a score."""
    if score >= at.deny:
        return Band.DENY
    return Band.REVIEW if score >= at.review else Band.ALLOW


def in_words(rule: str, facts: Facts) -> str:
    """Say a sign to an operator; never to a rider (F-10)."""
    return WORDS[Rule(rule)].format(**facts)


def _people(company: Company, at: Thresholds) -> Iterator[Sign]:
    if company.staff_devices or company.staff_accounts:
        facts = {"devices": company.staff_devices, "accounts": company.staff_accounts}
        yield Sign(Rule.SELF_DEALING, at.self_dealing_points, facts)
    if company.on_a_device > at.device_accounts:
        yield Sign(Rule.DEVICE, at.device_points, {"people": company.on_a_device})
    if company.ring > at.ring_people and company.ring_percent > at.ring_share_percent:
        facts = {"people": company.ring, "percent": company.ring_percent}
        yield Sign(Rule.RING, at.ring_points, facts)


def _counts(habit: Habit, at: Thresholds) -> Iterator[Sign]:
    if habit.pair_week > at.pair_week:
        facts = {"visits": habit.pair_week, "limit": at.pair_week}
        yield Sign(Rule.PAIR_WEEK, at.pair_week_points, facts)
    percent = _percent(habit.pair_paise, habit.rider_paise)
    if habit.pair_month >= at.pair_share_least and percent > at.pair_share_percent:
        facts = {"percent": percent, "visits": habit.pair_month}
        yield Sign(Rule.PAIR_SHARE, at.pair_share_points, facts)
    for rule, visits, most, points in (
        (Rule.PAIR_VELOCITY, habit.pair_two_hours, at.pair_two_hours, at.pair_two_hours_points),
        (Rule.PAIR_DOUBLES, habit.pair_doubles, at.pair_doubles, at.pair_doubles_points),
        (Rule.RIDER_VELOCITY, habit.rider_hour, at.rider_hour, at.rider_hour_points),
        (Rule.SCANNER_VELOCITY, habit.scanner_hour, at.scanner_hour, at.scanner_hour_points),
        (Rule.REMOTE_MONTH, habit.rider_remote, at.remote_month, at.remote_month_points),
    ):
        if visits > most:
            yield Sign(rule, points, {"visits": visits})
    yield from _staff(habit, at)


def _staff(habit: Habit, at: Thresholds) -> Iterator[Sign]:
    """A scanner that again and again hides where it is for one rider, where scans are not blind else."""
    if habit.scan_distance_m is not None or habit.rest_scans < at.staff_least:
        return
    rest = _percent(habit.rest_blind, habit.rest_scans)
    pair = _percent(habit.pair_blind, habit.pair_scans)
    often = habit.pair_blind > at.staff_pair_blind and pair >= at.staff_pair_percent
    if often and rest <= at.staff_rest_percent:
        facts = {"blind": habit.pair_blind, "pair": habit.pair_scans, "rest": rest}
        yield Sign(Rule.STAFF, at.staff_points, facts)


def _places(seen: Seen, at: Thresholds) -> Iterator[Sign]:
    if seen.travel is not None:
        metres, seconds = seen.travel
        fast = metres * 3_600 > at.travel_km_per_hour * 1_000 * seconds
        if fast and metres >= at.travel_least_km * 1_000:
            facts = {"km": metres // 1_000, "minutes": seconds // 60}
            yield Sign(Rule.TRAVEL, at.travel_points, facts)
    away = seen.habit.scan_distance_m
    if away is not None and away > at.remote_m:
        yield Sign(Rule.REMOTE, at.remote_points, {"metres": away})
    fares = seen.fares
    share = _percent(fares.hugging, fares.told)
    if fares.told >= at.hugging_least and share > at.hugging_percent:
        facts = {"fares": fares.hugging, "of": fares.told}
        yield Sign(Rule.HUGGING, at.hugging_points, facts)


def _percent(part: int, whole: int) -> int:
    return part * 100 // whole if whole else 0
