"""
A rider complains about an order, answers what its seller asks, takes or refuses what it proposes, and closes.

Each act is kept and said in one transaction, the complaint whole as the network wants it. What was lost on
the way is said again by a job: the same acts under their own ids are no news to a seller that has them.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from apps.ondc.errors import IssueActNotPossible, IssueNotFound, IssueOpenAlready, RideOrderNotReady
from apps.ondc.models import Issue, IssueAct, OutboundMessage, RideOrder
from apps.ondc.outgoing import issues
from apps.ondc.outgoing.issues import CODES, RESOLVE, RESPOND, Complaint, Done
from apps.ondc.services.finding import lock_own
from apps.ondc.services.ordering import rider_of
from apps.ondc.services.riding import say_about
from apps.ondc.voice import Voice
from uma.kernel.ids import new_id

Status, Level, By = Issue.Status, Issue.Level, IssueAct.By
Stage = RideOrder.Stage
_COMPLAINED_ABOUT = (Stage.ACTIVE, Stage.COMPLETED, Stage.CANCELLED)
# What a rider does, and of which complaints: while it waits, while something was asked or proposed, at its end.
PROVIDE, ACCEPT, REJECT, ESCALATE, CLOSE = "provide", "accept", "reject", "escalate", "close"
_CODES = {
    PROVIDE: "INFO_PROVIDED",
    ACCEPT: "RESOLUTION_ACCEPTED",
    REJECT: "RESOLUTION_REJECTED",
    ESCALATE: "ESCALATED",
    CLOSE: "CLOSED",
}
_ANSWERS = {PROVIDE: "INFO_REQUESTED", ACCEPT: "RESOLUTION_PROPOSED", REJECT: "RESOLUTION_PROPOSED"}
AGAIN_AFTER, AGAIN_FOR = timedelta(minutes=5), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Complained:
    """A complaint and the message that says it."""

    issue: Issue
    said: OutboundMessage


@transaction.atomic(durable=True)
def open_issue(
    *,
    order_id: UUID,
    rider_id: UUID,
    code: str,
    text: str,
    voice: Voice,
    now: datetime,
) -> Complained:
    """
    Complain about an order; one complaint of an order is open at a time.

    Raises:
        RideOrderNotFound, RideOrderNotReady, IssueOpenAlready
    """
    order = lock_own(order_id=order_id, rider_id=rider_id)
    if order.stage not in _COMPLAINED_ABOUT or not order.number:
        raise RideOrderNotReady(stage=order.stage)
    if Issue.objects.filter(order=order).exclude(status=Status.CLOSED).exists():
        raise IssueOpenAlready
    category, words, _ = CODES[code]
    issue = Issue.objects.create(
        order=order,
        # The second form came with the domain's third version.
        version=issues.TWO if order.version >= "2.1.0" else issues.ONE,
        category=category,
        code=code,
        short_text=words,
        long_text=text,
        respond_by=now + RESPOND,
        resolve_by=now + RESOLVE,
        created_at=now,
        changed_at=now,
    )
    _note(issue, "OPEN", text="Complaint created", now=now)
    return Complained(issue, _say(issue, order, voice=voice, now=now))


@transaction.atomic(durable=True)
def act_on_issue(
    *,
    issue_id: UUID,
    rider_id: UUID,
    act: str,
    text: str = "",
    rating: str = "",
    voice: Voice,
    now: datetime,
) -> Complained:
    """
    Answer, accept, refuse, escalate or close a complaint.

    Raises:
        IssueNotFound
        IssueActNotPossible: it is closed, or nothing was asked or proposed that this would answer
    """
    issue = _lock(issue_id, rider_id)
    order = issue.order
    if issue.status == Status.CLOSED:
        raise IssueActNotPossible
    ref = _ref(issue, act)
    _note(issue, _CODES[act], text=text, ref=ref, now=now)
    if act == CLOSE:
        issue.status, issue.rating = Status.CLOSED, rating
    elif act in {REJECT, ESCALATE}:
        issue.status = Status.PROCESSING
    if act == ESCALATE:
        issue.level = Level.GRIEVANCE
    issue.changed_at = now
    issue.save(update_fields=["status", "rating", "level", "changed_at"])
    return Complained(issue, _say(issue, order, voice=voice, now=now))


@transaction.atomic(durable=True)
def ask_about_issue(*, issue_id: UUID, rider_id: UUID, voice: Voice, now: datetime) -> Complained:
    """
    Ask the seller how a complaint stands.

    Raises:
        IssueNotFound
    """
    issue = _lock(issue_id, rider_id)
    message = issues.status(issue_id=str(issue.pk))
    said = say_about(issue.order, "issue_status", message, voice=voice, now=now)
    return Complained(issue, said)


def repeat_lost_issues(*, voice: Voice, now: datetime, limit: int = 100) -> list[OutboundMessage]:
    """Say again, for a day, complaints whose newest message nobody took; return what is to be sent."""
    newest = (
        OutboundMessage.objects.filter(order=OuterRef("order"), action="issue")
        .order_by("-said_at")
        .values("pk")[:1]
    )
    lost = OutboundMessage.objects.filter(
        pk__in=Issue.objects.filter(changed_at__gt=now - AGAIN_FOR)
        .annotate(newest=Subquery(newest))
        .values("newest"),
        state=OutboundMessage.State.LOST,
        said_at__lt=now - AGAIN_AFTER,
        body__blank=False,
    )
    found = [
        _again(message_id, voice=voice, now=now)
        for message_id in lost.values_list("pk", flat=True)[:limit]
    ]
    return [said for said in found if said is not None]


@transaction.atomic(durable=True)
def _again(message_id: UUID, *, voice: Voice, now: datetime) -> OutboundMessage | None:
    lost = OutboundMessage.objects.get(pk=message_id)
    assert lost.order_id is not None, "a complaint is about an order"
    order = (
        RideOrder.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("transaction")
        .filter(pk=lost.order_id)
        .first()
    )
    later = OutboundMessage.objects.filter(
        order_id=lost.order_id, action="issue", said_at__gt=lost.said_at
    )
    if order is None or later.exists():
        return None
    message = json.loads(lost.body)["message"]
    return say_about(order, "issue", message, voice=voice, now=now)


def _lock(issue_id: UUID, rider_id: UUID) -> Issue:
    """Lock the order that a complaint is about: its seller's answers wait for the same lock."""
    found = Issue.objects.filter(pk=issue_id, order__transaction__rider_id=rider_id).first()
    if found is None:
        raise IssueNotFound
    order = lock_own(order_id=found.order_id, rider_id=rider_id)
    issue = Issue.objects.get(pk=issue_id)
    issue.order = order
    return issue


def _ref(issue: Issue, act: str) -> str:
    """Return what of the seller's an act answers: the newest question, or the newest proposal."""
    answered = _ANSWERS.get(act)
    if answered is None:
        return ""
    asked = issue.acts.filter(by=By.SELLER, code=answered).order_by("-at", "-pk").first()
    if asked is None:
        raise IssueActNotPossible
    ref = asked.ref if answered == "RESOLUTION_PROPOSED" else asked.key
    if issue.acts.filter(by=By.RIDER, ref=ref).exists():
        raise IssueActNotPossible
    return ref


def _note(issue: Issue, code: str, *, text: str, now: datetime, ref: str = "") -> None:
    act_id = new_id()
    IssueAct.objects.create(
        id=act_id, issue=issue, key=str(act_id), by=By.RIDER, code=code, text=text, ref=ref, at=now
    )


def _say(issue: Issue, order: RideOrder, *, voice: Voice, now: datetime) -> OutboundMessage:
    # As they were kept, not by their clocks: the list only grows at its end.
    acts = list(issue.acts.order_by("pk"))
    complaint = Complaint(
        id=str(issue.pk),
        domain=order.transaction.domain,
        bap_id=voice.sender.id,
        desk=voice.desk,
        # Whom the driver met, who need not be who is signed in.
        rider=rider_of(order),
        code=issue.code,
        short=issue.short_text,
        long=issue.long_text,
        order_id=order.number,
        order_state=order.status or order.stage,
        provider_id=order.provider_id,
        item_id=order.item_id,
        fulfillment_id=order.fulfillment_id,
        fulfillment_state=order.ride_state or order.stage,
        level=issue.level,
        is_closed=issue.status == Status.CLOSED,
        rating=issue.rating,
        created_at=issue.created_at,
        updated_at=now,
        done=[
            Done(
                id=act.key,
                code=act.code,
                at=act.at,
                text=act.text,
                ref=act.ref,
                rating=issue.rating if act.code == "CLOSED" and act.by == By.RIDER else "",
                told=json.loads(act.told) if act.told else None,
            )
            for act in acts
        ],
        sellers=json.loads(issue.sellers_part) if issue.sellers_part else {},
    )
    message = issues.issue(complaint, version=issue.version)
    return say_about(order, "issue", message, voice=voice, now=now)
