"""
How much of planted fraud the rules find, and how often they bother somebody honest.

Run: `python -m benchmarks.fraud_world [--seed 11 --riders 5000 --merchants 200 --days 60]`; it brings its own
stores and clears them away. A generated city, one seed one city: most riders come now and then, one in
fifteen is a regular who comes most days, families share a phone, phones stand wrong sometimes, some shops
never say where they scan. Into it 3 % of the visits are planted as fraud of eight kinds, each by its own
people. The rules' tables are filled as they stand in production, and the job looks at day after day; the
day after, somebody decides each case and finds out. What was judged odd, or parked by then, is found.
"""

import argparse
import logging
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from benchmarks import report
from benchmarks.servers import stores

if TYPE_CHECKING:
    from benchmarks.fraud_city import City

HERE = Path(__file__).parent
SEEDS = (12,)
RIDERS, MERCHANTS, DAYS = 5_000, 200, 60


@dataclass(slots=True)
class Tally:
    """Visits and paise, of which so many were found, and so many before the cashback was paid."""

    visits: int = 0
    paise: int = 0
    found: int = 0
    found_paise: int = 0
    parked: int = 0
    parked_paise: int = 0

    def count(self, paise: int, *, found: bool, parked: bool) -> None:
        """Count one visit."""
        self.visits += 1
        self.paise += paise
        self.found += found
        self.found_paise += paise * found
        self.parked += parked
        self.parked_paise += paise * parked


@dataclass(slots=True)
class Outcome:
    """What came of one city: by kind of fraud, of the honest, and of the people behind the cases."""

    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    honest: Tally = field(default_factory=Tally)
    cases: int = 0
    true_cases: int = 0
    seconds: float = 0.0
    # By which rules honest visits were judged odd.
    blamed: Counter[str] = field(default_factory=Counter)

    @property
    def fraud(self) -> Tally:
        """Return all kinds together."""
        whole = Tally()
        for tally in self.kinds.values():
            for name in Tally.__slots__:
                setattr(whole, name, getattr(whole, name) + getattr(tally, name))
        return whole


def percent(part: float, whole: float) -> str:
    """Return a share as it is printed."""
    return f"{part * 100 / whole:6.2f} %" if whole else "     — "


def measure(seed: int, *, riders: int, merchants: int, days: int) -> Outcome:
    """Fill the database with one city, look at it day by day, and return what was found."""
    from apps.analytics import assessing  # noqa: PLC0415 — after the settings
    from apps.analytics.models import Assessment, RiskCase, RiskSignal  # noqa: PLC0415
    from apps.handshake.rules import REMOTE_SCAN_M  # noqa: PLC0415
    from apps.rides.models import Watch  # noqa: PLC0415
    from benchmarks import fraud_city, fraud_rows  # noqa: PLC0415

    begin = datetime(2026, 8, 1, tzinfo=UTC)
    city = fraud_city.plan(seed, riders=riders, merchants=merchants, days=days, begin=begin)
    fraud_rows.write(city)
    outcome, watched = Outcome(), set[tuple[UUID, UUID | None]]()
    parked: set[UUID] = set()
    began = time.monotonic()
    for visits in fraud_city.by_day(city.visits):
        decide(city, now=visits[0].at)
        for visit in visits:
            # As the counter parks by itself what is scanned from far away.
            if (visit.distance_m or 0) > REMOTE_SCAN_M or {
                (visit.rider_id, visit.merchant_id),
                (visit.rider_id, None),
            } & watched:
                parked.add(visit.id)
        assessing.assess(
            handshake_ids=[visit.id for visit in visits], now=visits[-1].at + timedelta(hours=1)
        )
        rows = Watch.objects.filter(zone_code=city.zone, ended_at=None)
        watched = set(rows.values_list("rider_id", "merchant_id"))
    outcome.seconds = time.monotonic() - began
    here = Assessment.objects.filter(zone_code=city.zone).exclude(band="ALLOW")
    raised = set(here.values_list("pk", flat=True))
    honest = {visit.id for visit in city.visits if not visit.kind}
    spoken = RiskSignal.objects.filter(handshake_id__in=raised & honest)
    outcome.blamed.update(spoken.values_list("rule", flat=True))
    for visit in city.visits:
        if visit.kind == fraud_city.CAMOUFLAGE:
            continue
        tally = outcome.kinds[visit.kind] if visit.kind else outcome.honest
        held = visit.id in parked
        tally.count(visit.paise, found=held or visit.id in raised, parked=held)
    crooks = city.crooks()
    opened = RiskCase.objects.filter(zone_code=city.zone).values_list("rider_id", flat=True)
    outcome.cases, outcome.true_cases = len(opened), sum(one in crooks for one in opened)
    return outcome


def decide(city: "City", *, now: datetime) -> None:
    """Decide the cases of the day before as somebody does who finds out, with the act of the desk."""
    from apps.analytics import casework  # noqa: PLC0415 — after the settings
    from apps.analytics.models import RiskCase  # noqa: PLC0415

    crooks = city.crooks()
    rows = RiskCase.objects.filter(zone_code=city.zone, state="OPEN", opened_at__lt=now)
    for case_id, rider_id in list(rows.values_list("pk", "rider_id")):
        casework.decide_case(
            case_id=case_id, fraud=rider_id in crooks, actor_id=UUID(int=1), reason="seen", now=now
        )


# What is told of a city: a part and its whole.
COLUMNS: Mapping[str, Callable[[Outcome], tuple[int, int]]] = {
    "recall by value (goal 90 %)": lambda one: (one.fraud.found_paise, one.fraud.paise),
    "parked before it was paid": lambda one: (one.fraud.parked_paise, one.fraud.paise),
    "precision of visits (goal 80 %)": lambda one: (
        one.fraud.found,
        one.fraud.found + one.honest.found,
    ),
    "precision of cases": lambda one: (one.true_cases, one.cases),
    "honest visits flagged or held (at most 0.5 %)": lambda one: (
        one.honest.found,
        one.honest.visits,
    ),
    "honest visits parked": lambda one: (one.honest.parked, one.honest.visits),
}


def show(seed: int, outcome: Outcome) -> None:
    """Print what was found in one city."""
    fraud, honest = outcome.fraud, outcome.honest
    visits = fraud.visits + honest.visits
    print(
        f"seed {seed}: {visits} visits, {percent(fraud.visits, visits).strip()} planted,"
        f" {outcome.seconds:.1f} s to look at ({outcome.seconds / visits * 1000:.2f} ms a visit)"
    )
    print(f"  {'kind':<16}{'visits':>7}{'recall by value':>17}{'parked by value':>17}")
    for kind, tally in sorted(outcome.kinds.items()):
        print(
            f"  {kind:<16}{tally.visits:>7}{percent(tally.found_paise, tally.paise):>17}"
            f"{percent(tally.parked_paise, tally.paise):>17}"
        )
    for name, read in COLUMNS.items():
        print(f"  {name:<46}{percent(*read(outcome))}")
    blamed = ", ".join(f"{rule} {visits}" for rule, visits in outcome.blamed.most_common())
    print(f"  rules that spoke of honest visits judged odd: {blamed or 'none'}")


def table(outcomes: Mapping[int, Outcome]) -> list[str]:
    """Return what was found in each city as lines for the results."""
    heads = ["seed", "visits", "planted", *COLUMNS]
    rows = [heads, ["---"] * len(heads)]
    for seed, one in outcomes.items():
        visits = one.fraud.visits + one.honest.visits
        shares = [(one.fraud.visits, visits), *(read(one) for read in COLUMNS.values())]
        rows.append([str(seed), str(visits), *(percent(*share).strip() for share in shares)])
    return [f"| {' | '.join(row)} |" for row in rows]


def main() -> None:
    """Bring the stores up, measure each city, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fraud_world", description=__doc__)
    parser.add_argument("--seed", type=int, action="append", help="which cities, one each")
    parser.add_argument("--riders", type=int, default=RIDERS)
    parser.add_argument("--merchants", type=int, default=MERCHANTS)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--into", type=Path, help="where results.md is (another city: nowhere)")
    chosen = parser.parse_args()
    is_usual = (chosen.seed, chosen.riders, chosen.merchants, chosen.days) == (
        None, RIDERS, MERCHANTS, DAYS,
    )  # fmt: skip
    into = chosen.into or (HERE if is_usual else None)
    outcomes: dict[int, Outcome] = {}
    warnings.filterwarnings("ignore", message="No directory at")
    with stores():
        import django  # noqa: PLC0415  # after the environment

        django.setup()
        logging.disable(logging.WARNING)
        for seed in chosen.seed or SEEDS:
            outcomes[seed] = measure(
                seed, riders=chosen.riders, merchants=chosen.merchants, days=chosen.days
            )
            show(seed, outcomes[seed])
    if into is not None:
        command = "python -m benchmarks.fraud_world"
        report.add(into, "Signs of fraud", table(outcomes), command=command)


if __name__ == "__main__":
    main()
