"""What is the rider's own: messages, strikes, data, and settings. What changes something, the API does."""

from collections.abc import Mapping
from datetime import datetime, time
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.accounts import selectors as accounts
from apps.gamification import selectors as gamification
from apps.notifications import browser as notified
from apps.notifications import selectors as notifications
from apps.notifications import services as notices
from apps.rider.live import cursor_of
from apps.rider.visiting import Visitor, api_words, fragment, page, show
from uma.kernel.phones import masked

STRIKES = 20
# Of whoever wished nothing else.
USUAL = notifications.Wishes().night
INDIA = "Asia/Kolkata"

STANDINGS: Mapping[str, object] = {
    "active": pgettext_lazy("strike", "Counts"),
    "lapsed": pgettext_lazy("strike", "Too old to count"),
    "cleared": pgettext_lazy("strike", "Cleared by a visit"),
    "consumed": pgettext_lazy("strike", "Led to a pause"),
    "overturned": pgettext_lazy("strike", "Taken back"),
}
ANSWERS: Mapping[str, object] = {
    "OPEN": pgettext_lazy("appeal", "Your appeal is being read"),
    "UPHELD": pgettext_lazy("appeal", "Your appeal was granted"),
    "REJECTED": pgettext_lazy("appeal", "Your appeal was not granted"),
}
# What an appeal may point to.
EVIDENCE: Mapping[str, object] = {
    "photo": pgettext_lazy("evidence", "Photo"),
    "receipt": pgettext_lazy("evidence", "Receipt"),
    "message": pgettext_lazy("evidence", "Message"),
    "location": pgettext_lazy("evidence", "Location"),
    "other": pgettext_lazy("evidence", "Something else"),
}
# The questions about data in the reader's language; the text that binds is the English one.
PURPOSES: Mapping[str, tuple[object, object]] = {
    "service": (
        gettext_lazy("Running your account"),
        gettext_lazy("Your number, your bookings and your wallet: without them there is no app."),
    ),
    "location": (
        gettext_lazy("Deals near you"),
        gettext_lazy("Where you are while you search or book, to show what is near."),
    ),
    "offers": (
        gettext_lazy("News and offers"),
        gettext_lazy("Messages about new deals and missions. Those about your money come anyway."),
    ),
    "merchant_contact": (
        gettext_lazy("Shops you visited may write to you"),
        gettext_lazy("They write through UMA and never see your number."),
    ),
}


# What may be pushed, by families of kinds; about somebody's own sign-in one is always told.
PUSHES: Mapping[str, tuple[object, object]] = {
    "handshake": (
        gettext_lazy("Visits and cash back"),
        gettext_lazy("At once, also at night: you are at a counter."),
    ),
    "ride": (
        gettext_lazy("Your rides"),
        gettext_lazy("Your driver comes, waits, or cancelled."),
    ),
    "issue": (
        gettext_lazy("Complaints"),
        gettext_lazy("The ride company asks or offers something."),
    ),
    "reminder": (
        gettext_lazy("Tickets that run out"),
        gettext_lazy("Without them a missed visit still counts as a strike."),
    ),
    "strike": (gettext_lazy("Strikes and appeals"), gettext_lazy("A visit that was missed.")),
    "payout": (gettext_lazy("Withdrawals"), gettext_lazy("Your money is at the bank, or back.")),
    "balance": (
        gettext_lazy("Your balance"),
        gettext_lazy("Cash back that went back, a correction, money that was set aside."),
    ),
    "mission": (gettext_lazy("Missions"), gettext_lazy("A mission that you have completed.")),
    "badge": (gettext_lazy("Badges"), gettext_lazy("A badge that you have earned.")),
}


@page()
def me(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show who is signed in, and the ways to what is theirs."""
    now = timezone.now()
    person = accounts.person(user_id=visitor.rider_id)
    facts = {
        # What an operator may see of it in the open, they ask for at the desk.
        "phone": masked(person.phone) if visitor.is_looked_at else person.phone,
        "banned_until": person.banned_until
        if person.banned_until and person.banned_until > now
        else None,
        "unread": notifications.count_unread(person_id=visitor.rider_id),
        "strikes": gamification.count_active(rider_id=visitor.rider_id, now=now),
        "zone": INDIA,
    }
    return show(request, "me", facts, visitor=visitor, tab="person")


@page()
def inbox(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what was said to the rider, the newest first; shown is read."""
    facts = {**_messages(request, visitor), "since": cursor_of(visitor), "topics": "inbox"}
    return show(request, "inbox", facts, visitor=visitor, tab="person")


@page()
def messages(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show messages older than `before`, or the newest."""
    return fragment(request, "parts/messages", _messages(request, visitor))


def _messages(request: HttpRequest, visitor: Visitor) -> dict[str, object]:
    return {
        **notified.inbox(
            person_id=visitor.rider_id,
            before=request.GET.get("before", ""),
            now=timezone.now(),
            is_looked_at=visitor.is_looked_at,
        ),
        "zone": INDIA,
    }


@page("GET", "HEAD", "POST")
def pushes(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what is pushed to the rider's phone and when it stays quiet; keep what they choose."""
    why = ""
    if request.method == "POST":
        night = _night(request)
        if night is not None:
            notices.choose_pushes(
                person_id=visitor.rider_id,
                muted=[family for family in PUSHES if family not in request.POST],
                night_begins=night[0],
                night_ends=night[1],
                now=timezone.now(),
            )
            response = redirect(f"{reverse('rider-pushes')}?saved=1")
            response.status_code = HTTPStatus.SEE_OTHER
            return response
        why = _("A time is written like 22:00.")
    wishes = notifications.wishes(person_ids=[visitor.rider_id])[visitor.rider_id]
    facts = {
        "kinds": [
            {"family": family, "title": title, "text": text, "on": family not in wishes.muted}
            for family, (title, text) in PUSHES.items()
        ],
        "night": wishes.night,
        "has_night": wishes.night.begins != wishes.night.ends,
        "usual": USUAL,
        "phones": len(notifications.devices(person_id=visitor.rider_id)),
        "saved": "saved" in request.GET and not why,
        "why": why,
        **notified.web_push(visitor.principal),
    }
    return show(
        request,
        "pushes",
        facts,
        visitor=visitor,
        tab="person",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if why else HTTPStatus.OK,
        policy=notified.policy_of(facts),
    )


def _night(request: HttpRequest) -> tuple[time, time] | None:
    """Return when the night begins and ends that the form asks for; None when it cannot be read."""
    if "night" not in request.POST:
        return USUAL.begins, USUAL.begins
    try:
        begins, ends = (
            time.fromisoformat(request.POST.get(name, "")) for name in ("begins", "ends")
        )
    except ValueError:
        return None
    # A browser sends hours and minutes; a zone of its own has no business in them.
    return begins.replace(tzinfo=None), ends.replace(tzinfo=None)


@page()
def strikes(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show missed visits that became strikes, and what can be said against them."""
    now = timezone.now()
    views = gamification.page_of_strikes(
        rider_id=visitor.rider_id, limit=STRIKES, before=None, now=now
    )
    facts = {
        "strikes": [
            {
                "view": view,
                "standing": STANDINGS.get(view.status, view.status),
                "appeal": _appeal(view.appeals[-1].state, view.appeals[-1].answer)
                if view.appeals
                else None,
                "may_appeal": _may_appeal(view, now=now),
            }
            for view in views
        ],
        "active": gamification.count_active(rider_id=visitor.rider_id, now=now),
        "evidence_kinds": EVIDENCE.items(),
        "zone": INDIA,
        "words": api_words(),
    }
    return show(request, "strikes", facts, visitor=visitor, tab="person")


@page()
def privacy(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what the rider agreed to, the copy of their data, and the way out for good."""
    answers = [
        {
            "code": answer.purpose.code,
            "version": answer.purpose.version,
            "title": PURPOSES[answer.purpose.code][0],
            "text": PURPOSES[answer.purpose.code][1],
            "required": answer.purpose.required,
            "granted": answer.granted or answer.purpose.required,
        }
        for answer in accounts.consents(person_id=visitor.rider_id)
    ]
    facts = {"answers": answers, "words": api_words()}
    return show(request, "privacy", facts, visitor=visitor, tab="person")


def _appeal(state: str, answer: str) -> dict[str, object]:
    return {"text": ANSWERS[state], "answer": answer, "granted": state == "UPHELD"}


def _may_appeal(view: gamification.StrikeView, *, now: datetime) -> bool:
    """Say whether the API would take an appeal: in time, none open, a second only after a rejection."""
    if view.status == "overturned" or now >= view.appeal_until:
        return False
    states = [appeal.state for appeal in view.appeals]
    return states in ([], ["REJECTED"])
