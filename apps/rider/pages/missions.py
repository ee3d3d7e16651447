"""Missions as stories, badges with how far one is, the streak, and the week's board. Joining is the API's."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import selectors as accounts
from apps.gamification import selectors as gamification
from apps.merchants import selectors as merchants
from apps.merchants.models import Zone
from apps.rider.filters import zone_from
from apps.rider.pages.deals import ZONE_COOKIE
from apps.rider.visiting import Visitor, api_words, page, show

SHOWN = 12


@page()
def missions(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show tonight's missions of the rider's city and what the rider has earned."""
    now, rider_id = timezone.now(), visitor.rider_id
    zone = _zone(request, visitor)
    seen = gamification.missions(zone_code=zone.code, now=now) if zone else None
    own = gamification.own_runs(rider_id=rider_id, now=now)
    held = gamification.own_badges(rider_id=rider_id, now=now)
    facts: dict[str, object] = {
        "missions": [
            _story(row, own) for row in gamification.ranked(seen.value, rider_id=rider_id)[:SHOWN]
        ]
        if seen
        else [],
        "copy_of": seen.copy_of if seen else None,
        "badges": [_badge(row, held) for row in gamification.badges(now=now).value],
        "streak": gamification.own_streak(rider_id=rider_id, now=now),
        "zone": zone,
        "places": gamification.leaderboard(
            zone_code=zone.code, timezone=zone.timezone, rider_id=rider_id, now=now
        )
        if zone
        else [],
        "words": api_words(),
    }
    return show(request, "missions", facts, visitor=visitor, tab="gift")


def _zone(request: HttpRequest, visitor: Visitor) -> Zone | None:
    """Return the city that the rider looks at, their own, or the first."""
    zones = {zone.code: zone for zone in merchants.zones()}
    chosen = zone_from(request.COOKIES.get(ZONE_COOKIE, ""))
    own = accounts.person(user_id=visitor.rider_id).zone_code
    known = [zones[code] for code in (chosen, own) if code in zones]
    return next(iter([*known, *zones.values()]), None)


def _story(
    row: Mapping[str, Any],
    own: Mapping[str, Any],  # Any: documents
) -> dict[str, object]:
    run = next((one for one in own["runs"] if one["mission_id"] == row["_id"]), None)
    done = set(run["steps_done"]) if run else set()
    return {
        "id": row["_id"],
        "title": row["title"],
        "text": row["description"],
        "why": row["why"],
        "reward_paise": row["reward_paise"],
        "ends_at": row["ends_at"],
        "steps": [{**step, "done": place in done} for place, step in enumerate(row["steps"])],
        "state": run["state"] if run else "OPEN",
        "done": len(done),
    }


def _badge(
    row: Mapping[str, Any],
    held: Mapping[str, Any],  # Any: as above
) -> dict[str, object]:
    mine: Mapping[str, Any] = next(
        (
            one
            for one in held["badges"]
            if (one["code"], one["version"]) == (row["_id"], row["version"])
        ),
        {},
    )
    return {
        "name": _(row["name"]),
        "text": _(row["description"]),
        "reward_paise": row["reward_paise"],
        "unlocked": mine.get("award_id") is not None,
        "progress": mine.get("progress", 0),
        "target": mine.get("count", 0),
    }
