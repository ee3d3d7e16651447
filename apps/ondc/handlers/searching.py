"""Sellers answer a search: each offer a row, each seller's answer a row, no row that all wait for."""

from collections.abc import Iterable
from uuid import UUID

from apps.ondc.handlers.cataloguing import on_catalogue
from apps.ondc.handlers.outcome import Handling, Outcome
from apps.ondc.handlers.stations import keep_stations
from apps.ondc.messages import OfferTold, error_of, offers_of
from apps.ondc.models import Offer, SearchAnswer, Transaction
from apps.ondc.outgoing.profiles import TRANSIT
from apps.ondc.reading import at, text

_NO_TICKETS = frozenset({"PASS", "ONLINE", "AGENT_TICKETING"})
_TOLD_ANEW = [
    "bpp_uri", "provider_name", "item_name", "item_code", "fulfillment_type", "vehicle_category",
    "vehicle_variant", "woman_driver", "price_paise", "price_text", "minimum_paise", "maximum_paise",
    "pickup_minutes", "least_count", "most_count", "offered_at", "valid_until",
]  # fmt: skip

# Offers in one statement: beyond it the text of it costs more than the trip.
MOST_TOGETHER = 1_000


def on_search(handling: Handling) -> Outcome:
    """Take a seller's catalogue; one that comes when the list is closed is counted and not shown."""
    if handling.message.transaction_id is None:
        return on_catalogue(handling)
    (outcome,) = take_answers([handling])
    return outcome


def take_answers(answers: Iterable[Handling]) -> list[Outcome]:
    """
    Take many catalogues with as many statements as one; return what became of each, in their order.

    Of one offer that several of them tell, the last telling counts.
    """
    outcomes: list[Outcome] = []
    sellers: dict[tuple[UUID, str], SearchAnswer] = {}
    offers: dict[tuple[UUID, str], Offer] = {}
    asked = _Asked()
    for handling in answers:
        row, journey_id = handling.message, handling.transaction_id
        journey = asked.of(journey_id)
        is_late = row.received_at > journey.closes_at
        is_of_tickets = journey.domain == TRANSIT
        sellers.setdefault((journey_id, row.sender), _answer(handling, is_late=is_late))
        if is_of_tickets and not hasattr(journey, "ticket_trip"):
            # Nobody waits for the stations of a city in particular: also a late list is a good one.
            outcomes.append(keep_stations(handling, journey))
            continue
        outcomes.append(Outcome.IGNORED if is_late else Outcome.DONE)
        if not is_late:
            # The same offer twice would be one row written twice by one statement.
            for told in offers_of(handling.body):
                if is_of_tickets and _is_no_ticket(told):
                    continue
                key = told.key(row.sender, row.version)
                offers[journey_id, key] = _offer(handling, key, told)
    # No lock on the journey: twenty sellers answer it at once. First come, first written; in one order
    # everywhere, so that two workers never wait for each other in a circle.
    SearchAnswer.objects.bulk_create(
        [sellers[one] for one in sorted(sellers)], ignore_conflicts=True
    )
    # Told again, an offer is told anew.
    Offer.objects.bulk_create(
        [offers[one] for one in sorted(offers)],
        update_conflicts=True,
        unique_fields=["transaction", "key"],
        update_fields=_TOLD_ANEW,
        batch_size=MOST_TOGETHER,
    )
    return outcomes


class _Asked:
    """The journeys that are answered; each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[UUID, Transaction] = {}

    def of(self, journey_id: UUID) -> Transaction:
        if journey_id not in self._known:
            # Its places are nobody's business here.
            rows = Transaction.objects.select_related("ticket_trip")
            self._known[journey_id] = rows.get(pk=journey_id)
        return self._known[journey_id]


def _is_no_ticket(told: OfferTold) -> bool:
    """Say whether something is sold that needs more than a choice: a pass, a card."""
    return told.fulfillment_type in _NO_TICKETS or told.item_code in _NO_TICKETS


def _answer(handling: Handling, *, is_late: bool) -> SearchAnswer:
    row = handling.message
    return SearchAnswer(
        transaction_id=handling.transaction_id,
        bpp_id=row.sender,
        name=text(at(handling.body, "message", "catalog"), "descriptor", "name", most=120),
        answered_at=row.received_at,
        is_late=is_late,
        error_code=error_of(handling.body),
    )


def _offer(handling: Handling, key: str, told: OfferTold) -> Offer:
    row, now = handling.message, handling.now
    return Offer(
        transaction_id=handling.transaction_id,
        key=key,
        bpp_id=row.sender,
        bpp_uri=handling.sender_uri,
        version=row.version,
        provider_id=told.provider_id,
        item_id=told.item_id,
        fulfillment_id=told.fulfillment_id,
        provider_name=told.provider_name,
        item_name=told.item_name,
        item_code=told.item_code,
        fulfillment_type=told.fulfillment_type,
        vehicle_category=told.vehicle_category,
        vehicle_variant=told.vehicle_variant,
        woman_driver=told.woman_driver,
        price_paise=told.price_paise,
        price_text=told.price_text,
        minimum_paise=told.minimum_paise,
        maximum_paise=told.maximum_paise,
        pickup_minutes=told.pickup_minutes,
        least_count=told.least_count,
        most_count=told.most_count,
        offered_at=now,
        valid_until=now + told.life,
    )
