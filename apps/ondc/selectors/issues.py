"""What a rider sees of complaints: each with what both sides did, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.ondc.errors import IssueNotFound, RideOrderNotFound
from apps.ondc.models import Issue, IssueAct, RideOrder


@dataclass(frozen=True, slots=True)
class IssueView:
    """A complaint and its acts."""

    issue: Issue
    acts: Sequence[IssueAct]


def issues_of(*, order_id: UUID, rider_id: UUID) -> list[IssueView]:
    """
    Return the complaints about a rider's own order, the newest first.

    Raises:
        RideOrderNotFound: also for another rider's
    """
    if not RideOrder.objects.filter(pk=order_id, transaction__rider_id=rider_id).exists():
        raise RideOrderNotFound
    rows = Issue.objects.filter(order_id=order_id).prefetch_related("acts").order_by("-created_at")
    return [_view(row) for row in rows]


def issue_of(*, issue_id: UUID, rider_id: UUID) -> IssueView:
    """
    Return a rider's own complaint.

    Raises:
        IssueNotFound: also for another rider's
    """
    row = Issue.objects.filter(pk=issue_id, order__transaction__rider_id=rider_id).first()
    if row is None:
        raise IssueNotFound
    return _view(row)


def _view(issue: Issue) -> IssueView:
    return IssueView(issue, sorted(issue.acts.all(), key=lambda act: (act.at, act.pk)))
