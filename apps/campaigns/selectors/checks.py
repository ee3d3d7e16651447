"""What must never be, looked for by the nightly check."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment


@dataclass(frozen=True, slots=True)
class Violation:
    """A fact about a campaign that must never be: whose, and what."""

    campaign_id: UUID
    scope: str
    what: str


def find_overcommitted() -> list[Violation]:
    """
    Return every allotment that is oversold, overspent or out of step with its campaign (INV-22).

    Constraints refuse the first two; the nightly check would see it if one were dropped.
    """
    beyond = (
        Q(seats_taken__lt=0)
        | Q(committed_paise__lt=0)
        | Q(spent_paise__lt=0)
        | Q(spent_paise__gt=F("committed_paise"))
        | Q(seats_taken__gt=F("seats_limit"))
        | Q(committed_paise__gt=F("budget_paise"))
        | Q(scope=ALL, seats_taken__gt=F("campaign__seats"))
        | Q(scope=ALL, committed_paise__gt=F("campaign__budget_paise"))
    )
    rows = Allotment.objects.filter(beyond).order_by("campaign_id", "scope")
    found = [
        Violation(row.campaign_id, row.scope, f"{row.seats_taken}/{row.seats_limit} seats, "
                  f"{row.committed_paise}/{row.budget_paise} paise, {row.spent_paise} spent")
        for row in rows
    ]  # fmt: skip
    return found + _days_out_of_step()


_OUT_OF_STEP = """
SELECT a.campaign_id, a.seats_taken, a.committed_paise, sum(d.seats_taken), sum(d.committed_paise)
  FROM campaigns_allotment a
  JOIN campaigns_allotment d ON d.campaign_id = a.campaign_id AND d.scope LIKE 'day:%'
 WHERE a.scope = 'all'
 GROUP BY a.id
HAVING (a.seats_taken, a.committed_paise) <> (sum(d.seats_taken), sum(d.committed_paise))
 ORDER BY a.campaign_id
"""


def _days_out_of_step() -> list[Violation]:
    """Every booking takes from the whole and from its day, so the days sum to the whole."""
    with connection.cursor() as cursor:
        cursor.execute(_OUT_OF_STEP)
        return [
            Violation(
                row[0], ALL, f"{row[1]} seats and {row[2]} paise; its days {row[3]}, {row[4]}"
            )
            for row in cursor.fetchall()
        ]
