"""
A callback whose signature held is kept, once, before it is believed.

The insert decides which of twenty equal callbacks is the first; the others are acknowledged and no more.
What is authentic and not acceptable is kept as well, with the code it was answered with: it is what the
two sides will argue about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from apps.ondc import signing
from apps.ondc.beckn import Nack
from apps.ondc.callbacks import Envelope, Match
from apps.ondc.models import InboundMessage
from apps.ondc.signing import Header
from uma.kernel.crypto.fields import options_of, sealed_fields
from uma.kernel.ids import new_id
from uma.kernel.prepared import Statement, Value, fetch_one

State = InboundMessage.State
MOST_DEVIATIONS = 20
# Between deviations on their way to PostgreSQL: they are words of ours, each on one line.
_BETWEEN = "\n"


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
    digest = signing.digest(proved.raw)
    message_id = new_id()
    (raw,) = sealed_fields(InboundMessage)
    facts: dict[str, Value] = {
        "id": message_id,
        "sender": envelope.sender,
        "unique_key_id": proved.header.unique_key_id,
        "action": envelope.action,
        "message_id": envelope.message_id,
        "transaction_text": envelope.transaction_text,
        "digest": digest,
        "header": proved.header_text,
        "raw": raw.seal(proved.raw.decode(), message_id).stored,
        "domain": envelope.domain,
        "version": envelope.version,
        "transaction_id": match.transaction_id if match else None,
        "question_id": match.question.pk if match and match.question else None,
        "state": State.WAITING if match else State.REFUSED,
        "attempts": 0,
        "next_attempt_at": now,
        "received_at": now,
        "handled_at": None if match else now,
        "outcome": refusal.code if refusal else "",
        "deviations": _BETWEEN.join(match.deviations[:MOST_DEVIATIONS] if match else []),
    }
    if fetch_one(_keep_once(tuple(facts)), list(facts.values())) is not None:
        return message_id if match else None
    return _taken_after_all(envelope, digest, match, now=now) if match else None


@cache
def _keep_once(names: Sequence[str]) -> Statement:
    """
    Return the insert that keeps a callback unless it is kept already: one trip before the ACK.

    The ORM's own is a transaction of three, with a second query to learn whether the row is new.
    """
    options = options_of(InboundMessage)
    columns = {field.attname: str(field.column) for field in options.concrete_fields}
    assert set(names) == set(columns), "each column is given"
    places = [
        f"string_to_array(${place}, E'\\n')" if name == "deviations" else f"${place}"
        for place, name in enumerate(names, start=1)
    ]
    listed = ", ".join(f'"{columns[name]}"' for name in names)
    return Statement(
        name="ondc_keep_callback",
        # Nothing of a caller's is in the text.
        text=f'INSERT INTO "{options.db_table}" ({listed}) VALUES ({", ".join(places)})'  # noqa: S608
        " ON CONFLICT ON CONSTRAINT ondc_inbound_once DO NOTHING RETURNING id",
    )


def _taken_after_all(
    envelope: Envelope, digest: str, match: Match, *, now: datetime
) -> UUID | None:
    """Take a repeat that was refused before and is acceptable now: our question was on its way."""
    kept = InboundMessage.objects.filter(
        sender=envelope.sender,
        action=envelope.action,
        message_id=envelope.message_id,
        digest=digest,
    )
    (kept_id, state) = kept.values_list("pk", "state").get()
    if state != State.REFUSED:
        return None
    taken = kept.filter(state=State.REFUSED).update(
        state=State.WAITING,
        outcome="",
        handled_at=None,
        next_attempt_at=now,
        transaction_id=match.transaction_id,
        question=match.question,
    )
    return kept_id if taken else None
