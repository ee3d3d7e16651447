"""
Every message of a journey in the order of time: what was said, by whom, what came of it, and what proves it.

What proves it is what both sides of a dispute can compute again: the digest of the bytes, whose key, the text
that was signed, and whether the signature holds over the bytes that are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.ondc import signing
from apps.ondc.models import InboundMessage, OutboundMessage, Participant
from apps.ondc.network import NotConfigured, network

HOLDS = "holds over the bytes that are kept"
GONE = "held when it came; the bytes were removed since, the digest stays"
UNSENT = "was not sent yet"
UNLISTED = "cannot be held against a key: it is not listed any more"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves one message; `signed` is the text to the space, as far as the header can be read."""

    digest: str
    key_id: str
    signed: str
    signature: str
    verdict: str

    @property
    def is_good(self) -> bool:
        return self.verdict in {HOLDS, GONE, UNSENT}


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `model` and `id` find its own page."""

    at: datetime
    is_ours: bool
    action: str
    party: str
    message_id: str
    verdict: str
    answer: str
    evidence: Evidence
    notes: tuple[str, ...]
    model: str
    id: UUID


def timeline(*, transaction_id: UUID) -> list[Said]:
    """Return what was said in a journey, the oldest first; the bytes themselves are not shown."""
    return sorted([*_ours(transaction_id), *_theirs(transaction_id)], key=lambda said: said.at)


def signed_text(message: InboundMessage | OutboundMessage) -> str:
    """Return what the sender signed, to the space, as the header and the digest tell it."""
    try:
        header = signing.parse_header(message.header)
    except signing.NotVerified as wrong:
        return str(wrong)
    return _signed(header, message.digest)


def evidence_of(message: InboundMessage | OutboundMessage) -> Evidence:
    """Return what proves a message: of ours by our own keys, of others by the registry's."""
    raw, keys = _held(message)
    if not message.header:
        return Evidence(message.digest, "", "", "", UNSENT)
    try:
        header = signing.parse_header(message.header)
    except signing.NotVerified as wrong:
        return Evidence(message.digest, "", "", "", str(wrong))
    return Evidence(
        digest=message.digest,
        key_id=f"{header.subscriber_id}|{header.unique_key_id}|{signing.ALGORITHM}",
        signed=_signed(header, message.digest),
        signature=message.header.rpartition('signature="')[2].rstrip('"'),
        verdict=_verdict(raw, header, message.digest, keys),
    )


def _held(message: InboundMessage | OutboundMessage) -> tuple[str, dict[str, str]]:
    """Return the kept bytes, and the sender's public keys by their ids."""
    if isinstance(message, InboundMessage):
        listed = Participant.objects.filter(subscriber_id=message.sender)
        return message.raw, dict(listed.values_list("unique_key_id", "signing_public_key"))
    try:
        ours = network().keys
    except NotConfigured:
        ours = ()
    public = {name: signing.published(signing.public_of(seed)) for name, seed in ours}
    return message.body, public


def _verdict(raw: str, header: signing.Header, digest: str, keys: dict[str, str]) -> str:
    if not raw:
        return GONE
    if signing.digest(raw.encode()) != digest:
        return "does not hold: the kept bytes have another digest"
    public = keys.get(header.unique_key_id)
    if not public:
        return UNLISTED
    try:
        # As of when it was made: what ran out since was good then.
        signing.verify(
            raw.encode(), header, public_key=signing.signing_public(public), now=header.created
        )
    except (signing.NotVerified, signing.KeyInvalid) as wrong:
        return f"does not hold: {wrong}"
    return HOLDS


def _signed(header: signing.Header, digest: str) -> str:
    return f"(created): {header.created}\n(expires): {header.expires}\ndigest: BLAKE-512={digest}"


def _ours(transaction_id: UUID) -> Iterator[Said]:
    rows = OutboundMessage.objects.filter(question__transaction_id=transaction_id)
    for row in rows.select_related("question"):
        status = f"HTTP {row.http_status}" if row.http_status else "no answer"
        yield Said(
            at=row.said_at,
            is_ours=True,
            action=row.action,
            party=row.party,
            message_id=str(row.question.message_id),
            verdict=f"{row.state} {row.error_code}".strip(),
            answer=f"{status}, sent {row.attempts} times",
            evidence=evidence_of(row),
            notes=(row.error_text,) if row.error_text else (),
            model="outboundmessage",
            id=row.pk,
        )


def _theirs(transaction_id: UUID) -> Iterator[Said]:
    for row in InboundMessage.objects.filter(transaction_id=transaction_id):
        refused = row.state == InboundMessage.State.REFUSED
        yield Said(
            at=row.received_at,
            is_ours=False,
            action=row.action,
            party=row.sender,
            message_id=row.message_id,
            verdict=f"{row.state} {row.outcome}".strip(),
            answer=f"we answered {'NACK ' + row.outcome if refused else 'ACK'}",
            evidence=evidence_of(row),
            notes=tuple(row.deviations),
            model="inboundmessage",
            id=row.pk,
        )
