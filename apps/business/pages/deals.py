"""The deals: the list with how fast each is used, writing one with what it would cost, and moving it along."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR

from apps.business import diffs, offers, tiles
from apps.business.live import cursor_of
from apps.business.offers import Typed
from apps.business.visiting import Visitor, fragment, page, show
from apps.business.wordings import refusal_words
from apps.campaigns import selectors, services
from apps.campaigns.errors import CapBelowSold, FieldLocked, TermsInvalid
from apps.campaigns.models import Campaign
from apps.campaigns.services import Terms
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.merchants.access import require_outlets
from apps.merchants.errors import PlanLimitReached
from apps.merchants.models import Feature

MOST = 200
State = selectors.State
# What can be asked of a deal in each state, the first one first.
ACTS: Mapping[str, tuple[str, ...]] = {
    State.DRAFT: ("publish", "end"),
    State.IN_REVIEW: ("end",),
    State.SCHEDULED: ("pause", "end"),
    State.ACTIVE: ("pause", "end"),
    State.PAUSED: ("resume", "end"),
    State.EXHAUSTED: ("pause", "end"),
    State.ENDED: (),
    State.ARCHIVED: (),
    State.SUSPENDED: (),
}
_MOVES: Mapping[str, Callable[..., Campaign]] = {
    "publish": services.submit,
    "pause": services.pause,
    "resume": services.resume,
    "end": services.end,
    "clone": services.clone,
}
_EDITED = {State.DRAFT, *selectors.LIVE}


@page(duties.READ_CAMPAIGNS)
def deals(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the deals, those on sale first."""
    now = timezone.now()
    found = selectors.campaigns_of(merchant_id=visitor.staff.merchant_id, limit=MOST)
    paces = selectors.paces(campaign_ids=[one.pk for one in found])
    paced = tiles.pacing([(one, paces[one.pk]) for one in found], now=now)
    facts = {
        "open": [one for one in paced if one.campaign.state not in selectors.OVER],
        "over": [one for one in paced if one.campaign.state in selectors.OVER],
        "may_write": visitor.may(duties.WRITE_CAMPAIGNS),
        "templates": offers.starting_points().items(),
    }
    return show(request, "deals", facts, visitor=visitor)


@page(duties.READ_CAMPAIGNS)
def deal(request: HttpRequest, visitor: Visitor, campaign_id: UUID) -> HttpResponse:
    """Show one deal: what guests see, what it costs, what is sold, and what can be done with it."""
    own = selectors.campaign(campaign_id=campaign_id, merchant_id=visitor.staff.merchant_id)
    return show(request, "deal", _about(visitor, own), visitor=visitor)


@page(duties.WRITE_CAMPAIGNS, methods=("GET", "POST"))
def new(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Write a deal; `publish` sends it on its way at once."""
    points = offers.starting_points()
    chosen = request.GET.get("template", "")
    base = points[chosen][2] if chosen in points else offers.BLANK
    clock = _clock(visitor)
    if request.method != "POST":
        return _form(request, visitor, Typed(base, visitor.staff.outlet_ids), None)
    typed = offers.read(request.POST, base=base, outlet_ids=(), timezone=clock)
    require_outlets(visitor.staff, typed.outlet_ids)

    def write(now: datetime) -> Campaign:
        return services.create(
            merchant_id=visitor.staff.merchant_id,
            wanted=typed.terms,
            outlet_ids=typed.outlet_ids or visitor.staff.outlet_ids,
            submit="publish" in request.POST,
            actor_id=visitor.principal.user_id,
            now=now,
        )

    return _written(request, visitor, typed, None, write)


@page(duties.WRITE_CAMPAIGNS, methods=("GET", "POST"))
def edit(request: HttpRequest, visitor: Visitor, campaign_id: UUID) -> HttpResponse:
    """Change a deal; bookings keep what they were sold."""
    own = writable(visitor, campaign_id)
    base = Terms.of(own)
    listed = tuple(selectors.outlet_ids(campaign_ids=[campaign_id])[campaign_id])
    if request.method != "POST":
        return _form(request, visitor, Typed(base, listed), own)
    typed = offers.read(request.POST, base=base, outlet_ids=listed, timezone=own.zone.timezone)
    require_outlets(visitor.staff, typed.outlet_ids)

    def write(now: datetime) -> Campaign:
        wanted = {name: getattr(typed.terms, name) for name in Terms.__dataclass_fields__}
        return services.change(
            campaign_id=campaign_id,
            merchant_id=visitor.staff.merchant_id,
            changes=wanted,
            outlet_ids=typed.outlet_ids,
            actor_id=visitor.principal.user_id,
            now=now,
        )

    return _written(request, visitor, typed, own, write)


@page(duties.WRITE_CAMPAIGNS, methods=("POST",))
def preview(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the card and the cost of what is typed so far; nothing is written."""
    base = offers.BLANK
    for campaign_id in offers.ids_in(request.POST.getlist("campaign")):
        base = Terms.of(writable(visitor, campaign_id))
    typed = offers.read(request.POST, base=base, outlet_ids=(), timezone=_clock(visitor))
    return fragment(request, "parts/deal_preview", _previewed(visitor, typed.terms))


@page(duties.WRITE_CAMPAIGNS, methods=("POST",))
def act(request: HttpRequest, visitor: Visitor, campaign_id: UUID, act: str) -> HttpResponse:
    """Publish, pause, resume, end or copy a deal."""
    if act not in _MOVES:
        raise Http404
    writable(visitor, campaign_id)
    moved = _MOVES[act](
        campaign_id=campaign_id,
        merchant_id=visitor.staff.merchant_id,
        actor_id=visitor.principal.user_id,
        now=timezone.now(),
    )
    del request
    return redirect("business-deal-edit" if act == "clone" else "business-deal", moved.pk)


@page(duties.READ_CAMPAIGNS)
def revisions(request: HttpRequest, visitor: Visitor, campaign_id: UUID) -> HttpResponse:
    """Show what each revision changed of the terms."""
    own = selectors.campaign(campaign_id=campaign_id, merchant_id=visitor.staff.merchant_id)
    facts = {
        "campaign": own,
        "steps": diffs.steps(selectors.revisions(campaign_id=campaign_id), clock=own.zone.timezone),
        "zone": own.zone.timezone,
    }
    return show(request, "deal_revisions", facts, visitor=visitor)


def writable(visitor: Visitor, campaign_id: UUID) -> Campaign:
    """Return the merchant's campaign, if all its outlets are the visitor's."""
    own = selectors.campaign(campaign_id=campaign_id, merchant_id=visitor.staff.merchant_id)
    require_outlets(visitor.staff, selectors.outlet_ids(campaign_ids=[campaign_id])[campaign_id])
    return own


def _clock(visitor: Visitor) -> str:
    zone: str = merchants.merchant(merchant_id=visitor.staff.merchant_id).zone.timezone
    return zone


def _about(visitor: Visitor, own: Campaign) -> dict[str, object]:
    now = timezone.now()
    pace = selectors.paces(campaign_ids=[own.pk])[own.pk]
    listed = set(selectors.outlet_ids(campaign_ids=[own.pk])[own.pk])
    writes = visitor.may(duties.WRITE_CAMPAIGNS) and all(map(visitor.staff.covers, listed))
    outlets = merchants.outlets(merchant_id=own.merchant_id)
    cells = offers.grid_of(Terms.of(own).windows)
    exposure = selectors.exposure(campaign_id=own.pk, merchant_id=own.merchant_id, now=now)
    return {
        "campaign": own,
        "card": _card(own.merchant.brand, Terms.of(own)),
        "paced": tiles.pacing([(own, pace)], now=now)[0],
        "pace": pace,
        "exposure": exposure,
        "runway_days": None if exposure.runway_days is None else round(exposure.runway_days),
        "outlets": [one for one in outlets if one.pk in listed],
        "week": _week(cells) if cells else None,
        "acts": ACTS[own.state] if writes else (),
        "may_edit": writes and own.state in _EDITED,
        "may_clone": writes,
        "may_boost": writes and visitor.may(duties.BOOST) and own.state not in selectors.OVER,
        "boosted": own.boosted_until is not None and own.boosted_until > now,
        "zone": own.zone.timezone,
        "audience": diffs.word(own.audience),
        "proof": diffs.word(own.proof_policy),
        "place": "" if own.geofence_policy == "none" else diffs.word(own.geofence_policy),
        "holdout": own.holdout_bps and f"{own.holdout_bps / diffs.BPS_PER_PERCENT:g}",
        "basis": diffs.word(own.basis),
        "since": cursor_of(visitor) if visitor.may(duties.READ_MONEY) else None,
    }  # fmt: skip


def _card(brand: str, terms: Terms) -> dict[str, object]:
    """Return what a guest sees of a deal."""
    return {
        "brand": brand,
        "title": terms.title,
        "description": terms.description,
        "ride_paise": terms.cap_paise,
        "percent": f"{terms.discount_bps / diffs.BPS_PER_PERCENT:g}" if terms.discount_bps else "",
        "is_capped": terms.basis != "flat",
        "new_only": terms.audience == "new_only",
    }


def _previewed(visitor: Visitor, terms: Terms) -> dict[str, object]:
    merchant = merchants.merchant(merchant_id=visitor.staff.merchant_id)
    seen = selectors.preview(merchant_id=merchant.pk, wanted=terms, now=timezone.now())
    return {
        "card": _card(merchant.brand, terms),
        "seen": seen,
        "broken": list(offers.rules(seen.broken, cost_paise=seen.max_cost_paise).values()),
        "hours": len(offers.grid_of(terms.windows)),
    }


def _week(cells: offers.Grid) -> list[tuple[object, list[tuple[str, bool]]]]:
    """Return the grid's columns: each day with its hours, and whether they are ticked."""
    return [
        (name, [(f"{day}-{hour}", (day, hour) in cells) for hour in range(offers.HOURS)])
        for day, name in WEEKDAYS_ABBR.items()
    ]


def hours_grid(cells: offers.Grid) -> list[tuple[int, list[tuple[str, bool, str]]]]:
    """Return the form's grid, a row for each hour: what a cell sends, whether it is ticked, its name."""
    return [
        (
            hour,
            [
                (f"{day}-{hour}", (day, hour) in cells, f"{name} {hour}:00")
                for day, name in WEEKDAYS_ABBR.items()
            ],
        )
        for hour in range(offers.HOURS)
    ]


def _form(
    request: HttpRequest,
    visitor: Visitor,
    typed: Typed,
    own: Campaign | None,
    *,
    wrong: Mapping[str, str] | None = None,
    refusal: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    clock = own.zone.timezone if own else _clock(visitor)
    staff = visitor.staff
    outlets = [
        one for one in merchants.open_outlets(merchant_id=staff.merchant_id) if staff.covers(one.pk)
    ]
    facts = {
        "campaign": own,
        "is_live": own is not None and own.state in selectors.LIVE,
        "has_begun": own is not None and own.state in selectors.LIVE and own.starts_at <= timezone.now(),
        "fields": {**offers.fields_of(typed.terms, clock), **_as_typed(request, wrong or {})},
        "wrong": wrong or {},
        "refusal": refusal,
        "outlets": [(one, one.pk in typed.outlet_ids or len(outlets) == 1) for one in outlets],
        "days": list(WEEKDAYS_ABBR.values()),
        "hours_grid": hours_grid(offers.grid_of(typed.terms.windows)),
        "audiences": [(value, diffs.word(value)) for value in offers.AUDIENCES],
        "proofs": [(value, diffs.word(value), diffs.proof_words(value)) for value in offers.PROOFS],
        "fences": [(value, diffs.word(value)) for value in offers.FENCES],
        "bases": [(value, diffs.word(value)) for value in ("flat", "actual_capped", "deductible")],
        "back": reverse("business-deal", args=[own.pk]) if own else reverse("business-deals"),
        **_previewed(visitor, typed.terms),
    }  # fmt: skip
    return show(request, "deal_form", facts, visitor=visitor, status=status)


def _as_typed(request: HttpRequest, wrong: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of the fields that are wrong, so that nobody types them again."""
    names = {"discount_bps": "discount", "holdout_bps": "holdout"}
    sent = ((names.get(name, name)) for name in wrong)
    return {name: request.POST[name] for name in sent if name in request.POST}


def _written(
    request: HttpRequest,
    visitor: Visitor,
    typed: Typed,
    own: Campaign | None,
    write: Callable[[datetime], Campaign],
) -> HttpResponse:
    """Write what was typed and go to the deal, or show the form once more with what is wrong."""
    wrong = dict(typed.wrong)
    if not wrong:
        try:
            return redirect("business-deal", write(timezone.now()).pk)
        except TermsInvalid as refusal:
            seen = selectors.preview(
                merchant_id=visitor.staff.merchant_id, wanted=typed.terms, now=timezone.now()
            )
            broken = selectors.broken_of(refusal)
            wrong = offers.rules(broken, cost_paise=seen.max_cost_paise)
            if not wrong:
                wrong = {"title": refusal_words(refusal)}
        except (CapBelowSold, FieldLocked) as refusal:
            wrong = {str(refusal.extra["field"]): refusal_words(refusal)}
        except PlanLimitReached as refusal:
            if refusal.extra["feature"] != Feature.EXPERIMENTS:
                raise
            wrong = {"holdout_bps": refusal_words(refusal)}
    kept = replace(typed, wrong=wrong)
    return _form(request, visitor, kept, own, wrong=wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
