"""What is known about a missed visit, as an operator reads it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.gamification.models import NoShow

MARKS = {"six_hours": "Six hours before", "one_hour": "One hour before"}


def lines(told: Iterable[str]) -> SafeString | str:
    """Return sentences below each other."""
    return format_html_join("", "<div>{}</div>", ((line,) for line in told)) or "—"


def instant(at: datetime) -> str:
    """Return an instant as the desk writes it."""
    return f"{at:%d %b %Y %H:%M} UTC"


def known_about(row: NoShow) -> SafeString | str:
    """Return what the verdict was made on, in sentences."""
    return lines(_known(row))


def _known(row: NoShow) -> Iterator[str]:
    yield f"Booked {instant(row.booked_at)} at {row.merchant_name}, over {instant(row.expired_at)}."
    found = row.evidence
    for name, words in MARKS.items():
        if name in found.get("reminders", {}):
            reached = found["reminders"][name]
            told = instant(datetime.fromisoformat(reached)) if reached else "never"
            yield f"{words}: the reminder reached the rider {told}."
    for closing in found.get("closings", ()):
        yield f"While it ran: {closing.replace('_', ' ')}."
    for code in found.get("failed_scans", ()):
        yield f"A scan failed: {code.replace('_', ' ')}."
    if found.get("ride_failure"):
        yield f"The ride: {found['ride_failure'].replace('_', ' ').lower()}."
    if found.get("force_majeure"):
        yield "An event nobody could help was declared there."
    yield f"Excused: {row.excuse.replace('_', ' ')}." if row.excuse else "Nothing excused it."
