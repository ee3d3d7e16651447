"""
Calls about money, judged before anything is kept: what must be there, and whether we asked (ondc.md 11).

Anybody of the network may ask whether we see the same; an answer is taken only from who was asked.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.ondc import beckn
from apps.ondc.beckn import Nack, NotAuthentic, TooMany
from apps.ondc.models import Disagreement, Settlement, SettlementRequest
from apps.ondc.outgoing.settlements import ORDER_UNKNOWN
from apps.ondc.reading import Node, at, several
from apps.ondc.settlements_told import orders_seen

# The codes of this domain; what it has no code for keeps the network's common one.
INVALID_SIGNATURE, HEADER_MISSING, INVALID_SCHEMA = "70000", "70001", "70002"
# An order that we do not know waits for a person. Anybody of the network can make up numbers, so of one
# party so many are kept in a day: a day's honest mistakes, and not a desk that is buried.
MOST_UNKNOWN, UNKNOWN_WITHIN = 100, timedelta(days=1)


def check(message: Node, action: str) -> None:
    """
    Refuse what lacks the very thing it is about.

    Raises:
        Nack
    """
    if action == "on_settle":
        if not isinstance(at(message, "settlement"), dict):
            raise Nack(beckn.BREAKS_CONTRACT, "There is no settlement.", path="message.settlement")
    elif not several(message, "orders"):
        raise Nack(beckn.BREAKS_CONTRACT, "There are no orders.", path="message.orders")


def correlate(
    *, action: str, sender: str, message_id: str, transaction_text: str, now: datetime
) -> list[str]:
    """
    Return where a call strays, if it belongs to anything: a question always does.

    Raises:
        Nack: an answer to nothing that this sender was asked
    """
    if action == "recon":
        return []
    found = find_request(
        SettlementRequest.objects.all(),
        action=action.removeprefix("on_").upper(),
        party=sender,
        message_id=message_id,
        transaction_text=transaction_text,
    )
    if found is None:
        raise Nack(beckn.OUT_OF_SEQUENCE, "Nothing of ours waits for this.")
    deviations = []
    if str(found.pk) != message_id:
        deviations.append("message_id is not the question's")
    if now > found.until:
        deviations.append("later than its ttl")
    return deviations


def refuse_flood(body: Node, *, sender: str, now: datetime) -> None:
    """
    Refuse a question about yet more orders that we do not know; what we know is answered always.

    Raises:
        TooMany
    """
    if _room(sender, now=now):
        return
    numbers = [one.number for one in orders_seen(body)]
    rows = Settlement.objects.filter(bpp_id=sender, number__in=numbers)
    known = set(rows.values_list("number", flat=True))
    if any(number not in known for number in kept_unknown(numbers, sender=sender, now=now)[1]):
        raise TooMany(ORDER_UNKNOWN, "Too many orders today that are not known here.")


def kept_unknown(
    numbers: Iterable[str], *, sender: str, now: datetime
) -> tuple[frozenset[str], list[str]]:
    """
    Return which numbers of unknown orders are kept for a person, and those that are one too many.

    What is open already takes no room. Two questions at once may each use the room that is left: there are
    then so many more, and still not without end.
    """
    wanted = list(numbers)
    open_ones = Disagreement.objects.filter(
        party=sender,
        number__in=wanted,
        kind=Disagreement.Kind.UNKNOWN_ORDER,
        decided_at__isnull=True,
    )
    already = set(open_ones.values_list("number", flat=True))
    fresh = [number for number in wanted if number not in already]
    room = _room(sender, now=now)
    return frozenset(already | set(fresh[:room])), fresh[room:]


def _room(sender: str, *, now: datetime) -> int:
    opened = Disagreement.objects.filter(
        party=sender,
        kind=Disagreement.Kind.UNKNOWN_ORDER,
        opened_at__gt=now - UNKNOWN_WITHIN,
    )
    return max(MOST_UNKNOWN - opened.count(), 0)


def find_request(
    rows: QuerySet[SettlementRequest],
    *,
    action: str,
    party: str,
    message_id: str,
    transaction_text: str,
) -> SettlementRequest | None:
    """Return the request that a message answers: by its message id, else by its transaction."""
    asked = rows.filter(action=action, party=party)
    message, transaction = _uuid(message_id), _uuid(transaction_text)
    found = asked.filter(pk=message).first() if message else None
    if found is None and transaction is not None:
        found = asked.filter(transaction_id=transaction).first()
    return found


def in_own_code(nack: Nack) -> Nack:
    """Return a refusal with the code that this domain has for it."""
    if isinstance(nack, NotAuthentic):
        nack.code = HEADER_MISSING if nack.step == "header" else INVALID_SIGNATURE
    elif nack.code == beckn.BREAKS_CONTRACT:
        nack.code = INVALID_SCHEMA
    return nack


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
