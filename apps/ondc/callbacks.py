"""
Is this callback genuine, whole, and an answer to anything of ours? Judged before anything is kept.

In this order: the header, whose key, the signature over the bytes as they came, only then JSON; who
signs is who speaks; what must be there; and to which question or order it belongs (ondc.md 4.5, 8).
Rules that a ride can do without are not held against a seller: they are noted.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from apps.ondc import beckn, money_calls, signing
from apps.ondc.beckn import Nack, NotAuthentic
from apps.ondc.messages import QuoteTold, quote_of
from apps.ondc.models import CatalogueRefresh, Question, RideOrder, Transaction
from apps.ondc.reading import Node, at, exact, moment, span, text
from apps.ondc.registry import Record
from apps.ondc.signing import Header, NotVerified
from apps.ondc.trust import Keyring

# How old a message may say it is: sellers repeat what we missed, and some repeat our own timestamp.
OLDEST, OLDEST_EVER = timedelta(hours=1), timedelta(days=1)
AHEAD = timedelta(minutes=10)
# A quote or terms so long after the question find nobody who waits.
CLOSED_AFTER = timedelta(minutes=10)
SEARCH_CLOSED_AFTER = timedelta(hours=1)
UNASKED = frozenset({"on_status", "on_update", "on_cancel", "on_track", "on_issue"})
# Between the two sides of money: either may ask, in either slot of the context (ondc.md 11).
ABOUT_MONEY = frozenset({"recon", "on_recon", "on_settle"})
ABOUT_AN_ISSUE = frozenset({"on_issue", "on_issue_status"})
# Where money is decided, a price must be there to be read.
PRICED = frozenset({"on_select", "on_init"})
ABOUT_AN_ORDER = frozenset(
    {"on_select", "on_init", "on_confirm", "on_status", "on_update", "on_cancel"}
)
NAMED = frozenset({"on_confirm", "on_status", "on_update", "on_cancel"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the context says, its ids as they came."""

    action: str
    sender: str
    sender_uri: str
    domain: str
    version: str
    transaction_text: str
    message_id: str
    sent_at: datetime
    ttl: timedelta


@dataclass(slots=True)
class Match:
    """To what of ours a callback belongs; with no question it came unasked, with no journey it is a catalogue."""

    transaction_id: UUID | None
    question: Question | None = None
    deviations: list[str] = field(default_factory=list)


def authenticate(header: str, *, keyring: Keyring, now: datetime) -> tuple[Header, Record]:
    """
    Return what the header says and the good key it names; the body is not looked at yet.

    Raises:
        NotAuthentic
    """
    if not header:
        raise NotAuthentic("header", "There is no Authorization header.")
    try:
        said = signing.parse_header(header)
        signing.check_times(said, now=int(now.timestamp()))
    except NotVerified as wrong:
        raise NotAuthentic(wrong.step, str(wrong)) from None
    record = keyring.find(
        subscriber_id=said.subscriber_id, unique_key_id=said.unique_key_id, now=now
    )
    # A gateway's or another buyer's good key is no seller's.
    if record is None or record.kind != "BPP":
        raise NotAuthentic("key", "The registry lists no such key of a seller.")
    return said, record


def check_signature(
    raw: bytes, said: Header, record: Record, *, keyring: Keyring, now: datetime
) -> None:
    """
    Hold the bytes against the key; one that does not fit is looked up anew once.

    Raises:
        NotAuthentic
    """
    if _fits(raw, said, record, now=now):
        return
    anew = keyring.find(
        subscriber_id=said.subscriber_id, unique_key_id=said.unique_key_id, now=now, anew=True
    )
    if (
        anew is None
        or anew.signing_public_key == record.signing_public_key
        or anew.kind != "BPP"
        or not _fits(raw, said, anew, now=now)
    ):
        raise NotAuthentic("signature", "The signature does not fit the body.")


def check_gateway(raw: bytes, header: str, *, keyring: Keyring, now: datetime) -> None:
    """
    Hold a gateway's own signature to the same rules; it never stands in for the sender's.

    Raises:
        NotAuthentic
    """
    try:
        said = signing.parse_header(header)
    except NotVerified as wrong:
        raise NotAuthentic("gateway", str(wrong)) from None
    record = keyring.find(
        subscriber_id=said.subscriber_id, unique_key_id=said.unique_key_id, now=now
    )
    if record is None or record.kind != "BG" or not _fits(raw, said, record, now=now):
        raise NotAuthentic("gateway", "The gateway's signature does not fit.")


def _fits(raw: bytes, said: Header, record: Record, *, now: datetime) -> bool:
    try:
        public = signing.signing_public(record.signing_public_key)
        signing.verify(raw, said, public_key=public, now=int(now.timestamp()))
    except (NotVerified, signing.KeyInvalid):
        return False
    return True


def read_envelope(body: Node, *, action: str, signer: str, ours: str) -> Envelope:
    """
    Return what the context says, once its speaker is who signed.

    Raises:
        NotAuthentic: signed by another than the one who speaks, or meant for another than us
        Nack
    """
    context = at(body, "context")
    if not isinstance(context, dict):
        raise Nack(beckn.BREAKS_CONTRACT, "There is no context.", path="context")
    for name in ("domain", "action", "bap_id", "bpp_id", "transaction_id", "message_id"):
        if not exact(context, name, most=64 if name.endswith("n_id") else 255):
            raise Nack(beckn.BREAKS_CONTRACT, f"`{name}` is missing.", path=f"context.{name}")
    sellers, buyers = "bpp", "bap"
    if action in ABOUT_MONEY and exact(context, "bap_id") == signer:
        sellers, buyers = buyers, sellers
    if exact(context, f"{sellers}_id") != signer:
        raise NotAuthentic("speaker", f"The signer is not the {sellers}_id of the context.")
    if exact(context, f"{buyers}_id") != ours:
        raise NotAuthentic("addressee", f"The {buyers}_id of the context is not ours.")
    if exact(context, "action") != action:
        raise Nack(
            beckn.BREAKS_CONTRACT, "The action is not that of the path.", path="context.action"
        )
    sent_at = moment(context, "timestamp")
    if sent_at is None:
        raise Nack(beckn.BREAKS_CONTRACT, "`timestamp` is no moment.", path="context.timestamp")
    message_id = exact(context, "message_id", most=64)
    if not message_id:
        raise Nack(beckn.BREAKS_CONTRACT, "`message_id` is too long.", path="context.message_id")
    return Envelope(
        action=action,
        sender=signer,
        sender_uri=exact(context, f"{sellers}_uri", most=500),
        domain=text(context, "domain", most=16),
        version=text(context, "version", most=16) or text(context, "core_version", most=16),
        transaction_text=exact(context, "transaction_id", most=64),
        message_id=message_id,
        sent_at=sent_at,
        ttl=span(context, "ttl") or timedelta(seconds=30),
    )


def check_message(body: Node, envelope: Envelope, *, now: datetime) -> None:
    """
    Refuse what is too old, and what lacks what a ride cannot do without.

    Raises:
        Nack
    """
    if envelope.sent_at < now - min(max(envelope.ttl, OLDEST), OLDEST_EVER):
        raise Nack(beckn.STALE, "The message is stale.", path="context.timestamp")
    if envelope.sent_at > now + AHEAD:
        raise Nack(beckn.STALE, "The message is from the future.", path="context.timestamp")
    if isinstance(at(body, "error"), dict):
        return
    message = at(body, "message")
    if not isinstance(message, dict):
        raise Nack(beckn.BREAKS_CONTRACT, "There is no message.", path="message")
    if envelope.action == "on_search":
        if not isinstance(at(message, "catalog"), dict):
            raise Nack(beckn.BREAKS_CONTRACT, "There is no catalogue.", path="message.catalog")
        return
    if envelope.action in ABOUT_MONEY:
        money_calls.check(message, envelope.action)
        return
    if envelope.action in ABOUT_AN_ISSUE and not exact(message, "issue", "id", most=64):
        raise Nack(beckn.BREAKS_CONTRACT, "The issue has no id.", path="message.issue.id")
    if envelope.action in ABOUT_AN_ORDER:
        _check_order(message, envelope)


def _check_order(message: Node, envelope: Envelope) -> None:
    order = at(message, "order")
    if not isinstance(order, dict):
        raise Nack(beckn.BREAKS_CONTRACT, "There is no order.", path="message.order")
    if envelope.action in NAMED and not exact(order, "id", most=128):
        raise Nack(beckn.BREAKS_CONTRACT, "The order has no id.", path="message.order.id")
    _check_quote(order, envelope.action)


def _check_quote(order: Node, action: str) -> None:
    path = "message.order.quote"
    told: QuoteTold | None = quote_of(order)
    if told is None and (action in PRICED or at(order, "quote") is not None):
        raise Nack(beckn.BREAKS_CONTRACT, "The quote has no price that can be read.", path=path)
    if told is None:
        return
    if told.price_paise < 0:
        raise Nack(beckn.QUOTE_INVALID, "The price is negative.", path=f"{path}.price")
    # After the confirmation the order stands, whatever its sums; then it is noted.
    if action in PRICED and not told.adds_up:
        raise Nack(beckn.QUOTE_INVALID, "The lines do not add up to the price.", path=path)


def correlate(envelope: Envelope, *, now: datetime, order_id: str) -> Match:
    """
    Return to what of ours a callback belongs: its question, or the order it is about.

    Raises:
        Nack: to nothing, to somebody else's, or to something over long ago
    """
    if envelope.action in ABOUT_MONEY:
        strays = money_calls.correlate(
            action=envelope.action,
            sender=envelope.sender,
            message_id=envelope.message_id,
            transaction_text=envelope.transaction_text,
            now=now,
        )
        return Match(None, deviations=strays)
    asked = envelope.action.removeprefix("on_")
    message_id, transaction_id = uuid_of(envelope.message_id), uuid_of(envelope.transaction_text)
    question = _question(message_id, asked) if message_id else None
    if question is not None:
        # Whoever did not get the question cannot answer it.
        if question.bpp_id not in ("", envelope.sender):
            raise Nack(beckn.OUT_OF_SEQUENCE, "This was not asked of you.")
        return _answer(question, envelope, now=now)
    if envelope.action == "on_search":
        return _catalogue(envelope, message_id, transaction_id, now=now)
    order = _order(envelope, order_id, transaction_id)
    if envelope.action in UNASKED and order is not None:
        if order.stage in {"SELECTED", "QUOTED", "READY"}:
            raise Nack(beckn.IMPOSSIBLE_STATE, "The order is not confirmed.")
        return Match(order.transaction_id)
    if transaction_id is not None:
        return _loosely(envelope, asked, transaction_id, now=now)
    raise Nack(beckn.OUT_OF_SEQUENCE, "Nothing of ours waits for this.")


# Searches that were answered already, by message id: twenty sellers answer one. What is read of a
# question is never changed (who was asked, until when), so every process may know it by heart.
_SEARCHES: dict[UUID, Question] = {}
MOST_SEARCHES = 2_000


def _question(message_id: UUID, asked: str) -> Question | None:
    if asked == "search" and (known := _SEARCHES.get(message_id)) is not None:
        return known
    found = Question.objects.filter(message_id=message_id, action=asked).first()
    if found is not None and asked == "search":
        if len(_SEARCHES) >= MOST_SEARCHES:
            _SEARCHES.clear()
        _SEARCHES[message_id] = found
    return found


def _answer(question: Question, envelope: Envelope, *, now: datetime) -> Match:
    deviations = []
    if str(question.transaction_id) != envelope.transaction_text:
        deviations.append("transaction_id is not the question's")
    late = now - question.until
    closed = SEARCH_CLOSED_AFTER if question.action == "search" else CLOSED_AFTER
    if question.action in {"search", "select", "init"} and late > closed:
        raise Nack(beckn.TOO_LATE, "The journey is closed.")
    if late > timedelta(0):
        deviations.append("later than its ttl")
    return Match(question.transaction_id, question, deviations)


def _catalogue(
    envelope: Envelope, message_id: UUID | None, transaction_id: UUID | None, *, now: datetime
) -> Match:
    """Take the answer to a question that no rider asked: what is sold in a city."""
    refresh = find_refresh(message_id=message_id, transaction_id=transaction_id)
    if refresh is None:
        raise Nack(beckn.OUT_OF_SEQUENCE, "Nothing of ours waits for this.")
    if now - refresh.until > SEARCH_CLOSED_AFTER:
        raise Nack(beckn.TOO_LATE, "The question is closed.")
    deviations = [
        sentence
        for sentence, strays in (
            ("message_id is not the question's", refresh.message_id != message_id),
            ("transaction_id is not the question's", refresh.pk != transaction_id),
            ("domain is not the question's", refresh.domain != envelope.domain),
            ("later than its ttl", now > refresh.until),
        )
        if strays
    ]
    return Match(None, None, deviations)


def find_refresh(
    *, message_id: UUID | None, transaction_id: UUID | None
) -> CatalogueRefresh | None:
    """Return the question about a catalogue that a callback answers, by either of its ids."""
    rows = CatalogueRefresh.objects.defer("body")
    found = rows.filter(message_id=message_id).first() if message_id else None
    return found or (rows.filter(pk=transaction_id).first() if transaction_id else None)


def _loosely(envelope: Envelope, asked: str, transaction_id: UUID, *, now: datetime) -> Match:
    """Take the answer to something we did ask this seller, under a message id of its own."""
    question = (
        Question.objects.filter(transaction_id=transaction_id, bpp_id=envelope.sender, action=asked)
        .order_by("-asked_at")
        .first()
    )
    if question is None:
        if Transaction.objects.filter(pk=transaction_id).exists():
            raise Nack(beckn.OUT_OF_SEQUENCE, "That was not asked of you in this journey.")
        raise Nack(beckn.OUT_OF_SEQUENCE, "Nothing of ours waits for this.")
    match = _answer(question, envelope, now=now)
    match.deviations.append("message_id is not the question's")
    return match


def _order(envelope: Envelope, order_id: str, transaction_id: UUID | None) -> RideOrder | None:
    ours = RideOrder.objects.filter(bpp_id=envelope.sender)
    found = ours.filter(number=order_id).first() if order_id else None
    if found is None and transaction_id is not None:
        found = ours.filter(transaction_id=transaction_id).first()
        # Another number than the one we know is another order's.
        if found is not None and found.number and order_id and found.number != order_id:
            return None
    return found


def uuid_of(text_of: str) -> UUID | None:
    """Return an id of ours as it was repeated to us; what is no UUID is none of ours."""
    try:
        return UUID(text_of)
    except ValueError:
        return None
