"""How many visits were settled, whose follow-up waits, and whether the books are right."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Min

from apps.handshake.models import BooksLook, Handshake
from apps.jobs.selectors import running_since
from uma.kernel.ids import first_id_of
from uma.kernel.readings import age_s, reading


@reading("uma_handshakes_recent", "Visits settled within the last five minutes.")
def settled(now: datetime) -> float:
    return float(Handshake.objects.filter(pk__gte=first_id_of(now - timedelta(minutes=5))).count())


@reading("uma_handshake_follow_up_seconds", "Age of the oldest visit whose follow-up waits.")
def follow_up_s(now: datetime) -> float:
    waiting = Handshake.objects.filter(announced_at__isnull=True)
    return age_s(waiting.aggregate(at=Min("created_at"))["at"], now)


@reading("uma_books_wrong_rows", "Rows that the newest look at the books found wrong.", "look")
def wrong_rows(now: datetime) -> Mapping[tuple[str, ...], float]:  # noqa: ARG001 - every reading is asked as of a time
    """Return how many rows the newest look of each kind found wrong: so many until another finds none."""
    rows = BooksLook.objects.values_list("kind", "wrong")
    return {(kind.lower(),): float(wrong) for kind, wrong in rows}


@reading("uma_books_checked_seconds", "How long ago the books were looked at.", "look")
def checked_s(now: datetime) -> Mapping[tuple[str, ...], float]:
    """Return the age of the newest look of each kind; before the first, for how long the platform has run."""
    looked = dict(BooksLook.objects.values_list("kind", "looked_at"))
    ran = running_since()
    return {(kind.lower(),): age_s(looked.get(kind, ran), now) for kind in BooksLook.Kind.values}
