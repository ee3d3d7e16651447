"""A seller answers a complaint: what it did is kept once, its status moves forward, and the rider is told."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.notifications import services as notifications
from apps.ondc.grievances import ActTold, acts_of, issue_id_of, sellers_part
from apps.ondc.handlers.outcome import Handling, Outcome, Refused
from apps.ondc.messages import error_of
from apps.ondc.models import Issue, IssueAct

Status = Issue.Status
# After these of the rider's, an older word of the seller's that all is resolved is over.
_AGAIN = ("RESOLUTION_REJECTED", "ESCALATED")
_SAID = {
    "INFO_REQUESTED": _("The provider asks you something"),
    "RESOLUTION_PROPOSED": _("The provider proposes a resolution"),
    "RESOLVED": _("Your complaint was answered"),
}


def on_issue(handling: Handling) -> Outcome:
    """Take what the seller did about a complaint, asked or not, in any order."""
    order = handling.lock_order()
    handling.answered()
    if code := error_of(handling.body):
        handling.deviations.append(f"refused with {code}")
        return Outcome.IGNORED
    issue = _find(handling, order.pk)
    known = set(issue.acts.filter(by=IssueAct.By.SELLER).values_list("key", flat=True))
    news = [act for act in acts_of(handling.body, sent_at=handling.sent_at) if act.key not in known]
    if not news:
        return Outcome.IGNORED
    IssueAct.objects.bulk_create([_row(issue, act) for act in news], ignore_conflicts=True)
    part = sellers_part(handling.body)
    newest_known = issue.acts.filter(by=IssueAct.By.SELLER).exclude(
        key__in=[act.key for act in news]
    )
    # A late, older message does not take back what a newer one told of people and resolutions.
    if part and not newest_known.filter(at__gt=max(act.at for act in news)).exists():
        issue.sellers_part = part
    _move(issue, news)
    issue.changed_at = handling.now
    issue.save(update_fields=["sellers_part", "status", "changed_at"])
    _tell(handling, issue, news)
    return Outcome.DONE


def _find(handling: Handling, order_id: UUID) -> Issue:
    try:
        issue_id = UUID(issue_id_of(handling.body))
    except ValueError:
        raise Refused("issue_unknown") from None
    found = Issue.objects.filter(pk=issue_id, order_id=order_id).first()
    if found is None:
        raise Refused("issue_unknown")
    return found


def _row(issue: Issue, act: ActTold) -> IssueAct:
    return IssueAct(
        issue=issue,
        key=act.key,
        by=IssueAct.By.SELLER,
        code=act.code,
        text=act.text,
        ref=act.ref,
        resolution=act.resolution,
        refund_paise=act.refund_paise,
        told=act.told,
        at=act.at,
    )


def _move(issue: Issue, news: list[ActTold]) -> None:
    if issue.status == Status.CLOSED:
        return
    resolved = [act.at for act in news if act.code == "RESOLVED"]
    if resolved and max(resolved) >= _asked_again(issue):
        issue.status = Status.RESOLVED
    elif issue.status == Status.OPEN:
        issue.status = Status.PROCESSING


def _asked_again(issue: Issue) -> datetime:
    ours = issue.acts.filter(by=IssueAct.By.RIDER, code__in=_AGAIN).order_by("-at").first()
    return issue.created_at if ours is None else ours.at


def _tell(handling: Handling, issue: Issue, news: list[ActTold]) -> None:
    told = [act for act in news if act.code in _SAID]
    if not told or issue.status == Status.CLOSED:
        return
    newest = max(told, key=lambda act: act.at)
    notifications.notify(
        person_id=issue.order.transaction.rider_id,
        kind=f"issue.{newest.code.lower()}",
        say=lambda: (_SAID[newest.code], _("Open the app to read it and to answer.")),
        data={"issueId": str(issue.pk)},
        dedupe_key=f"issue:{issue.pk}:{newest.key}",
        now=handling.now,
    )
