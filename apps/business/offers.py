"""A deal as people type it: the form's fields, read into terms, and terms written back into fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.business.amounts import paise_in, typed_rupees
from apps.campaigns.pricing import Basis
from apps.campaigns.services import Terms
from uma.kernel.money import BPS, PAISE_PER_RUPEE
from uma.kernel.templatetags.web import rupees
from uma.kernel.zones import DAYS_PER_WEEK, Window, day_of, midnight

HOURS = 24
LONGEST_TITLE, LONGEST_TEXT = 120, 2_000
MOST_RUPEES = 1_00_00_000
MOST = 1_000_000
COUNTS = ("seats", "daily_seats", "per_rider", "per_rider_per_day", "per_outlet_daily")
BUDGETS = ("budget_paise", "daily_budget_paise")
AUDIENCES = ("all", "new_only", "returning_only")
PROOFS = ("visit", "ride+visit", "ride+visit+bill")
FENCES = ("none", "rider_location", "ride_dropoff")
# What a live deal keeps; its browser does not send these.
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "basis": tuple(Basis),
    "audience": AUDIENCES,
    "proof_policy": PROOFS,
    "geofence_policy": FENCES,
}

Grid = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed: the terms it makes, the outlets, and what is wrong with which field."""

    terms: Terms
    outlet_ids: tuple[UUID, ...]
    wrong: dict[str, str] = field(default_factory=dict)


# Where a deal starts from: the terms, and the hours that go with them.
BLANK = Terms(title="", cap_paise=150_00, discount_bps=10_00, budget_paise=5_000_00, per_rider=1)


def starting_points() -> dict[str, tuple[str, str, Terms]]:
    """Return the templates: their name, for whom they are, and the terms that they begin with."""
    lunch = tuple(Window(day, time(11), time(15)) for day in range(5))
    return {
        "ride": (
            _("Free ride and 10% off"),
            _("The usual one: brings guests from further away."),
            replace(BLANK, title=_("Free ride up to ₹150 and 10% off")),
        ),
        "quiet": (
            _("Fill the quiet hours"),
            _("Weekdays from 11:00 to 15:00, twenty guests a day."),
            replace(
                BLANK, title=_("Lunch: free ride and 15% off"), discount_bps=15_00, windows=lunch,
                daily_seats=20, per_rider=None, per_rider_per_day=1,
            ),
        ),
        "new": (
            _("Only new guests"),
            _("For who was never here; you pay more for each of them and nothing for others."),
            replace(BLANK, title=_("First visit: your ride is on us"), audience="new_only", cpa_enabled=True),
        ),
        "fare": (
            _("Pay the real fare"),
            _("You pay what the ride cost, up to a limit; what is left comes back to you."),
            replace(
                BLANK, title=_("Your fare back, up to ₹120"), basis=Basis.ACTUAL_CAPPED,
                cap_paise=120_00, discount_bps=0,
            ),
        ),
    }  # fmt: skip


def read(form: QueryDict, *, base: Terms, outlet_ids: tuple[UUID, ...], timezone: str) -> Typed:
    """Return what a form says; a field that it does not send stays as it is in `base`."""
    reader = _Reader(form, timezone)
    changes: dict[str, object] = {
        **reader.words(),
        **reader.choices(),
        **reader.money(base),
        **reader.shares(),
        **reader.counts(),
        **reader.days(base),
    }
    if "grid" in form:
        cells = grid_in(form)
        # Hours that were not touched stay to the minute as they are.
        if cells != grid_of(base.windows):
            changes["windows"] = windows_in(cells)
    chosen = tuple(ids_in(form.getlist("outlet"))) if "outlets" in form else outlet_ids
    return Typed(replace(base, **changes), chosen, reader.wrong)  # type: ignore[arg-type]  # by name


@dataclass
class _Reader:
    form: QueryDict
    timezone: str
    wrong: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.form.get(name) or ""

    def words(self) -> dict[str, object]:
        found: dict[str, object] = {}
        if "title" in self.form:
            title = clean(self.text("title"))
            found["title"] = title[:LONGEST_TITLE]
            if not title or len(title) > LONGEST_TITLE:
                self.wrong["title"] = _("Write a title of up to 120 letters.")
        if "description" in self.form:
            text = clean(self.text("description"))
            found["description"] = text[:LONGEST_TEXT]
            if len(text) > LONGEST_TEXT:
                self.wrong["description"] = _("Write at most 2,000 letters.")
        return found

    def choices(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, choices in _CHOICES.items():
            if self.form.get(name, "") in choices:
                found[name] = self.form[name]
        if "cpa" in self.form:
            found["cpa_enabled"] = self.form["cpa"] == "on"
        return found

    def money(self, base: Terms) -> dict[str, object]:
        found: dict[str, object] = {}
        for name in ("cap_paise", "deductible_paise", *BUDGETS):
            if name not in self.form:
                continue
            text = self.text(name).strip()
            paise = paise_in(text) if text else None
            if (text and paise is None) or (paise or 0) > MOST_RUPEES * PAISE_PER_RUPEE:
                self.wrong[name] = _("Write an amount in rupees, such as 150 or 99.50.")
            else:
                found[name] = paise if name in BUDGETS else paise or 0
        if found.get("basis", self.form.get("basis", base.basis)) != Basis.DEDUCTIBLE:
            found["deductible_paise"] = 0
        return found

    def shares(self) -> dict[str, object]:
        """Per cent as they are typed, in hundredths: nothing typed is none."""
        found: dict[str, object] = {}
        for field_name, name, said in (
            ("discount", "discount_bps", _("Write a discount from 0 to 100.")),
            ("holdout", "holdout_bps", _("Write a share from 5 to 50, or leave it empty.")),
        ):
            if field_name not in self.form:
                continue
            hundredths = paise_in(self.text(field_name).strip().removesuffix("%") or "0")
            if hundredths is None or hundredths > BPS:
                self.wrong[name] = said
            else:
                found[name] = hundredths
        return found

    def counts(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for name in COUNTS:
            text = self.form.get(name, "").strip().replace(",", "")
            if name not in self.form:
                continue
            if not text:
                found[name] = None
            elif text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST:
                found[name] = int(text)
            else:
                self.wrong[name] = _("Write a whole number, or leave it empty for no limit.")
        return found

    def days(self, base: Terms) -> dict[str, object]:
        """A day begins a deal at its midnight and ends it at the next; an unchanged day keeps the minute."""
        found: dict[str, object] = {}
        for name, later in (("starts_at", 0), ("ends_at", 1)):
            if name not in self.form:
                continue
            text = self.text(name).strip()
            if text == day_field(getattr(base, name), self.timezone, last=bool(later)):
                continue
            try:
                day = date.fromisoformat(text) if text else None
            except ValueError:
                self.wrong[name] = _("Choose a day.")
                continue
            found[name] = day and midnight(day + timedelta(days=later), self.timezone)
        return found


def clean(text: str) -> str:
    """Return the text without what no reader sees and no database keeps."""
    kept = (one for one in text.replace("\r\n", "\n") if one == "\n" or one.isprintable())
    return "".join(kept).strip()


def ids_in(texts: list[str]) -> list[UUID]:
    """Return the ids among what a form sends."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def day_field(at: datetime | None, timezone: str, *, last: bool) -> str:
    """Return the day that a date field shows; `last` for an end, which is the day before its midnight."""
    if at is None:
        return ""
    return day_of(at - timedelta(seconds=1) if last else at, timezone).isoformat()


def grid_in(form: QueryDict) -> Grid:
    """Return the ticked cells, `3-14` for Thursday from 14:00 on."""
    cells = set()
    for text in form.getlist("hour"):
        day, _dash, hour = text.partition("-")
        if (day + hour).isascii() and day.isdecimal() and hour.isdecimal() and len(text) < 5:  # noqa: PLR2004
            cells.add((int(day), int(hour)))
    return frozenset(cell for cell in cells if cell[0] < DAYS_PER_WEEK and cell[1] < HOURS)


def grid_of(windows: tuple[Window, ...]) -> Grid:
    """Return the hours of the week that lie wholly or partly within the windows."""
    cells = set()
    for window in windows:
        first = window.dow * HOURS + window.start.hour
        length = (window.end.hour - window.start.hour) % HOURS or (
            HOURS if window.crosses_midnight else 0
        )
        last = first + length + (1 if window.end.minute else 0)
        cells |= {divmod(hour % (DAYS_PER_WEEK * HOURS), HOURS) for hour in range(first, last)}
    return frozenset(cells)


def windows_in(cells: Grid) -> tuple[Window, ...]:
    """Return the windows of ticked hours, joined within each day; none and all of them mean always."""
    if len(cells) == DAYS_PER_WEEK * HOURS:
        return ()
    found = []
    for day in range(DAYS_PER_WEEK):
        hours = sorted(hour for dow, hour in cells if dow == day)
        for _run, members in groupby(enumerate(hours), lambda place: place[1] - place[0]):
            run = [hour for _place, hour in members]
            found.append(Window(day, time(run[0]), time((run[-1] + 1) % HOURS)))
    return tuple(found)


def fields_of(terms: Terms, timezone: str) -> dict[str, object]:
    """Return what the form's fields show."""
    money = ("cap_paise", *BUDGETS)
    return {
        "title": terms.title,
        "description": terms.description,
        "discount": typed_rupees(terms.discount_bps),
        "basis": terms.basis,
        "deductible_paise": typed_rupees(terms.deductible_paise) if terms.deductible_paise else "",
        "audience": terms.audience,
        "proof_policy": terms.proof_policy,
        "geofence_policy": terms.geofence_policy,
        "cpa": terms.cpa_enabled,
        "holdout": typed_rupees(terms.holdout_bps) if terms.holdout_bps else "",
        "starts_at": day_field(terms.starts_at, timezone, last=False),
        "ends_at": day_field(terms.ends_at, timezone, last=True),
        **{name: typed_rupees(getattr(terms, name)) for name in money},
        **{name: "" if (cap := getattr(terms, name)) is None else cap for name in COUNTS},
    }


def rules(broken: Mapping[str, str], *, cost_paise: int) -> dict[str, str]:
    """Return broken rules in the words of the page; a rule that it has no words for as it is."""
    words = {
        "cap_paise": _("A deal gives a ride, a discount or both."),
        "deductible_paise": _("Write what the guest pays first."),
        "ends_at": _("The last day lies after the first."),
        "windows": _("These hours cannot be kept. Choose fewer pieces."),
        "holdout_bps": _("Write a share from 5 to 50, or leave it empty."),
        "outlets": _("Choose one of your outlets or more."),
        **dict.fromkeys(
            BUDGETS,
            _("It must pay for one visit at least: %(cost)s.") % {"cost": rupees(cost_paise)},
        ),
    }
    return {name: words.get(name, rule) for name, rule in broken.items()}
