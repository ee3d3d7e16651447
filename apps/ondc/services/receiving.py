"""
A callback whose signature held is kept, once, before it is believed.

The insert decides which of twenty equal callbacks is the first; the others are acknowledged and no more.
What is authentic and not acceptable is kept as well, with the code it was answered with: it is what the
two sides will argue about.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.ondc import signing
from apps.ondc.beckn import Nack
from apps.ondc.callbacks import Envelope, Match
from apps.ondc.models import InboundMessage
from apps.ondc.signing import Header

State = InboundMessage.State
MOST_DEVIATIONS = 20


@dataclass(frozen=True, slots=True)
class Proved:
    """The bytes of a callback as they came, and the header that they were proved by."""

    raw: bytes
    header_text: str
    header: Header


def receive(
    *, proved: Proved, envelope: Envelope, match: Match | None, refusal: Nack | None, now: datetime
) -> UUID | None:
    """Keep a callback; return its id when there is work to do about it, None when there is none."""
    assert (match is None) != (refusal is None)
    row = InboundMessage(
        sender=envelope.sender,
        unique_key_id=proved.header.unique_key_id,
        action=envelope.action,
        message_id=envelope.message_id,
        transaction_text=envelope.transaction_text,
        digest=signing.digest(proved.raw),
        header=proved.header_text,
        raw=proved.raw.decode(),
        domain=envelope.domain,
        version=envelope.version,
        transaction_id=match.transaction_id if match else None,
        question=match.question if match else None,
        state=State.WAITING if match else State.REFUSED,
        outcome=refusal.code if refusal else "",
        deviations=match.deviations[:MOST_DEVIATIONS] if match else [],
        next_attempt_at=now,
        received_at=now,
        handled_at=None if match else now,
    )
    InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
    kept = InboundMessage.objects.filter(
        sender=row.sender, action=row.action, message_id=row.message_id, digest=row.digest
    )
    (kept_id, state) = kept.values_list("pk", "state").get()
    if match is None:
        return None
    if kept_id == row.pk:
        return row.pk
    if state != State.REFUSED:
        return None
    # Refused before, acceptable now (our own question was on its way): the same bytes are taken.
    taken = kept.filter(state=State.REFUSED).update(
        state=State.WAITING,
        outcome="",
        handled_at=None,
        next_attempt_at=now,
        transaction_id=match.transaction_id,
        question=match.question,
    )
    return kept_id if taken else None
