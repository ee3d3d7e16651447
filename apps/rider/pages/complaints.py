"""Complaints about a ride: said to its seller, followed, answered, closed with a rating."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.ondc import selectors, services, tasks
from apps.ondc.errors import RideOrderNotReady
from apps.ondc.models import Issue, IssueAct, OutboundMessage
from apps.ondc.selectors import IssueView
from apps.rider.live import one_thing
from apps.rider.pages.rides import INDIA, look
from apps.rider.ride_words import COMPLAINT_ACTS, COMPLAINT_STATES, COMPLAINTS, RESOLUTIONS
from apps.rider.visiting import Visitor, fragment, page, show
from apps.rider.wordings import refusal_words
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue

LONGEST = 500
_RATINGS = {"up": "THUMBS_UP", "down": "THUMBS_DOWN"}
_ACTS = frozenset({"provide", "accept", "reject", "escalate", "close", "ask"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A complaint and what its rider may do about it now."""

    view: IssueView

    @property
    def issue(self) -> Issue:
        return self.view.issue

    @property
    def title(self) -> object:
        return COMPLAINTS.get(self.issue.code, self.issue.short_text)

    @property
    def state(self) -> object:
        return COMPLAINT_STATES[self.issue.status]

    @property
    def is_open(self) -> bool:
        return self.issue.status != Issue.Status.CLOSED

    @property
    def acts(self) -> list[dict[str, object]]:
        return [
            {
                "row": act,
                "title": COMPLAINT_ACTS.get(act.code, act.code),
                "resolution": RESOLUTIONS.get(act.resolution, act.resolution),
                "is_ours": act.by == IssueAct.By.RIDER,
                "text": "" if act.code == "OPEN" else act.text,
            }
            for act in self.view.acts
        ]

    @property
    def is_asked(self) -> bool:
        """Whether the seller waits for an answer."""
        return self._waits("INFO_REQUESTED")

    @property
    def is_offered(self) -> bool:
        """Whether the seller proposed something that nobody answered."""
        return self._waits("RESOLUTION_PROPOSED")

    @property
    def may_escalate(self) -> bool:
        return self.is_open and self.issue.level == Issue.Level.ISSUE

    @property
    def mark(self) -> str:
        """What changes exactly when there is something new to show."""
        at = int(self.issue.changed_at.timestamp() * 1_000)
        return f"{self.issue.status}-{at}-{len(self.view.acts)}"

    def _waits(self, code: str) -> bool:
        if not self.is_open:
            return False
        asked = [act for act in self.view.acts if act.by == IssueAct.By.SELLER and act.code == code]
        answered = {act.ref for act in self.view.acts if act.by == IssueAct.By.RIDER}
        if not asked:
            return False
        ref = asked[-1].ref if code == "RESOLUTION_PROPOSED" else asked[-1].key
        return ref not in answered


@page("GET", "HEAD", "POST")
def complain(request: HttpRequest, visitor: Visitor, journey_id: UUID) -> HttpResponse:
    """Ask what was wrong with a ride; say it to its seller."""
    ride = look(visitor, journey_id)
    order = ride.order
    if order is None:
        raise RideOrderNotReady(stage=ride.phase)
    why, code = "", request.POST.get("code", "")
    text = request.POST.get("text", "").strip()[:LONGEST]
    if request.method == "POST" and not (code in COMPLAINTS and text):
        why = _("Say what was wrong, and what happened.")
    elif request.method == "POST":
        try:
            done = services.open_issue(
                order_id=order.pk,
                rider_id=visitor.rider_id,
                code=code,
                text=text,
                voice=services.our_voice(),
                now=timezone.now(),
            )
        except DomainError as refusal:
            why = refusal_words(refusal)
        else:
            _hand_on(done.said)
            response = redirect("rider-complaint", issue_id=done.issue.pk)
            response.status_code = HTTPStatus.SEE_OTHER
            return response
    facts = {"ride": ride, "complaints": COMPLAINTS.items(), "why": why, "code": code, "text": text}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if why else HTTPStatus.OK
    return show(request, "complain", facts, visitor=visitor, tab="ticket", status=status)


@page()
def complaint(request: HttpRequest, visitor: Visitor, issue_id: UUID) -> HttpResponse:
    """Show a complaint with what both sides did, and what can be done now."""
    return _whole(request, visitor, issue_id)


@page(live=True)
def state(request: HttpRequest, visitor: Visitor, issue_id: UUID) -> HttpResponse:
    """Show what has become of the complaint since the page was opened."""
    return fragment(request, "parts/complaint", _facts(visitor, issue_id))


@page(live=True)
def events(request: HttpRequest, visitor: Visitor, issue_id: UUID) -> HttpResponse:
    """Tell that the complaint changed since the reader's last id."""
    return one_thing(request, "complaint", _look(visitor, issue_id).mark)


@page("POST")
def act(request: HttpRequest, visitor: Visitor, issue_id: UUID) -> HttpResponse:
    """Answer, agree, refuse, take it higher, ask again, or close it with a rating."""
    wanted, why, done = request.POST.get("act", ""), "", ""
    text = request.POST.get("text", "").strip()[:LONGEST]
    rating = _RATINGS.get(request.POST.get("rating", ""), "")
    status: int = HTTPStatus.OK
    if (
        wanted not in _ACTS
        or (wanted == "close" and not rating)
        or (wanted == "provide" and not text)
    ):
        why, status = _("Write your answer first."), HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        try:
            _hand_on(_act(visitor, issue_id, wanted, text=text, rating=rating))
            done = _("Said. What they answer stands here in a moment.")
        except DomainError as refusal:
            why, status = refusal_words(refusal), refusal.status
    if "HX-Request" not in request.headers:
        return _whole(request, visitor, issue_id, why=why, status=status)
    facts = _facts(visitor, issue_id, why=why, done=done)
    return fragment(request, "parts/complaint", facts, status=status)


def _act(
    visitor: Visitor, issue_id: UUID, wanted: str, *, text: str, rating: str
) -> OutboundMessage:
    speaking, now = services.our_voice(), timezone.now()
    if wanted == "ask":
        asked = services.ask_about_issue(
            issue_id=issue_id, rider_id=visitor.rider_id, voice=speaking, now=now
        )
        return asked.said
    acted = services.act_on_issue(
        issue_id=issue_id,
        rider_id=visitor.rider_id,
        act=wanted,
        text=text,
        rating=rating,
        voice=speaking,
        now=now,
    )
    return acted.said


def _look(visitor: Visitor, issue_id: UUID) -> Shown:
    return Shown(selectors.issue_of(issue_id=issue_id, rider_id=visitor.rider_id))


def _facts(visitor: Visitor, issue_id: UUID, *, why: str = "", done: str = "") -> dict[str, object]:
    return {"complaint": _look(visitor, issue_id), "why": why, "done": done, "zone": INDIA}


def _whole(
    request: HttpRequest,
    visitor: Visitor,
    issue_id: UUID,
    *,
    why: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    found = _look(visitor, issue_id)
    facts = {
        "complaint": found,
        "why": why,
        "zone": INDIA,
        "live_url": reverse("rider-complaint-events", args=[issue_id]),
        "since": found.mark,
        "topics": "complaint",
    }
    return show(request, "complaint", facts, visitor=visitor, tab="ticket", status=status)


def _hand_on(message: OutboundMessage) -> None:
    enqueue(tasks.deliver, outbound_id=str(message.pk))
