"""The night: when a push waits for the morning, and which kinds do not wait (product rule 1.7)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

NIGHT_BEGINS = time(22)
NIGHT_ENDS = time(8)
# A person at a counter, and a person whose account is at stake, are told at once.
URGENT_FAMILIES = frozenset({"handshake", "security"})
# Without its reminders a missed visit is no strike (product rule 2.7): nobody holds them back by a night of their own.
USUAL_NIGHT_FAMILIES = frozenset({"reminder"})


@dataclass(frozen=True, slots=True)
class Night:
    """When somebody's phone stays quiet, by the clock on their wall; equal ends are no night."""

    begins: time = NIGHT_BEGINS
    ends: time = NIGHT_ENDS

    def holds(self, at: time) -> bool:
        """Answer whether it is night at this time of the day."""
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


USUAL = Night()


def family_of(kind: str) -> str:
    """Return the family of a kind: "family" or "family.detail"."""
    return kind.partition(".")[0]


def is_urgent(kind: str) -> bool:
    """Answer whether messages of `kind` ("family" or "family.detail") go out at night."""
    return family_of(kind) in URGENT_FAMILIES


def earliest(*, kind: str, at: datetime, timezone: str, night: Night = USUAL) -> datetime:
    """Return `at`, or, when it is night in `timezone` and the kind waits, when that night ends there."""
    if is_urgent(kind):
        return at
    if family_of(kind) in USUAL_NIGHT_FAMILIES:
        night = USUAL
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    if not night.holds(local.time()):
        return at
    morning = local.date() if local.time() < night.ends else local.date() + timedelta(days=1)
    return datetime.combine(morning, night.ends, tzinfo=zone).astimezone(at.tzinfo)
