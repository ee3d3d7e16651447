"""The parameters `from` and `until`: days of a zone, or instants."""

from dataclasses import dataclass
from datetime import date, datetime

from rest_framework.request import Request

from uma.kernel.http.errors import InvalidParameter
from uma.kernel.zones import midnight

LONGEST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant, included, to another, excluded; `None` is without end."""

    since: datetime | None
    until: datetime | None


def read_period(request: Request, timezone: str) -> Period:
    """
    Return the period that `?from=` and `?until=` name.

    Each is a day (`2026-10-01`, which begins at the zone's midnight) or an instant (RFC 3339); the
    first is included, the second is not.

    Raises:
        InvalidParameter
    """
    since, until = (_instant(request, name, timezone) for name in ("from", "until"))
    if since is not None and until is not None and since >= until:
        raise InvalidParameter("until is after from.")
    return Period(since, until)


def read_whole_period(request: Request, timezone: str) -> tuple[datetime, datetime]:
    """
    Return a period with both ends, of ninety-two days at most.

    Raises:
        InvalidParameter
    """
    period = read_period(request, timezone)
    if period.since is None or period.until is None:
        raise InvalidParameter("from and until are both needed.")
    if (period.until - period.since).days > LONGEST_DAYS:
        raise InvalidParameter(f"A period has at most {LONGEST_DAYS} days.")
    return period.since, period.until


def _instant(request: Request, name: str, timezone: str) -> datetime | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if len(text) == len("2026-10-01"):
            return midnight(date.fromisoformat(text), timezone)
        # A plus sign that nobody escaped arrives as a space.
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidParameter(f"{name} is a day or an instant: 2026-10-01, 2026-10-01T00:00:00Z.")
    return at
