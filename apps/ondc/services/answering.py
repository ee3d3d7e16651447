"""
Answers to searches are acted on together: twenty sellers answer one search within a second.

One transaction claims them, writes all sellers and all offers, and marks the messages; what it does, it does
for each as `process_inbound` would for it alone. If one of them is odd, nothing of it stands, and each is
handled by itself, so that the odd one is parked alone.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F

from apps.ondc.beckn import Nack
from apps.ondc.handlers.outcome import Outcome
from apps.ondc.handlers.searching import take_answers
from apps.ondc.models import InboundMessage
from apps.ondc.services.processing import handling_of

logger = logging.getLogger(__name__)

# Few enough that nobody's search waits for a long transaction of others.
TOGETHER = 20
State = InboundMessage.State


def process_answers(*, message_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Act on the answers to searches among these messages; return the messages that are left."""
    left = list(message_ids)
    for start in range(0, len(message_ids), TOGETHER):
        some = message_ids[start : start + TOGETHER]
        try:
            done = _process(some, now=now) if len(some) > 1 else set()
        except (Nack, DatabaseError, LookupError, TypeError, ValueError, AttributeError) as odd:
            logger.warning("answers are taken one by one", extra={"cause": type(odd).__name__})
            continue
        left = [one for one in left if one not in done]
    return left


@transaction.atomic(durable=True)
def _process(message_ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    rows = list(
        InboundMessage.objects.select_for_update(skip_locked=True, no_key=True)
        # A catalogue that no rider asked for is no answer of these.
        .filter(pk__in=message_ids, state=State.WAITING, action="on_search")
        .exclude(transaction=None)
        .order_by("received_at", "pk")
    )
    # One catalogue at a time is in memory.
    outcomes = take_answers(handling_of(row, now=now) for row in rows)
    for outcome in Outcome:
        ids = [row.pk for row, its in zip(rows, outcomes, strict=True) if its == outcome]
        if ids:
            InboundMessage.objects.filter(pk__in=ids).update(
                state=State(outcome.value), outcome="", handled_at=now, attempts=F("attempts") + 1
            )
    return {row.pk for row in rows}
