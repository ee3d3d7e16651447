"""Writes about the looks at the books: what the newest of each kind found, and what then stops."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from logging import getLogger

from django.db import transaction

from apps.handshake import invariants
from apps.handshake.models import BooksLook
from apps.payments import services as payments
from apps.wallet.selectors import Violation

logger = getLogger(__name__)

# An identifier is made before its row is there for others: no transaction lasts as long.
WINDOW = timedelta(minutes=10)
# So many are kept by name; whoever broke more has the tables' names by then.
KEPT = 100
REASON = "The books do not balance (the platform's own look at them)"
Kind = BooksLook.Kind


def look_at_all(*, now: datetime) -> list[Violation]:
    """Look at every row of the money, keep and name what is wrong, and halt payouts for it."""
    found = invariants.find_violations()
    keep(kind=Kind.WHOLE, found=found, now=now)
    _name(found)
    return found


def look_at_recent(*, now: datetime) -> list[Violation]:
    """
    Look at every balance and at what moved lately, keep what is wrong, and halt payouts for it.

    Lately is since the last look that found nothing: what is wrong is found again until it is mended.
    """
    before = BooksLook.objects.filter(kind=Kind.RECENT).first()
    clean_at = before.clean_at if before else None
    found = invariants.find_recent(since=min(clean_at or now, now) - WINDOW)
    _name(keep(kind=Kind.RECENT, found=found, now=now))
    return found


@transaction.atomic
def keep(*, kind: BooksLook.Kind, found: Sequence[Violation], now: datetime) -> list[Violation]:
    """
    Keep what a look found instead of what the one before did; return what that one had not found.

    Payouts are halted for rows that are new: an operator who has seen the others may let payouts go on.
    """
    before = BooksLook.objects.filter(kind=kind).first()
    known = {(check, row) for check, row, _ in before.found} if before else set()
    new = [one for one in found if (one.check, one.row) not in known]
    facts: dict[str, object] = {
        "looked_at": now,
        "wrong": len(found),
        "found": [[one.check, one.row, one.detail] for one in found[:KEPT]],
    }
    if not found:
        facts["clean_at"] = now
    # Two looks of one kind at once, by the clock and by an operator: the younger stands.
    BooksLook.objects.bulk_create([BooksLook(kind=kind, **facts)], ignore_conflicts=True)
    BooksLook.objects.filter(kind=kind, looked_at__lte=now).update(**facts)
    if new:
        payments.halt_payouts(reason=REASON, actor_id=None, now=now)
    return new


def _name(found: Sequence[Violation]) -> None:
    for one in found:
        logger.critical(
            "the books do not balance",
            extra={"check": one.check, "row": one.row, "difference": one.detail},
        )
