"""Missions made each night in each zone, and those that have become impossible taken out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from logging import getLogger
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.campaigns import selectors as campaigns
from apps.gamification.drafts import Draft, Night
from apps.gamification.generating import TOP, generate
from apps.gamification.models import Mission, PromoPool
from apps.gamification.services.rewarding import MISSIONS, program_of
from apps.gamification.services.running import budget_left
from apps.gamification.sources import Candidate
from apps.merchants import selectors as merchants
from uma.kernel.mongo import DocumentsAway
from uma.kernel.zones import local

logger = getLogger(__name__)
BEGINS = time(2)
WEEK = timedelta(days=7)
# In paise; a mission has its reward when the pool can pay it ten times beside all it promised already.
REWARDS = {
    "multi_stop": 40_00,
    "explore": 50_00,
    "time_boxed": 20_00,
    "transit_plus_visit": 30_00,
    "sponsored": 0,
}
COVERED_TIMES = 10


def night_of(now: datetime, timezone: str) -> date:
    """Return the night whose missions hold at an instant: it begins at two o'clock on the zone's clock."""
    clock = local(now, timezone)
    return clock.date() if clock.time() >= BEGINS else clock.date() - timedelta(days=1)


def begins_at(night: date, timezone: str) -> datetime:
    """Return when a night's missions begin; where a clock skips that hour, when it would have been."""
    return datetime.combine(night, BEGINS, ZoneInfo(timezone))


def candidates(kind: str, *, zone_code: str, now: datetime) -> list[Candidate] | None:
    """Ask the sources of the settings what can be had on the network in a zone; None while one is away."""
    found: list[Candidate] = []
    for name in settings.MISSION_SOURCES.get(kind, ()):
        source: Callable[..., Iterable[Candidate]] = import_string(name)
        try:
            found += source(zone_id=zone_code, now=now)
        except DocumentsAway:
            logger.warning(
                "missions are planned without a source that is away", extra={"row": name}
            )
            return None
    return found


def zones_to_plan(*, now: datetime) -> list[str]:
    """Return the zones that have no missions of their current night yet."""
    planned = set(
        Mission.objects.filter(ends_at__gt=now, starts_at__lte=now).values_list(
            "zone_code", flat=True
        )
    )
    return [zone.code for zone in merchants.zones() if zone.code not in planned]


@transaction.atomic(durable=True)
def generate_missions(*, zone_code: str, now: datetime, top: int = TOP) -> int:
    """
    Make the missions of a zone's current night and return how many are new; a rerun makes none.

    Raises:
        UnknownZone
    """
    zone = merchants.zone(code=zone_code)
    night = night_of(now, zone.timezone)
    starts_at = begins_at(night, zone.timezone)
    ends_at = begins_at(night + timedelta(days=1), zone.timezone)
    facts = Night(zone_code, zone.timezone, starts_at, ends_at, _seen(zone_code, before=night), now)
    drafts = generate(
        campaigns.offered(zone_code=zone_code, now=now),
        rides=candidates("ride", zone_code=zone_code, now=now) or (),
        goods=candidates("commerce", zone_code=zone_code, now=now) or (),
        night=facts,
        top=top,
    )
    # The pool's lock: of two runs at once the second counts what the first has made, and adds nothing beside it.
    PromoPool.objects.select_for_update(no_key=True).filter(
        pk=program_of(MISSIONS, zone_code)
    ).first()
    rows = [_row(draft, facts, night=night, now=now) for draft in drafts]
    known = set(
        Mission.objects.filter(zone_code=zone_code, night=night).values_list("pk", flat=True)
    )
    # Later in the night other deals are the best; what is offered already stands.
    fresh = [row for row in rows if row.pk not in known][: max(0, top - len(known))]
    Mission.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _row(draft: Draft, facts: Night, *, night: date, now: datetime) -> Mission:
    wanted = REWARDS[draft.kind]
    left = budget_left(zone_code=facts.zone_code, now=now) if wanted else 0
    return Mission(
        id=draft.identity(zone_code=facts.zone_code, night=night),
        zone_code=facts.zone_code,
        timezone=facts.timezone,
        night=night,
        kind=draft.kind,
        content=dict(draft.content)
        | {"features": dict(draft.features), "merchants": _merchants_of(draft)},
        reward_paise=wanted if left >= wanted * COVERED_TIMES else 0,
        score=draft.score,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        created_at=now,
    )


def _merchants_of(draft: Draft) -> list[str]:
    return [str(one) for one in draft.merchants]


def _seen(zone_code: str, *, before: date) -> Mapping[UUID, int]:
    """Return in how many missions of the seven nights before each merchant was."""
    rows = Mission.objects.filter(zone_code=zone_code, night__lt=before, night__gte=before - WEEK)
    counted: Counter[UUID] = Counter()
    for content in rows.values_list("content", flat=True):
        counted.update(UUID(one) for one in content.get("merchants", ()))
    return counted
