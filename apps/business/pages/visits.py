"""Visits one by one: the list, the same as a file, and one of them, which can be taken back for a day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.business.amounts import paise_in
from apps.business.live import cursor_of
from apps.business.offers import clean
from apps.business.pages.figures import ROWS, Asked, asked_of, figures_of, names_by, page_number
from apps.business.visiting import Visitor, fragment, page, show
from apps.business.wordings import refusal_words
from apps.handshake import reversals
from apps.handshake import selectors as handshakes
from apps.handshake.errors import UnknownHandshake
from apps.handshake.models import Handshake, Reversal
from apps.handshake.reversals import Returnable
from apps.handshake.selectors import CameAnyway, Event
from apps.merchants import duties
from apps.merchants import selectors as merchants
from uma.kernel.errors import DomainError
from uma.kernel.http.idempotency import IdempotencyKey, fingerprint
from uma.kernel.http.tables import Cell, csv_in_pieces
from uma.kernel.money import rupees
from uma.kernel.templatetags.web import rupees as written
from uma.kernel.zones import midnight

LONGEST_REASON = 500
LONGEST_KEY = 64
# More than an outlet has in a day, and few enough to hold.
MOST_A_DAY = 100_000
WHOLE, PART = "whole", "part"


@page(duties.READ_ANALYTICS)
def visits(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show every visit of the period and everything taken back in it, one by one."""
    now = timezone.now()
    asked = asked_of(request, visitor, now=now)
    facts = {
        **_listed(request, visitor, asked, now=now),
        "back": asked.query(by="day", day=None),
        "since": cursor_of(visitor),
    }
    return show(request, "visits", facts, visitor=visitor)


@page(duties.READ_ANALYTICS, live=True)
def visits_now(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the list's part that changes, as it is now."""
    now = timezone.now()
    asked = asked_of(request, visitor, now=now)
    return fragment(request, "parts/visits", _listed(request, visitor, asked, now=now))


def _listed(
    request: HttpRequest, visitor: Visitor, asked: Asked, *, now: datetime
) -> dict[str, object]:
    number = page_number(request)
    found = handshakes.events_of(
        merchant_id=visitor.staff.merchant_id,
        since=asked.since,
        until=asked.until,
        limit=ROWS + 1,
        skip=number * ROWS,
        outlet_ids=asked.period.outlet_ids,
        campaign_id=asked.campaign_id,
    )
    total = figures_of(visitor, asked, now=now).total
    return {
        "asked": asked,
        "events": found[:ROWS],
        "zone": asked.clock,
        "total": total,
        "total_paise": total.spend_paise + total.gst_paise,
        "here": asked.query(page=number or None),
        "file": asked.query(),
        "newer": asked.query(page=number - 1) if number else None,
        "older": asked.query(page=number + 1) if len(found) > ROWS else None,
    }


@page(duties.READ_ANALYTICS)
def log(request: HttpRequest, visitor: Visitor) -> StreamingHttpResponse:
    """Give the period's visits, what was taken back, and check-ins as CSV; guests by their made-up names."""
    asked = asked_of(request, visitor, now=timezone.now())
    heading = [
        _("Time (%(clock)s)") % {"clock": asked.clock}, _("What happened"), _("Guest"), _("Outlet"),
        _("Deal"), _("New here"), _("Spent, ₹"), _("GST in it, ₹"), _("Bill, ₹"), _("Visit"),
    ]  # fmt: skip
    name = f"visits-{asked.period.first}-{asked.period.last}.csv"
    # A day's rows are read when those before them are sent.
    return StreamingHttpResponse(
        csv_in_pieces(heading, _days_of_log(visitor, asked)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _days_of_log(visitor: Visitor, asked: Asked) -> Iterator[list[Sequence[Cell]]]:
    # Here, while the reader's language holds: the rows are made when the page is answered.
    write = _Writer(
        clock=ZoneInfo(asked.clock),
        deals=names_by(visitor, by="deal"),
        outlets=names_by(visitor, by="outlet"),
        words={True: _("yes"), False: _("no")},
        kinds={1: _("Visit"), -1: _("Taken back"), 0: _("Came without a deal")},
    )
    return map(partial(_day_of_log, visitor, asked, write), _days(asked))


def _days(asked: Asked) -> list[date]:
    """Return the period's days, the newest first."""
    last, first = asked.period.last, asked.period.first
    return [last - timedelta(n) for n in range((last - first).days + 1)]


def _day_of_log(
    visitor: Visitor, asked: Asked, write: "_Writer", day: date
) -> list[Sequence[Cell]]:
    which: dict[str, Any] = {  # Any: what the selectors take
        "merchant_id": visitor.staff.merchant_id,
        "since": midnight(day, asked.clock),
        "until": midnight(day + timedelta(days=1), asked.clock),
        "limit": MOST_A_DAY,
        "outlet_ids": asked.period.outlet_ids,
    }
    events = handshakes.events_of(**which, campaign_id=asked.campaign_id)
    # Who came without a deal came for none of them.
    unasked: list[CameAnyway] = (
        [] if asked.campaign_id else handshakes.check_ins_one_by_one(**which)
    )
    rows: list[Event | CameAnyway] = [*events, *unasked]
    rows.sort(key=lambda one: one.at, reverse=True)
    return [write.row(one) for one in rows]


@dataclass(frozen=True, slots=True)
class _Writer:
    """What the rows of the file are written with, in the reader's language."""

    clock: ZoneInfo
    deals: Mapping[UUID, str]
    outlets: Mapping[UUID, str]
    words: Mapping[bool, str]
    kinds: Mapping[int, str]

    def row(self, one: Event | CameAnyway) -> Sequence[Cell]:
        at = f"{one.at.astimezone(self.clock):%Y-%m-%d %H:%M:%S}"
        outlet = self.outlets.get(one.outlet_id, "")
        bill = None if one.bill_paise is None else rupees(one.bill_paise)
        new = self.words[one.is_new]
        if isinstance(one, CameAnyway):
            return [at, self.kinds[0], one.guest, outlet, "", new, 0, 0, bill, ""]
        deal = self.deals.get(one.campaign_id, str(one.campaign_id)[-8:])
        spent, gst = rupees(one.debit_paise), rupees(one.gst_paise)
        visit = str(one.handshake_id)
        return [at, self.kinds[one.sign], one.guest, outlet, deal, new, spent, gst, bill, visit]


@page(duties.READ_ANALYTICS)
def visit(request: HttpRequest, visitor: Visitor, handshake_id: UUID) -> HttpResponse:
    """Show one visit: what it cost, what was taken back, and whether more can be."""
    own = _own(visitor, handshake_id)
    facts = {**_about(visitor, own, now=timezone.now()), **_form()}
    done = request.GET.get("done", "")
    facts["done"] = next((one for one in facts["returned"] if str(one.pk) == done), None)
    return show(request, "visit", facts, visitor=visitor)


@page(duties.REVERSE, methods=("POST",))
def take_back(request: HttpRequest, visitor: Visitor, handshake_id: UUID) -> HttpResponse:
    """Ask once more with the money named, and with a yes to that amount take the visit back."""
    own, now = _own(visitor, handshake_id), timezone.now()
    about = _about(visitor, own, now=now)
    sent = request.POST.get("key", "")[:LONGEST_KEY]
    for one in about["returned"]:
        if sent and (one.actor_id, one.request_key) == (visitor.principal.user_id, sent):
            # The same form once more: its answer got lost.
            return redirect(_done(one))
    typed = _typed(request, about["can"])
    if typed.wrong or about["can"].why_not:
        facts = {**about, **_form(typed)}
        return show(
            request, "visit", facts, visitor=visitor, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    if request.POST.get("agreed") != str(typed.paise):
        # Also when the amount is another one by now: nobody agreed to that.
        return show(request, "visit", {**about, **_form(typed), "sure": typed}, visitor=visitor)
    wanted = None if typed.what == WHOLE else typed.paise
    try:
        done = reversals.reverse(
            handshake_id=own.pk,
            merchant_id=own.merchant_id,
            actor_id=visitor.principal.user_id,
            amount_paise=wanted,
            reason=typed.reason,
            key=_key(request, {"paise": wanted, "reason": typed.reason}),
            now=now,
        )
    except DomainError as refusal:
        facts = {**_about(visitor, own, now=now), **_form(typed), "refusal": refusal_words(refusal)}
        return show(request, "visit", facts, visitor=visitor, status=refusal.status)
    return redirect(_done(done.reversal))


def _done(reversal: Reversal) -> str:
    return f"{reverse('business-visit', args=[reversal.handshake_id])}?done={reversal.pk}"


@dataclass(frozen=True, slots=True)
class _Typed:
    """What somebody wants to take back, how much that is, why, and what is wrong with it."""

    what: str = WHOLE
    amount: str = ""
    reason: str = ""
    key: str = ""
    paise: int = 0
    wrong: Mapping[str, str] = field(default_factory=dict)


def _typed(request: HttpRequest, can: Returnable) -> _Typed:
    sent = request.POST
    what = PART if sent.get("what") == PART else WHOLE
    amount, reason = sent.get("amount", "").strip(), clean(sent.get("reason", ""))
    wrong: dict[str, str] = {}
    paise = can.whole_paise
    if what == PART:
        paise = paise_in(amount) or 0
        if not 1 <= paise <= can.ride_paise:
            wrong["amount"] = _("Write an amount up to %(most)s.") % {
                "most": written(can.ride_paise)
            }
    if not 1 <= len(reason) <= LONGEST_REASON:
        wrong["reason"] = _("Write why, in up to 500 letters.")
    return _Typed(what, amount, reason, sent.get("key", "")[:LONGEST_KEY], paise, wrong)


def _form(typed: _Typed | None = None) -> dict[str, object]:
    # A form that is sent twice takes back once.
    return {
        "typed": typed or _Typed(),
        "key": (typed and typed.key) or str(uuid4()),
        "reasons": [_("Scanned twice"), _("Scanned at the wrong outlet"), _("Our mistake")],
    }


def _key(request: HttpRequest, body: Mapping[str, object]) -> IdempotencyKey | None:
    key = request.POST.get("key", "")[:LONGEST_KEY]
    return IdempotencyKey(key, fingerprint("POST", request.path, dict(body))) if key else None


def _own(visitor: Visitor, handshake_id: UUID) -> Handshake:
    """Return the merchant's visit; one of an outlet beyond the visitor's post does not exist."""
    merchant_id = visitor.staff.merchant_id
    own = handshakes.of_merchant(handshake_id=handshake_id, merchant_id=merchant_id)
    if not visitor.staff.covers(own.outlet_id):
        raise UnknownHandshake
    return own


def _about(visitor: Visitor, own: Handshake, *, now: datetime) -> dict[str, Any]:  # Any: facts
    merchant_id = visitor.staff.merchant_id
    return {
        "visit": own,
        "guest": merchants.pseudonym(merchant_id=merchant_id, rider_id=own.rider_id),
        "deal": names_by(visitor, by="deal").get(own.campaign_id, ""),
        "outlet": names_by(visitor, by="outlet").get(own.outlet_id, ""),
        "fees_paise": own.cpt_fee_paise + own.cpa_fee_paise,
        "returned": reversals.returned_of(handshake_id=own.pk),
        "can": reversals.returnable(own, now=now),
        "may": visitor.may(duties.REVERSE),
        "zone": merchants.merchant(merchant_id=merchant_id).zone.timezone,
    }
