"""The night: when a push waits for the morning, and which kinds do not wait (product rule 1.7)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

NIGHT_BEGINS = time(22)
NIGHT_ENDS = time(8)
# A person at a counter, and a person whose account is at stake, are told at once.
URGENT_FAMILIES = frozenset({"handshake", "security"})


def is_urgent(kind: str) -> bool:
    """Answer whether messages of `kind` ("family" or "family.detail") go out at night."""
    return kind.partition(".")[0] in URGENT_FAMILIES


def earliest(*, kind: str, at: datetime, timezone: str) -> datetime:
    """Return `at`, or, when it is night in `timezone` and the kind waits, the next 08:00 there."""
    if is_urgent(kind):
        return at
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    if NIGHT_ENDS <= local.time() < NIGHT_BEGINS:
        return at
    morning = local.date() if local.time() < NIGHT_ENDS else local.date() + timedelta(days=1)
    return datetime.combine(morning, NIGHT_ENDS, tzinfo=zone).astimezone(at.tzinfo)
