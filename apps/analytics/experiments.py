"""What holdouts have shown: both groups counted once a day, and what that makes of the money (product rule 3)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import selectors as accounts
from apps.analytics.lift import Group, Lift, lift
from apps.analytics.models import Experiment
from apps.campaigns import selectors as campaigns
from apps.campaigns.selectors import Holdout
from apps.handshake import selectors as handshakes
from apps.handshake.selectors import RiderVisits
from uma.kernel.zones import day_of, midnight

# What happens on a shorter time is chance (product rule 3).
LEAST_DAYS = 30
# What was booked on the last day is good until the next.
_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Arm:
    """One group of riders: how many, and the visits of those who came."""

    riders: int
    came: tuple[RiderVisits, ...]

    @property
    def by_visits(self) -> Group:
        return Group(self.riders, Counter(one.visits for one in self.came))

    @property
    def by_first_visits(self) -> Group:
        return Group(self.riders, {1: sum(one.is_new for one in self.came)})

    def sums(self) -> tuple[int, int, int, int, int]:
        """Return riders, visitors, visits, check-ins among these, and first visits."""
        return (
            self.riders,
            len(self.came),
            sum(one.visits for one in self.came),
            sum(one.check_ins for one in self.came),
            sum(one.is_new for one in self.came),
        )


def count_experiments(*, now: datetime, limit: int) -> int:
    """
    Count what each holdout has shown until today, once a day; return how many, `limit` at the most.

    Fewer than `limit` means that nothing is left. Run twice, it writes the same twice.
    """
    counted = dict(Experiment.objects.values_list("pk", "until"))
    done = 0
    for one in campaigns.holdouts():
        since, until = _days(one, now=now)
        if until <= since or counted.get(one.campaign_id) == until:
            continue
        if done == limit:
            break
        _count(one, since=since, until=until)
        done += 1
    return done


def _days(one: Holdout, *, now: datetime) -> tuple[date, date]:
    """Return the first day and the one after the last; an hour's grace, as for the days themselves."""
    until = day_of(now - timedelta(hours=1), one.timezone)
    if one.over_at is not None:
        until = min(until, day_of(one.over_at, one.timezone) + _AFTER)
    return day_of(one.starts_at, one.timezone), until


@transaction.atomic
def _count(one: Holdout, *, since: date, until: date) -> None:
    shown, held = _arms(one, since=since, until=until)
    facts: dict[str, object] = {
        "merchant_id": one.merchant_id,
        "holdout_bps": one.holdout_bps,
        "since": since,
        "until": until,
    }
    for name, arm in (("shown", shown), ("held", held)):
        measures = ("riders", "visitors", "visits", "check_ins", "first_visits")
        facts |= {f"{name}_{what}": sum_ for what, sum_ in zip(measures, arm.sums(), strict=True)}
    visits = first = None
    if (until - since).days >= LEAST_DAYS:
        seed = f"{one.campaign_id} {until}"
        visits = lift(shown=shown.by_visits, held=held.by_visits, seed=seed)
        first = lift(shown=shown.by_first_visits, held=held.by_first_visits, seed=seed)
    facts |= _columns("visits", visits) | _columns("first", first)
    Experiment.objects.update_or_create(pk=one.campaign_id, defaults=facts)


def _columns(name: str, found: Lift | None) -> dict[str, object]:
    ends = (None, None, None) if found is None else (found.estimate, found.low, found.high)
    return dict(zip((f"{name}_lift", f"{name}_low", f"{name}_high"), ends, strict=True))


def _arms(one: Holdout, *, since: date, until: date) -> tuple[Arm, Arm]:
    """
    Return the riders who could see the deal, and those who could not, with their visits.

    All riders of the zone, whether or not they ever looked: who looked may depend on what was shown.
    """
    ends = midnight(until, one.timezone)
    came = {
        visits.rider_id: visits
        for visits in handshakes.visits_of_riders(
            merchant_id=one.merchant_id, since=midnight(since, one.timezone), until=ends
        )
    }
    riders = {True: 0, False: 0}
    seen: dict[bool, list[RiderVisits]] = {True: [], False: []}
    for rider_id in accounts.riders_in(zone_code=one.zone_code, before=ends):
        held = one.holds_out(rider_id)
        riders[held] += 1
        if rider_id in came:
            seen[held].append(came[rider_id])
    return Arm(riders[False], tuple(seen[False])), Arm(riders[True], tuple(seen[True]))


@dataclass(frozen=True, slots=True)
class Measured:
    """
    An experiment with the campaign's own spend and bills of the same days; money in paise.

    `bill_paise` is the average bill of the visits whose bill was keyed in, None when those are too few.
    """

    row: Experiment
    spend_paise: int
    bill_paise: float | None

    @property
    def days(self) -> int:
        return (self.row.until - self.row.since).days

    @property
    def state(self) -> str:
        """Say `too_early`, `too_few`, `nothing` (not to be told from nought), `more` or `fewer`."""
        low, high = self.row.visits_low, self.row.visits_high
        if low is None or high is None:
            return "too_early" if self.days < LEAST_DAYS else "too_few"
        if low <= 0 <= high:
            return "nothing"
        return "more" if low > 0 else "fewer"

    @property
    def more_visits(self) -> Lift | None:
        """Return the visits that the deal brought, of all riders who could see it."""
        row = self.row
        return self._of_all(row.visits_lift, row.visits_low, row.visits_high)

    @property
    def more_first_visits(self) -> Lift | None:
        row = self.row
        return self._of_all(row.first_lift, row.first_low, row.first_high)

    def _of_all(self, estimate: float | None, low: float | None, high: float | None) -> Lift | None:
        if estimate is None or low is None or high is None:
            return None
        riders = self.row.shown_riders
        return Lift(estimate * riders, low * riders, high * riders)

    @property
    def icac_paise(self) -> int | None:
        """Return what a customer cost who would not have come: None while that may be nobody."""
        more = self.more_first_visits
        return round(self.spend_paise / more.estimate) if more and more.low > 0 else None

    @property
    def iroas(self) -> float | None:
        """Return the bills of visits that would not have been, over the spend."""
        more = self.more_visits
        if more is None or more.low <= 0 or self.bill_paise is None or self.spend_paise <= 0:
            return None
        return more.estimate * self.bill_paise / self.spend_paise


def rows_of(*, merchant_id: UUID, campaign_id: UUID | None = None) -> Iterable[Experiment]:
    """Return the merchant's experiments, the newest first."""
    rows = Experiment.objects.filter(merchant_id=merchant_id)
    if campaign_id is not None:
        rows = rows.filter(pk=campaign_id)
    return rows.order_by("-pk")
