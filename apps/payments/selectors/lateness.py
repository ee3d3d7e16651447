"""
What a rider gets for a withdrawal that failed and came back late (INV-30; decisions/0053).

RBI/2019-20/67 of 20 September 2019 harmonises the turn around time: a debit without a credit is back on the day
after the transaction (T + 1, calendar days), and each day beyond costs a hundred rupees, without a complaint.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from apps.payments.models import Payout
from apps.payments.selectors.allowance import clock_of
from apps.wallet import selectors as wallet
from uma.kernel import zones

A_DAY_PAISE = 100_00
# The day of the transaction itself, and the one after it.
IN_TIME = timedelta(days=1)


def returned_late() -> QuerySet[Payout]:
    """Return the riders' payouts that were sent and may have come back too late, the oldest first."""
    # A step after the return moves the state's time on; a payout that was never sent kept nobody waiting.
    return Payout.objects.filter(
        kind=Payout.Kind.WITHDRAWAL,
        returned_journal_id__isnull=False,
        submitted_at__lt=F("status_changed_at") - IN_TIME,
    ).order_by("pk")


def late_days(*, payout: Payout) -> list[date]:
    """Return the days of the zone's calendar by which a payout came back too late; none for one that did not."""
    if payout.submitted_at is None or payout.returned_journal_id is None:
        return []
    back = wallet.event_of(journal_id=payout.returned_journal_id)
    clock = clock_of(payout.zone_code)
    last, due = zones.day_of(back, clock), zones.day_of(payout.submitted_at, clock) + IN_TIME
    return [due + timedelta(days=late) for late in range(1, (last - due).days + 1)]


def compensation_reference(*, payout_id: UUID, day: date) -> str:
    """Return what the one posting for a payout and a day is known by."""
    return f"tat_compensation:{payout_id}:{day.isoformat()}"


def compensated_paise(*, payouts: Sequence[Payout]) -> dict[UUID, int]:
    """Return what was paid for the delay of each of these payouts; those without anything are missing."""
    named = {
        compensation_reference(payout_id=payout.pk, day=day): payout.pk
        for payout in payouts
        if payout.kind == Payout.Kind.WITHDRAWAL
        for day in late_days(payout=payout)
    }
    found: dict[UUID, int] = {}
    for reference in wallet.posted(references=list(named)):
        found[named[reference]] = found.get(named[reference], 0) + A_DAY_PAISE
    return found
