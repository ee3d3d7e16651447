"""
The log of one journey as the network's reviewers ask for it: a file for each message, without the people in it.

In the order of time, with the answer that each message got at once; an index tells digest, key, what was
signed, the signature and whether it holds. The files are without people, so their digests are others: what
proves a message is in the index, and whoever has the bytes can hold them against it.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.ondc.models import InboundMessage, OutboundMessage
from apps.ondc.redacting import redacted
from apps.ondc.timeline import evidence_of

# A journey of some hours has some hundreds; a seller who never stops must not fill a reviewer's disk.
MOST_MESSAGES = 2_000
# The archive of the same messages is the same bytes, whenever it is made.
_MADE_AT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: `raw` is empty when its time was over and only the evidence was kept."""

    at: datetime
    action: str
    raw: str
    facts: dict[str, object]


def bundle(*, transaction_id: UUID) -> bytes | None:
    """Return the journey's log as a ZIP archive, None when nothing was said in it."""
    entries = sorted(_entries(transaction_id), key=lambda entry: entry.at)[:MOST_MESSAGES]
    if not entries:
        return None
    packed = io.BytesIO()
    index: list[dict[str, object]] = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, entry in enumerate(entries, start=1):
            name = f"{number:04}_{entry.action}.json"
            index.append({"file": name if entry.raw else None, **entry.facts})
            if entry.raw:
                _add(archive, name, redacted(json.loads(entry.raw)))
        _add(archive, "index.json", {"transaction_id": str(transaction_id), "messages": index})
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, document: object) -> None:
    member = zipfile.ZipInfo(name, _MADE_AT)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, json.dumps(document, ensure_ascii=False, indent=2))


def _entries(transaction_id: UUID) -> Iterator[Entry]:
    ours = OutboundMessage.objects.filter(question__transaction_id=transaction_id)
    for row in ours.select_related("question").order_by("said_at")[:MOST_MESSAGES]:
        facts: dict[str, object] = {
            "at": row.said_at.isoformat(timespec="milliseconds"),
            "from": "us",
            "to": row.party,
            "action": row.action,
            "message_id": str(row.question.message_id),
            **_proof(row),
            "attempts": row.attempts,
            "answer": {"state": row.state, "http_status": row.http_status, "code": row.error_code},
        }
        yield Entry(row.said_at, row.action, row.body, facts)
    theirs = InboundMessage.objects.filter(transaction_id=transaction_id)
    for told in theirs.order_by("received_at")[:MOST_MESSAGES]:
        is_refused = told.state == InboundMessage.State.REFUSED
        facts = {
            "at": told.received_at.isoformat(timespec="milliseconds"),
            "from": told.sender,
            "to": "us",
            "action": told.action,
            "message_id": told.message_id,
            **_proof(told),
            "answer": {"ack": "NACK", "code": told.outcome} if is_refused else {"ack": "ACK"},
            "handled": {"state": told.state, "outcome": told.outcome},
            "deviations": list(told.deviations),
        }
        yield Entry(told.received_at, told.action, told.raw, facts)


def _proof(message: InboundMessage | OutboundMessage) -> dict[str, str]:
    found = evidence_of(message)
    return {
        "digest": found.digest,
        "key": found.key_id,
        "signed": found.signed,
        "signature": found.signature,
        "verdict": found.verdict,
    }
