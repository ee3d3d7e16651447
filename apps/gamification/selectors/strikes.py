"""Reads about strikes and appeals, and whose history is still to be worked out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from apps.gamification.errors import UnknownAppeal
from apps.gamification.models import Appeal, NoShow, ProvenOrder, Strike, StrikePolicy, Visit
from apps.gamification.standing import Policy, policy_at
from apps.merchants import selectors as merchants
from uma.kernel.zones import days_after

# Of a zone that is not known any more.
NO_CLOCK = "UTC"
# In force wherever nobody set another.
DEFAULT_POLICY = Policy(datetime(2020, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class StrikeView:
    """A strike with what it was given for and what was said against it; `status` is of this moment."""

    strike: Strike
    no_show: NoShow
    appeals: tuple[Appeal, ...]
    status: str
    appeal_until: datetime


def policies() -> list[Policy]:
    """Return every policy, the first first: the one of the beginning, and those that were set since."""
    rows = StrikePolicy.objects.order_by("effective_from")
    found = [
        Policy(
            row.effective_from,
            row.window_days,
            row.limit,
            row.clears,
            tuple(row.ladder_days),
            row.appeal_days,
            row.appeal_hours,
        )
        for row in rows
    ]
    return [DEFAULT_POLICY, *found]


def policy_in_force(*, at: datetime) -> Policy:
    """Return the policy of an instant."""
    return policy_at(policies(), at)


def clocks() -> dict[str, str]:
    """Return the time zone of every zone, by its code."""
    return {zone.code: zone.timezone for zone in merchants.zones()}


def appeal_until(strike: Strike, *, since: datetime, known: Sequence[Policy]) -> datetime:
    """Return until when somebody may appeal who knows of it since an instant."""
    days = policy_at(known, strike.struck_at).appeal_days
    return days_after(since, days, clocks().get(strike.zone_code, NO_CLOCK))


def count_active(*, rider_id: UUID, now: datetime) -> int:
    """Return how many strikes count against the rider now."""
    return Strike.objects.filter(
        rider_id=rider_id, state=Strike.State.ACTIVE, lapses_at__gt=now
    ).count()


def page_of_strikes(
    *, rider_id: UUID, limit: int, before: UUID | None, now: datetime
) -> list[StrikeView]:
    """Return up to `limit` of the rider's strikes, the newest first, older than `before`."""
    rows = Strike.objects.filter(rider_id=rider_id).select_related("no_show")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    strikes = list(rows.order_by("-pk").prefetch_related("appeals")[:limit])
    known = policies()
    return [
        StrikeView(
            strike,
            strike.no_show,
            tuple(sorted(strike.appeals.all(), key=lambda appeal: appeal.line)),
            status_of(strike, now=now),
            appeal_until(strike, since=strike.struck_at, known=known),
        )
        for strike in strikes
    ]


def status_of(strike: Strike, *, now: datetime) -> str:
    """Return what a strike is to its rider now: an active one lapses by its age."""
    if strike.state == Strike.State.ACTIVE and strike.lapses_at <= now:
        return "lapsed"
    return str(strike.state).lower()


def appeals_of(*, rider_id: UUID) -> list[Appeal]:
    """Return the rider's appeals, the newest first."""
    return list(Appeal.objects.filter(rider_id=rider_id).order_by("-opened_at", "-pk")[:100])


def open_appeals(*, zones: Iterable[str] | None, limit: int) -> list[Appeal]:
    """Return the appeals that wait, the one due first coming first."""
    rows = Appeal.objects.filter(state=Appeal.State.OPEN).select_related("strike__no_show")
    if zones is not None:
        rows = rows.filter(zone_code__in=list(zones))
    return list(rows.order_by("due_at", "pk")[:limit])


def zone_of_appeal(*, appeal_id: UUID) -> str:
    """
    Return the zone an appeal belongs to.

    Raises:
        UnknownAppeal
    """
    found = Appeal.objects.filter(pk=appeal_id).values_list("zone_code", flat=True).first()
    if found is None:
        raise UnknownAppeal
    return found


def riders_to_settle(*, limit: int) -> list[UUID]:
    """Return up to `limit` riders of whom a missed visit, a visit or an order is still to be worked out."""
    missed = NoShow.objects.filter(decided_at=None).order_by("expired_at")
    found = dict.fromkeys(missed.values_list("rider_id", flat=True)[:limit])
    for model in (Visit, ProvenOrder):
        waiting = model.objects.filter(settled_at=None).order_by("at")
        found |= dict.fromkeys(waiting.values_list("rider_id", flat=True)[:limit])
    return list(found)[:limit]
