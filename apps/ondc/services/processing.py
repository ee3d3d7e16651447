"""
What was received is acted on: claimed by SKIP LOCKED, handled and marked in one transaction.

Whatever a handler did and then refused is undone, its row is marked nevertheless. A lock that somebody
else holds makes the message wait; what nobody understands is parked, shows red at the desk, and may be
handled again: everything a handler does is safe to do twice.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, OperationalError, transaction

from apps.accounts import services as accounts
from apps.ondc.beckn import Nack
from apps.ondc.errors import InboundMessageNotFound
from apps.ondc.handlers import HANDLERS, Handling, Refused
from apps.ondc.logged import note
from apps.ondc.models import InboundMessage
from apps.ondc.reading import at, exact, moment, read_json
from uma.kernel.errors import DomainError

logger = logging.getLogger(__name__)

ATTEMPTS_MAX = 10
LONGEST_PAUSE = timedelta(minutes=15)
MOST_KEYS = 500_000
BATCH = 200
# Evidence of a dispute is the digest and the header; the bytes name people (product.md, retention).
KEEP_RAW = timedelta(days=365)
KEEP_CATALOGUES = timedelta(days=7)

State = InboundMessage.State


@transaction.atomic(durable=True)
def process_inbound(*, message_id: UUID, now: datetime) -> str:
    """Act on one message unless somebody else does; return its state after that, "" when not taken."""
    row = (
        InboundMessage.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("question", "transaction")
        .filter(pk=message_id, state=State.WAITING)
        .first()
    )
    if row is None:
        return ""
    if row.transaction is not None:
        note(row.transaction)
    row.attempts += 1
    try:
        # A savepoint: what was done before a refusal is undone, and the row below is marked.
        with transaction.atomic():
            state, outcome = _handle(row, now=now)
    except Refused as refusal:
        state, outcome = State.PARKED, refusal.code
    except DomainError as refusal:
        # Recorded, not retried: the rides' own rules said no.
        state, outcome = State.PARKED, refusal.code
    except OperationalError:
        # Somebody holds the order for longer than we wait.
        state, outcome = State.WAITING, "locked"
    except DatabaseError as wrong:
        # A row that cannot be true: trying again makes it no truer.
        logger.exception("a callback does not fit the rows", extra={"cause": type(wrong).__name__})
        state, outcome = State.PARKED, "does_not_fit"
    except (Nack, KeyError, TypeError, ValueError, AttributeError) as wrong:
        # Signed, well-formed, and of a shape that nobody thought of.
        logger.exception("a callback was not understood", extra={"cause": type(wrong).__name__})
        state, outcome = State.PARKED, "not_understood"
    _mark(row, state=state, outcome=outcome, now=now)
    return row.state


def waiting_inbound_ids(*, now: datetime, limit: int = BATCH) -> list[UUID]:
    """Return messages that wait although their time has come, the longest first."""
    due = InboundMessage.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    return list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


@transaction.atomic(durable=True)
def replay_inbound(*, message_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Have a message handled once more; what it did before is not done twice.

    Raises:
        InboundMessageNotFound: there is none, it was refused, or its bytes were removed
    """
    row = (
        InboundMessage.objects.select_for_update(no_key=True)
        .filter(pk=message_id, transaction__isnull=False, raw__blank=False)
        .exclude(state=State.REFUSED)
        .first()
    )
    if row is None:
        raise InboundMessageNotFound
    before = row.state
    row.state, row.handled_at, row.attempts, row.next_attempt_at = State.WAITING, None, 0, now
    row.save(update_fields=["state", "handled_at", "attempts", "next_attempt_at"])
    accounts.record(
        action="inbound-message.replayed",
        object_type="inbound-message",
        object_id=str(message_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": before},
        after={"state": row.state},
    )


def purge_inbound(*, now: datetime, limit: int = 1_000) -> int:
    """Empty the bytes of messages whose time is over; return how many. Evidence of them stays."""
    emptied = 0
    catalogues = InboundMessage.objects.filter(
        action="on_search", received_at__lt=now - KEEP_CATALOGUES
    )
    for old in (catalogues, InboundMessage.objects.filter(received_at__lt=now - KEEP_RAW)):
        ids = list(
            old.filter(raw__blank=False)
            .exclude(state=State.WAITING)
            .order_by("received_at")
            .values_list("pk", flat=True)[:limit]
        )
        emptied += InboundMessage.objects.filter(pk__in=ids).update(raw="")
    return emptied


def handling_of(row: InboundMessage, *, now: datetime) -> Handling:
    """Return what a handler is given of a message."""
    body = read_json(row.raw.encode(), most_keys=MOST_KEYS)
    context = at(body, "context")
    return Handling(
        message=row,
        body=body,
        sent_at=moment(context, "timestamp") or row.received_at,
        sender_uri=exact(context, "bpp_uri", most=500),
        now=now,
    )


def _handle(row: InboundMessage, *, now: datetime) -> tuple[str, str]:
    handling = handling_of(row, now=now)
    outcome = HANDLERS[row.action](handling)
    known = [*row.deviations, *handling.deviations]
    row.deviations = list(dict.fromkeys(one[:120] for one in known))
    return State(outcome.value), ""


def _mark(row: InboundMessage, *, state: str, outcome: str, now: datetime) -> None:
    if state == State.WAITING and row.attempts >= ATTEMPTS_MAX:
        state = State.PARKED
    row.state, row.outcome = state, outcome
    row.handled_at = now if state in {State.DONE, State.IGNORED} else None
    row.next_attempt_at = now + min(timedelta(seconds=2**row.attempts), LONGEST_PAUSE)
    row.save(
        update_fields=[
            "state", "outcome", "handled_at", "attempts", "next_attempt_at", "deviations",
        ]
    )  # fmt: skip
