"""What the money brought: the dashboard, and the rows that each of its figures is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from apps.analytics import selectors
from apps.analytics.selectors import Counts, Figures, Period, Split
from apps.business import charts, refusals, tiles
from apps.business.alerts import alerts
from apps.business.live import cursor_of
from apps.business.visiting import Visitor, fragment, page, show
from apps.campaigns import selectors as campaigns
from apps.campaigns.models import Campaign
from apps.handshake import selectors as handshakes
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.merchants.access import require_outlets
from uma.kernel.zones import day_of, midnight

DAYS = (1, 7, 30, 90)
USUAL_DAYS = 30
ROWS = 50
MOST_PAGES = 1_000
MOST_CAMPAIGNS = 200
PERCENT = 100
MOST_KEYS = 200
PERSON = "person"
_SPLITS: dict[str, Split] = {"day": "day", "deal": "campaign_id", "outlet": "outlet_id"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see: the period, and whose clock it is on."""

    period: Period
    days: int
    clock: str
    outlet_id: UUID | None
    campaign_id: UUID | None
    margin: int | None
    day: date | None

    @property
    def since(self) -> datetime:
        return midnight(self.period.first, self.clock)

    @property
    def until(self) -> datetime:
        return midnight(self.period.last + timedelta(days=1), self.clock)

    def query(self, **more: object) -> str:
        """Return the same question as an address says it."""
        named = {
            "days": self.days,
            "outlet": self.outlet_id,
            "deal": self.campaign_id,
            "margin": self.margin,
            "day": self.day,
            **more,
        }
        return urlencode({name: value for name, value in named.items() if value is not None})


@page(duties.READ_ANALYTICS)
def figures(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the dashboard of a period."""
    now = timezone.now()
    asked = asked_of(request, visitor, now=now)
    facts = {**_facts(visitor, asked, now=now), **_choices(visitor), "since": cursor_of(visitor)}
    return show(request, "figures", facts, visitor=visitor)


@page(duties.READ_ANALYTICS, live=True)
def figures_now(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the dashboard's figures as they are now."""
    now = timezone.now()
    asked = asked_of(request, visitor, now=now)
    return fragment(request, "parts/figures", _facts(visitor, asked, now=now))


@page(duties.READ_ANALYTICS)
def rows(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the period's sums by day, deal, outlet or who scanned, and that they are the whole."""
    now = timezone.now()
    asked = asked_of(request, visitor, now=now)
    by = request.GET.get("by", "day")
    by = by if by in {*_SPLITS, PERSON} else "day"
    found = _split(visitor, asked, by=by, now=now)
    total = sum(found.values(), Counts())
    facts = {
        "asked": asked,
        "by": by,
        "ways": [(way, asked.query(by=way)) for way in (*_SPLITS, PERSON)],
        "rows": _named_rows(visitor, asked, found, by=by),
        "total": total,
        "total_paise": total.spend_paise + total.gst_paise,
        "back": asked.query(day=None),
        "visits": asked.query(),
    }
    return show(request, "rows", facts, visitor=visitor)


def page_number(request: HttpRequest) -> int:
    """Return which page of a list is asked for, from nought."""
    at = request.GET.get("page", "0")
    return int(at) if at.isascii() and at.isdecimal() and int(at[:6]) < MOST_PAGES else 0


def asked_of(request: HttpRequest, visitor: Visitor, *, now: datetime) -> Asked:
    """
    Return what is asked for; what is no choice of the page is the usual one.

    Raises:
        OutletNotYours, PlanLimitReached
    """
    merchant = merchants.merchant(merchant_id=visitor.staff.merchant_id)
    clock = merchant.zone.timezone
    today = day_of(now, clock)
    outlet_id, campaign_id = _uuid(request, "outlet"), _uuid(request, "deal")
    outlet_ids: Sequence[UUID] = visitor.staff.outlet_ids
    if outlet_id is not None:
        require_outlets(visitor.staff, [outlet_id])
        outlet_ids = (outlet_id,)
    days = _among(request.GET.get("days", ""), DAYS, USUAL_DAYS)
    first, last = today - timedelta(days - 1), today
    one = _day(request.GET.get("day", ""))
    if one is not None:
        first = last = one
    merchants.require_within_plan(
        merchant_id=merchant.pk, feature="analytics_days", wanted=(today - first).days + 1
    )
    return Asked(
        period=Period(first, last, outlet_ids, campaign_id),
        days=days,
        clock=clock,
        outlet_id=outlet_id,
        campaign_id=campaign_id,
        margin=_percent(request.GET.get("margin", "")),
        day=one,
    )


def _uuid(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _among(text: str, choices: Sequence[int], usual: int) -> int:
    return next((one for one in choices if str(one) == text), usual)


def _percent(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and int(text[:4]) <= PERCENT else None


def figures_of(visitor: Visitor, asked: Asked, *, now: datetime) -> Figures:
    """Return the figures of what is asked for."""
    return selectors.figures(merchant_id=visitor.staff.merchant_id, period=asked.period, now=now)


def _facts(visitor: Visitor, asked: Asked, *, now: datetime) -> dict[str, object]:
    found = figures_of(visitor, asked, now=now)
    first = asked.period.first
    days = [first + timedelta(n) for n in range((asked.period.last - first).days + 1)]
    counts = [(day, found.by_day.get(day, Counts())) for day in days]
    busiest = charts.busiest(found.by_hour)
    own = campaigns.campaigns_of(merchant_id=visitor.staff.merchant_id, limit=MOST_CAMPAIGNS)
    return {
        "asked": asked,
        "query": asked.query(),
        "rows_query": asked.query(by="day"),
        "tiles": tiles.tiles(
            found,
            margin=asked.margin,
            check_ins=_check_ins(visitor, asked),
            refused=refusals.by_reason(visitor.staff.merchant_id, asked.period),
        ),
        "tried": _tried(visitor, asked, own, now=now),
        "is_empty": found.total == Counts() and not any(one.size for one in found.repeats),
        "bars": charts.bars([(day, one.visits - one.new_customers, one.new_customers) for day, one in counts]),
        "most": max((one.visits for _, one in counts), default=0),
        "heat": zip(WEEKDAYS.values(), charts.heat(found.by_hour), strict=True),
        "busiest": busiest and (WEEKDAYS[busiest[0]], busiest[1], (busiest[1] + 1) % charts.HOURS),
        "pacing": tiles.pacing(_live(own), now=now),
        "alerts": alerts(visitor, own, now=now),
    }  # fmt: skip


def _check_ins(visitor: Visitor, asked: Asked) -> int:
    return handshakes.check_ins_of(
        merchant_id=visitor.staff.merchant_id,
        since=asked.since,
        until=asked.until,
        outlet_ids=asked.period.outlet_ids,
    )


def _tried(
    visitor: Visitor, asked: Asked, own: Sequence[Campaign], *, now: datetime
) -> list[tiles.Tried]:
    """Return what holdouts have shown: riders are drawn for the whole business, so for all of it alone."""
    if visitor.staff.outlet_ids or asked.outlet_id:
        return []
    measured = selectors.experiments(
        merchant_id=visitor.staff.merchant_id, campaign_id=asked.campaign_id, now=now
    )
    return tiles.tried(measured, {one.pk: one.title for one in own})


def _live(own: Sequence[Campaign]) -> list[tuple[Campaign, campaigns.Pace]]:
    live = [one for one in own if one.state in campaigns.LIVE]
    paces = campaigns.paces(campaign_ids=[one.pk for one in live])
    return [(one, paces[one.pk]) for one in live]


def _choices(visitor: Visitor) -> dict[str, object]:
    staff = visitor.staff
    return {
        "periods": [(1, _("Today")), *((n, _("%(n)s days") % {"n": n}) for n in DAYS[1:])],
        "outlets": [
            one
            for one in merchants.open_outlets(merchant_id=staff.merchant_id)
            if staff.covers(one.pk)
        ],
        "deals": campaigns.campaigns_of(merchant_id=staff.merchant_id, limit=MOST_CAMPAIGNS),
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its name, its sums, and where its own visits are read."""

    name: object
    day: date | None
    counts: Counts
    query: str

    @property
    def debit_paise(self) -> int:
        return self.counts.spend_paise + self.counts.gst_paise


def _split(visitor: Visitor, asked: Asked, *, by: str, now: datetime) -> dict[date | UUID, Counts]:
    merchant_id = visitor.staff.merchant_id
    if by == PERSON:
        return selectors.by_scanner(
            merchant_id=merchant_id, period=asked.period, timezone=asked.clock
        )
    return selectors.split(
        merchant_id=merchant_id,
        period=asked.period,
        by=_SPLITS[by],
        timezone=asked.clock,
        now=now,
    )


def names_by(visitor: Visitor, *, by: str) -> dict[UUID, str]:
    """Return what the business calls its deals, its outlets, or whoever scans for it."""
    merchant_id = visitor.staff.merchant_id
    if by == "deal":
        own = campaigns.campaigns_of(merchant_id=merchant_id, limit=MOST_CAMPAIGNS)
        return {one.pk: one.title for one in own}
    if by == "outlet":
        return {one.pk: one.name for one in merchants.outlets(merchant_id=merchant_id)}
    if by == PERSON:
        keys = merchants.api_keys(merchant_id=merchant_id, limit=MOST_KEYS)
        people = merchants.colleagues(merchant_id=merchant_id)
        return {one.pk: one.name for one in keys} | {
            one.user_id: one.user.display_name or _("Somebody without a name") for one in people
        }
    return {}


def _named_rows(
    visitor: Visitor, asked: Asked, found: dict[date | UUID, Counts], *, by: str
) -> list[Row]:
    names = names_by(visitor, by=by)
    rows = [
        Row(
            name=_name(names, key, by=by) if isinstance(key, UUID) else None,
            day=key if isinstance(key, date) else None,
            counts=counts,
            query="" if by == PERSON else asked.query(**{by: key}),
        )
        for key, counts in found.items()
    ]
    if by == "day":
        return sorted(rows, key=lambda row: row.day or date.min, reverse=True)
    if by == PERSON:
        return sorted(rows, key=lambda row: (-row.counts.visits, str(row.name)))
    return sorted(rows, key=lambda row: (-row.counts.spend_paise, str(row.name)))


def _name(names: dict[UUID, str], key: UUID, *, by: str) -> str:
    unknown = _("No longer here") if by == PERSON else str(key)[-8:]
    return names.get(key, unknown)
