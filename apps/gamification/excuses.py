"""Why a missed visit costs nothing (product rule 2.7): every excuse in the order they are looked for. Pure."""

from dataclasses import dataclass
from datetime import datetime

# What is done to an outlet, its merchant or its zone that keeps a rider from redeeming.
CLOSING_ACTS = {
    "outlet.paused": "outlet_closed",
    "outlet.closed": "outlet_closed",
    "merchant.suspended": "merchant_suspended",
    "merchant.closed": "merchant_suspended",
    "merchant.wallet-frozen": "wallet_frozen",
    "zone.paused": "zone_paused",
}


@dataclass(frozen=True, slots=True)
class Reminded:
    """One reminder: whether the booking was old enough for it, and when it reached the rider."""

    due: bool
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one missed visit."""

    expired_at: datetime
    early: Reminded
    late: Reminded
    # Names of excuses that the trail of outlet, merchant and zone gives for the booking's life.
    closings: frozenset[str] = frozenset()
    failed_scans: tuple[str, ...] = ()
    ride_failure: str = ""
    force_majeure: bool = False


def excuse_for(facts: Facts) -> str:
    """Return the name of the excuse, empty when there is none: then it is a strike."""
    if facts.force_majeure:
        return "force_majeure"
    for name in ("outlet_closed", "merchant_suspended", "wallet_frozen", "zone_paused"):
        if name in facts.closings:
            return name
    if facts.failed_scans:
        return "scan_failed"
    if facts.ride_failure:
        return facts.ride_failure.lower()
    return "" if _was_reminded(facts) else "not_reminded"


def _was_reminded(facts: Facts) -> bool:
    """
    Say whether every reminder that was due reached the rider in time, and one was due at all.

    A booking of less than an hour has no mark to be reminded at, so it never costs a strike.
    """
    due = [mark for mark in (facts.early, facts.late) if mark.due]
    return bool(due) and all(
        mark.reached_at is not None and mark.reached_at <= facts.expired_at for mark in due
    )
