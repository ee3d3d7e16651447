"""Every message of a journey in the order of time: what was said, by whom, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.ondc import signing
from apps.ondc.models import InboundMessage, OutboundMessage


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `model` and `id` find its own page."""

    at: datetime
    is_ours: bool
    action: str
    party: str
    message_id: str
    verdict: str
    digest: str
    notes: tuple[str, ...]
    model: str
    id: UUID


def timeline(*, transaction_id: UUID) -> list[Said]:
    """Return what was said in a journey, the oldest first; the bytes stay sealed."""
    return sorted([*_ours(transaction_id), *_theirs(transaction_id)], key=lambda said: said.at)


def signed_text(message: InboundMessage) -> str:
    """Return what the sender signed, to the space, as the header and the digest tell it."""
    try:
        header = signing.parse_header(message.header)
    except signing.NotVerified as wrong:
        return str(wrong)
    return (
        f"(created): {header.created}\n(expires): {header.expires}\n"
        f"digest: BLAKE-512={message.digest}"
    )


def _ours(transaction_id: UUID) -> Iterator[Said]:
    rows = OutboundMessage.objects.filter(question__transaction_id=transaction_id)
    for row in rows.defer("body").select_related("question"):
        yield Said(
            at=row.said_at,
            is_ours=True,
            action=row.action,
            party=row.party,
            message_id=str(row.question.message_id),
            verdict=f"{row.state} {row.error_code}".strip(),
            digest=row.digest,
            notes=(row.error_text,) if row.error_text else (),
            model="outboundmessage",
            id=row.pk,
        )


def _theirs(transaction_id: UUID) -> Iterator[Said]:
    for row in InboundMessage.objects.filter(transaction_id=transaction_id).defer("raw"):
        yield Said(
            at=row.received_at,
            is_ours=False,
            action=row.action,
            party=row.sender,
            message_id=row.message_id,
            verdict=f"{row.state} {row.outcome}".strip(),
            digest=row.digest,
            notes=tuple(row.deviations),
            model="inboundmessage",
            id=row.pk,
        )
