"""
What waits beside the journeys is sent: reports under the observer's token, answers about settlements signed.

Claimed under a lease, committed, sent outside any transaction. Nobody waits for it, so it is tried with longer
and longer pauses for about a day; a service that is away stops the run and not the worker.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.ondc import courier
from apps.ondc.courier import Outcome, Verdict
from apps.ondc.models import Dispatch
from apps.ondc.services.delivering import is_listed
from apps.ondc.voice import Voice

State, Kind = Dispatch.State, Dispatch.Kind
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 40
LONGEST_PAUSE = timedelta(hours=1)
# After so many failures in a row the rest waits for the next run.
ENOUGH_FAILURES = 3
KEEP = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    kind: str
    party: str
    url: str
    raw: bytes


def send_dispatches(*, voice: Voice, now: datetime, limit: int = 100) -> int:
    """Send what is due, the oldest first; return how many were taken. Call it outside any transaction."""
    sent = failures = 0
    for claimed in _claims(now=now, limit=limit):
        outcome = _send(claimed, voice, now=now)
        _settle(claimed.id, outcome, now=now)
        sent += outcome.verdict == Verdict.TAKEN
        failures = failures + 1 if outcome.verdict in {Verdict.SILENT, Verdict.BUSY} else 0
        if failures == ENOUGH_FAILURES:
            break
    return sent


def forget_dispatches(*, now: datetime, limit: int = 5_000) -> int:
    """Delete reports that were sent or given up long ago; return how many. What was said of money stays."""
    old = Dispatch.objects.filter(made_at__lt=now - KEEP, kind__in=[Kind.MESSAGE, Kind.ANSWER])
    old = old.exclude(state=State.WAITING)
    ids = list(old.order_by("made_at").values_list("pk", flat=True)[:limit])
    return Dispatch.objects.filter(pk__in=ids).delete()[0]


def _claims(*, now: datetime, limit: int) -> Iterator[_Claimed]:
    due = Dispatch.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    for dispatch_id in list(due.order_by("made_at").values_list("pk", flat=True)[:limit]):
        claimed = _claim(dispatch_id, now=now)
        if claimed is not None:
            yield claimed


@transaction.atomic(durable=True)
def _claim(dispatch_id: UUID, *, now: datetime) -> _Claimed | None:
    row = (
        Dispatch.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=dispatch_id, state=State.WAITING, next_attempt_at__lte=now)
        .first()
    )
    if row is None:
        return None
    row.attempts = F("attempts") + 1
    row.next_attempt_at = now + LEASE
    row.save(update_fields=["attempts", "next_attempt_at"])
    return _Claimed(row.pk, row.kind, row.party, row.url, row.body.encode())


def _send(claimed: _Claimed, voice: Voice, *, now: datetime) -> Outcome:
    if claimed.kind == Kind.SETTLEMENT:
        # Whoever moves the network's money is our own setting, as the gateway is.
        if not _is_of_agency(claimed, voice) and not is_listed(claimed.party, claimed.url):
            return Outcome(Verdict.REFUSED, error_code="address")
        now_s = int(now.timestamp())
        return courier.post(url=claimed.url, raw=claimed.raw, voice=voice, now_s=now_s)
    if voice.observer is None:
        return Outcome(Verdict.REFUSED, error_code="switched_off")
    # The address of today: it may have moved since the report was kept.
    return courier.push(
        url=voice.observer.url, raw=claimed.raw, token=voice.observer.token, public=voice.is_public
    )


def _is_of_agency(claimed: _Claimed, voice: Voice) -> bool:
    agency = voice.agency
    return agency is not None and claimed.url.rpartition("/")[0] == agency.uri.rstrip("/")


@transaction.atomic(durable=True)
def _settle(dispatch_id: UUID, outcome: Outcome, *, now: datetime) -> None:
    row = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch_id)
    if row.state != State.WAITING:
        return
    if outcome.verdict == Verdict.TAKEN:
        row.state, row.settled_at = State.SENT, now
    elif outcome.verdict == Verdict.REFUSED or row.attempts >= MOST_ATTEMPTS:
        row.state, row.settled_at = State.GIVEN_UP, now
    else:
        pause = min(timedelta(seconds=2 ** min(row.attempts, 12)), LONGEST_PAUSE)
        row.next_attempt_at = now + max(pause, timedelta(seconds=outcome.pause_s))
    row.http_status, row.error_code = outcome.status, outcome.error_code
    row.save(update_fields=["state", "settled_at", "next_attempt_at", "http_status", "error_code"])
