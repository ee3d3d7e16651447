"""
Requests leave: claimed, committed, sent outside any transaction, and what came of it recorded.

A repeat is the same bytes under the same message id, so a seller that took the first does nothing
twice; after a refusal, or once nobody waits for the answer any more, nothing is repeated. Five
failures of a party in a row open its circuit for half a minute, for every process.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.ondc import courier, signing
from apps.ondc.courier import Outcome, Verdict
from apps.ondc.handlers import ending
from apps.ondc.models import Circuit, OutboundMessage, Participant, RideOrder, Transaction
from apps.ondc.services.saying import give_up
from apps.ondc.voice import Voice

State, Stage = OutboundMessage.State, RideOrder.Stage
# How often a request is sent at the most, and how long after each time it is sent again.
MOST_ATTEMPTS = {"confirm": 4, "cancel": 4, "update": 4}
FEW_ATTEMPTS = 3
PAUSE = timedelta(seconds=1)
# Longer than an attempt may take: whoever holds the row by then is dead.
LEASE = timedelta(seconds=10)
# They name the rider and where they went; evidence of a dispute is the digest (product.md, retention).
KEEP_BODY = timedelta(days=365)
FAILURES = 5
OPEN_FOR = timedelta(seconds=30)
# What an order cannot do without: nobody took it, so nothing comes of the order.
NEEDED = frozenset({"select", "init", "confirm"})


@dataclass(frozen=True, slots=True)
class _Claimed:
    """One attempt that is this process' to make."""

    id: UUID
    party: str
    url: str
    raw: bytes


def deliver(*, outbound_id: UUID, voice: Voice, now: datetime) -> str:
    """
    Send one request if it is due and nobody else is sending it; return its state after that.

    Call it outside any transaction: the attempt is on record before the network is touched.
    """
    claimed = _claim(outbound_id, voice, now=now)
    if claimed is None:
        return ""
    if not is_listed(claimed.party, claimed.url):
        outcome = Outcome(Verdict.REFUSED, error_code="address", error_text="not in the registry")
    elif _is_open(claimed.party, now=now):
        outcome = Outcome(Verdict.BUSY, error_code="circuit_open", pause_s=5)
    else:
        outcome = courier.post(
            url=claimed.url, raw=claimed.raw, voice=voice, now_s=int(now.timestamp())
        )
        _remember(claimed.party, outcome, now=now)
    return _settle(claimed.id, outcome, now=now)


def due_ids(*, now: datetime, limit: int) -> list[UUID]:
    """Return requests whose message to the worker was lost, or whose next attempt has come."""
    due = OutboundMessage.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    return list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


def purge_outbound(*, now: datetime, limit: int = 1_000) -> int:
    """Empty the bytes of requests whose time is over; return how many. Their digest stays."""
    old = OutboundMessage.objects.filter(said_at__lt=now - KEEP_BODY, body__blank=False)
    ids = list(
        old.exclude(state=State.WAITING).order_by("said_at").values_list("pk", flat=True)[:limit]
    )
    return OutboundMessage.objects.filter(pk__in=ids).update(body="")


@transaction.atomic(durable=True)
def _claim(outbound_id: UUID, voice: Voice, *, now: datetime) -> _Claimed | None:
    # Of two messages to the worker about one row, the second finds it taken and stops.
    row = (
        OutboundMessage.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .filter(pk=outbound_id, state=State.WAITING, next_attempt_at__lte=now)
        .select_related("question")
        .first()
    )
    if row is None:
        return None
    if row.question.until <= now:
        _close(row, State.LOST, Outcome(Verdict.SILENT, error_code="too_late"), now=now)
        return None
    raw = row.body.encode()
    row.attempts = F("attempts") + 1
    row.next_attempt_at = now + LEASE
    # The very header that the courier makes: a signature is a function of bytes, key and second.
    row.header = voice.network.sign(raw, now=int(now.timestamp()))
    row.save(update_fields=["attempts", "next_attempt_at", "header"])
    assert signing.digest(raw) == row.digest, "what is sent is what was said"
    return _Claimed(row.pk, row.party, row.url, raw)


@transaction.atomic(durable=True)
def _settle(outbound_id: UUID, outcome: Outcome, *, now: datetime) -> str:
    row = (
        OutboundMessage.objects.select_for_update(no_key=True, of=("self",))
        .select_related("question")
        .get(pk=outbound_id)
    )
    if row.state != State.WAITING:
        return row.state
    if outcome.verdict == Verdict.TAKEN:
        return _close(row, State.TAKEN, outcome, now=now)
    if outcome.verdict == Verdict.REFUSED:
        return _close(row, State.REFUSED, outcome, now=now)
    again_at = now + max(PAUSE * row.attempts, timedelta(seconds=outcome.pause_s))
    enough = row.attempts >= MOST_ATTEMPTS.get(row.action, FEW_ATTEMPTS)
    if enough or again_at >= row.question.until:
        return _close(row, State.LOST, outcome, now=now)
    row.next_attempt_at = again_at
    _note(row, outcome)
    return row.state


def _close(row: OutboundMessage, state: str, outcome: Outcome, *, now: datetime) -> str:
    row.state, row.settled_at = state, now
    _note(row, outcome)
    if row.order is not None and state != State.TAKEN:
        _tell_order(row.order.pk, row, outcome, now=now)
    return state


def _note(row: OutboundMessage, outcome: Outcome) -> None:
    row.http_status = outcome.status
    row.error_code, row.error_text = outcome.error_code, outcome.error_text
    row.save(
        update_fields=[
            "state", "settled_at", "next_attempt_at", "http_status", "error_code", "error_text",
        ]
    )  # fmt: skip


def _tell_order(order_id: UUID, row: OutboundMessage, outcome: Outcome, *, now: datetime) -> None:
    """
    Note what a request that failed means for its order.

    A confirmation that was lost may have arrived: only the seller knows, and is asked.
    """
    if row.action not in NEEDED or (row.action == "confirm" and row.state == State.LOST):
        return
    order = RideOrder.objects.select_for_update(no_key=True).get(pk=order_id)
    expected = {Stage.CONFIRMING} if row.action == "confirm" else {Stage.SELECTED, Stage.QUOTED}
    if order.stage in expected:
        code = outcome.error_code or "no_answer"
        give_up(order, error_code=code, now=now)
        if row.action == "confirm":
            ending.refused(order, code=code, now=now)


def is_listed(party: str, url: str) -> bool:
    """Say whether the registry lists this host for this seller; the gateway is our own setting."""
    if party == url.rpartition("/")[0]:
        return True
    listed = Participant.objects.filter(subscriber_id=party, kind="BPP")
    hosts = {urlsplit(known).netloc for known in listed.values_list("url", flat=True) if known}
    return urlsplit(url).netloc in hosts


def _is_open(party: str, *, now: datetime) -> bool:
    return Circuit.objects.filter(party=party, open_until__gt=now).exists()


def _remember(party: str, outcome: Outcome, *, now: datetime) -> None:
    """Count failures in a row; a party that answers anything at all is alive."""
    if outcome.verdict != Verdict.SILENT:
        Circuit.objects.filter(party=party, failures__gt=0).update(failures=0, open_until=None)
        return
    # Open again after one more failure, until the party answers: whoever was away may still be.
    circuit, is_new = Circuit.objects.get_or_create(party=party, defaults={"failures": 1})
    if is_new:
        return
    Circuit.objects.filter(pk=circuit.pk).update(failures=F("failures") + 1)
    Circuit.objects.filter(pk=circuit.pk, failures__gte=FAILURES).update(
        failures=FAILURES - 1, open_until=now + OPEN_FOR
    )


@dataclass(frozen=True, slots=True)
class Search:
    """A search that went out, and where it asked."""

    transaction_id: UUID
    domain: str
    city: str


def uncounted_search(*, outbound_id: UUID) -> Search | None:
    """Return the search behind a message, if nobody noted yet how many sellers it asks."""
    found = OutboundMessage.objects.filter(
        pk=outbound_id, action="search", question__transaction__asked_count__isnull=True
    ).values_list(
        "question__transaction_id", "question__transaction__domain", "question__transaction__city"
    )
    row = found.first()
    return None if row is None else Search(*row)


def count_asked(*, transaction_id: UUID, sellers: Iterable[str]) -> None:
    """Note how many sellers the registry lists for a search that went out."""
    Transaction.objects.filter(pk=transaction_id, asked_count__isnull=True).update(
        asked_count=len(set(sellers))
    )
