"""The dashboard's tiles: each figure with the sentence that says how it came about (product rule 3)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.analytics.selectors import LEAST_VISITS, Figures, Measured, Repeat
from apps.campaigns.models import Campaign
from apps.campaigns.selectors import Pace
from uma.kernel.money import PAISE_PER_RUPEE, grouped
from uma.kernel.templatetags.web import rupees

UNKNOWN = "\N{EN DASH}"
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: its name, what it is, a word beside it, and how it is computed."""

    key: str
    name: str
    value: str
    note: str
    how: str
    page: str = "business-rows"


def tiles(
    found: Figures, *, margin: int | None, check_ins: int, refused: Mapping[str, int]
) -> list[Tile]:
    """Return the tiles of a period; `margin` is the merchant's own, in per cent; `refused` is by reason."""
    return [
        *_spending(found),
        *_coming(found),
        _refused(refused),
        *_earning(found, margin=margin),
        Tile(
            "check-ins",
            _("Came without a deal"),
            grouped(check_ins),
            _("guests who checked in"),
            _(
                "Check-ins of the period at the counter. They cost nothing, and show who comes anyway."
            ),
            page="business-check-ins",
        ),
    ]


def _refused(reasons: Mapping[str, int]) -> Tile:
    most = max(reasons, key=lambda reason: reasons[reason], default="")
    return Tile(
        "refused",
        _("Bookings refused"),
        grouped(sum(reasons.values())),
        _("tries that did not become a booking"),
        " ".join(
            [
                _(
                    "Every try of the period that was refused. Who tries three times counts three times."
                ),
                _("Most often: %(reason)s") % {"reason": most} if most else "",
            ]
        ).strip(),
        page="business-refusals",
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """What a holdout has shown, in words: the figure, its interval, what a guest who came of it cost."""

    title: str
    value: str
    between: str
    said: str
    facts: Sequence[tuple[str, str]]


def tried(measured: Sequence[Measured], titles: Mapping[UUID, str]) -> list[Tried]:
    """Return the experiments as the dashboard says them; `titles` are the deals' names by their ids."""
    return [_tried(one, titles.get(one.row.pk, "")) for one in measured]


def _tried(one: Measured, title: str) -> Tried:
    row, more = one.row, one.more_visits
    said = {
        "too_early": _("Too early to say: a month is the least."),
        "too_few": _("Too few guests to say."),
        "nothing": _("Not to be told from chance."),
        "more": _("Visits that would not have been."),
        "fewer": _("Fewer came of those who could see it."),
    }[one.state]
    facts = [
        (_("Could see it"), _guests(row.shown_riders, row.shown_visits)),
        (_("Could not"), _guests(row.held_riders, row.held_visits)),
    ]
    if one.icac_paise is not None:
        facts.append((_("Cost of a guest who would not have come"), rupees(one.icac_paise)))
    if one.iroas is not None:
        facts.append((_("Sales per rupee, of these alone"), f"₹{one.iroas:.2f}"))
    return Tried(
        title,
        UNKNOWN if more is None else _signed(more.estimate),
        ""
        if more is None
        else _("between %(low)s and %(high)s, 95%% sure")
        % {"low": _signed(more.low), "high": _signed(more.high)},
        said,
        facts,
    )


def _guests(riders: int, visits: int) -> str:
    return _("%(riders)s riders, %(visits)s visits") % {
        "riders": grouped(riders),
        "visits": grouped(visits),
    }


def _signed(number: float) -> str:
    whole = round(number)
    sign = "\N{MINUS SIGN}" if whole < 0 else "+"
    return f"{sign}{grouped(abs(whole))}"


def _spending(found: Figures) -> Iterator[Tile]:
    total = found.total
    debit = total.spend_paise + total.gst_paise
    yield Tile(
        "spend",
        _("Spent"),
        rupees(debit),
        _("%(gst)s of it is GST") % {"gst": rupees(total.gst_paise)},
        _(
            "Everything that left your wallet for visits, less what came back: %(net)s and %(gst)s GST."
        )
        % {"net": rupees(total.spend_paise), "gst": rupees(total.gst_paise)},
    )
    yield Tile(
        "visits",
        _("Visits"),
        grouped(total.visits),
        _("%(new)s new, %(known)s returning")
        % {"new": grouped(total.new_customers), "known": grouped(found.returning_customers)},
        _("Scans of the period, less visits that were taken back in it."),
    )
    yield Tile(
        "cost",
        _("Cost per visit"),
        _money(found.cost_per_visit_paise),
        _("without GST"),
        _("%(spend)s without GST, divided by %(visits)s visits.")
        % {"spend": rupees(total.spend_paise), "visits": grouped(total.visits)},
    )
    yield Tile(
        "cac",
        _("Cost per new guest"),
        _money(found.cac_paise),
        _("%(blended)s over all spending") % {"blended": _money(found.blended_cac_paise)},
        _("%(spend)s spent on first visits, divided by %(new)s first visits.")
        % {"spend": rupees(total.new_spend_paise), "new": grouped(total.new_customers)},
    )
    yield Tile(
        "booking-cost",
        _("Cost per booking"),
        _money(found.cost_per_booking_paise),
        _("without GST"),
        _(
            "%(spend)s without GST, divided by %(bookings)s bookings: visits, and bookings that ran out."
        )
        % {"spend": rupees(total.spend_paise), "bookings": grouped(found.ended_bookings)},
    )


def _coming(found: Figures) -> Iterator[Tile]:
    total = found.total
    yield Tile(
        "show-up",
        _("Came after booking"),
        _share(found.show_up_rate),
        _("%(expired)s did not come") % {"expired": grouped(total.expired)},
        _("%(visits)s visits, divided by these and %(expired)s bookings that ran out.")
        % {"visits": grouped(total.visits), "expired": grouped(total.expired)},
    )
    yield from _loyal(found)


def _loyal(found: Figures) -> Iterator[Tile]:
    """Who came again, by whatever way and without a deal: of whole cohorts, so of the whole business alone."""
    period = found.period
    narrowed = bool(period.outlet_ids or period.campaign_id)
    first = next((one for one in found.repeats if one.size), None)
    within = (
        _("too early") if first is None else _("within %(days)s days") % {"days": first.within_days}
    )
    note = _("%(within)s, the whole business") % {"within": within} if narrowed else within
    yield Tile(
        "repeat",
        _("Came again"),
        _share(None if first is None else first.rate),
        note,
        " ".join(_repeat(one, one.returned) for one in found.repeats),
        page="business-again",
    )
    yield Tile(
        "organic",
        _("Came again without a deal"),
        _share(None if first is None else first.organic_rate),
        note,
        " ".join(
            [
                *(_repeat(one, one.organic) for one in found.repeats),
                _("Check-ins at the counter tell; they cost nothing."),
            ]
        ),
        page="business-again",
    )


def _repeat(one: Repeat, came: int) -> str:
    said: dict[str, Any] = {"days": one.within_days}  # Any: what the sentence takes
    if not one.size:
        return _("%(days)s days: nobody's first visit is that long ago.") % said
    said |= {"returned": grouped(came), "size": grouped(one.size)}
    return _("%(days)s days: %(returned)s of %(size)s guests.") % said


def _earning(found: Figures, *, margin: int | None) -> Iterator[Tile]:
    captured = _share(found.capture_rate)
    bills = rupees(found.total.bill_paise)
    few = _("Shown from %(visits)s visits on, when the bill was keyed in at 3 of 10.") % {
        "visits": LEAST_VISITS
    }
    yield Tile(
        "roas",
        _("Sales per rupee"),
        UNKNOWN if found.roas is None else f"₹{found.roas:.2f}",
        _("bills keyed in: %(share)s") % {"share": captured},
        few
        if found.roas is None
        else _(
            "%(bills)s of bills, scaled up by the %(share)s that were keyed in, divided by %(spend)s."
        )
        % {"bills": bills, "share": captured, "spend": rupees(found.total.spend_paise)},
    )
    roi = found.roi(margin=None if margin is None else margin / PERCENT)
    if margin is None:
        why = _("Write your margin above: what is left of a bill after goods and work.")
    elif roi is None:
        why = few
    else:
        why = _(
            "Scaled-up bills times %(margin)s%%, less discounts and spend, divided by the spend of %(spend)s."
        ) % {"margin": margin, "spend": rupees(found.total.spend_paise)}
    yield Tile(
        "roi",
        _("Return"),
        UNKNOWN if roi is None else _signed_share(roi),
        _("at %(margin)s%% margin") % {"margin": margin} if margin is not None else _("margin?"),
        why,
    )
    yield _paid_back(found, margin=margin, why=few if margin is not None else why)


def _paid_back(found: Figures, *, margin: int | None, why: str) -> Tile:
    """Return after how long the spend is earned back; `why` says what is missing to know it."""
    share = None if margin is None else margin / PERCENT
    daily, days = found.daily_contribution_paise(margin=share), found.payback_days(margin=share)
    if daily is not None and days is None:
        why = _("What sales leave after discounts does not pay for it.")
    elif daily is not None:
        why = _(
            "%(spend)s spent, at %(left)s a day: scaled-up bills times %(margin)s%%, less discounts."
        ) % {
            "spend": rupees(found.total.spend_paise),
            "left": _money(round(daily)),
            "margin": margin,
        }
    return Tile(
        "payback",
        _("Paid back after"),
        UNKNOWN if days is None else _("%(n)s days") % {"n": grouped(days)},
        _("at %(margin)s%% margin") % {"margin": margin} if margin is not None else _("margin?"),
        why,
    )


def _money(paise: int | None) -> str:
    # Whole rupees are enough for an average, and fit a phone.
    if paise is None:
        return UNKNOWN
    return rupees(round(paise / PAISE_PER_RUPEE) * PAISE_PER_RUPEE)


def _share(rate: float | None) -> str:
    return UNKNOWN if rate is None else f"{round(rate * PERCENT)}%"


def _signed_share(rate: float) -> str:
    sign = "\N{MINUS SIGN}" if rate < 0 else "+"
    return f"{sign}{abs(round(rate * PERCENT))}%"


@dataclass(frozen=True, slots=True)
class Paced:
    """How far a deal's budget is used, against how much of its time is over; hundredths, None unknown."""

    campaign: Campaign
    spent_paise: int
    held_paise: int
    used: int | None
    elapsed: int | None
    fast: bool
    boosted: bool


def pacing(live: Sequence[tuple[Campaign, Pace]], *, now: datetime) -> list[Paced]:
    """Return how fast each live deal is used."""
    return [_paced(campaign, pace, now=now) for campaign, pace in live]


def _paced(campaign: Campaign, pace: Pace, *, now: datetime) -> Paced:
    used = elapsed = None
    if campaign.budget_paise:
        used = round(pace.committed_paise * PERCENT / campaign.budget_paise)
    elif campaign.seats:
        used = round(pace.seats_taken * PERCENT / campaign.seats)
    if campaign.ends_at is not None:
        whole = (campaign.ends_at - campaign.starts_at).total_seconds()
        over = (now - campaign.starts_at).total_seconds()
        elapsed = min(max(round(over * PERCENT / whole), 0), PERCENT)
    return Paced(
        campaign=campaign,
        spent_paise=pace.spent_paise,
        held_paise=pace.committed_paise - pace.spent_paise,
        used=used,
        elapsed=elapsed,
        fast=used is not None and elapsed is not None and used > elapsed + PERCENT // 5,
        boosted=campaign.boosted_until is not None and campaign.boosted_until > now,
    )
