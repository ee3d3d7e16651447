"""Sellers answer a search: each offer a row, each seller's answer a row, no row that all wait for."""

from datetime import datetime

from apps.ondc.handlers.outcome import Handling, Outcome
from apps.ondc.messages import OfferTold, error_of, offers_of
from apps.ondc.models import Offer, SearchAnswer, Transaction
from apps.ondc.reading import at, text

_TOLD_ANEW = [
    "bpp_uri", "provider_name", "item_name", "item_code", "fulfillment_type", "vehicle_category",
    "vehicle_variant", "price_paise", "price_text", "minimum_paise", "maximum_paise",
    "pickup_minutes", "offered_at", "valid_until",
]  # fmt: skip


def on_search(handling: Handling) -> Outcome:
    """Take a seller's catalogue; one that comes when the list is closed is counted and not shown."""
    row, now = handling.message, handling.now
    closes_at = Transaction.objects.values_list("closes_at", flat=True).get(
        pk=handling.transaction_id
    )
    is_late = row.received_at > closes_at
    # No lock on the journey: twenty sellers answer it at once. First come, first written.
    SearchAnswer.objects.bulk_create(
        [
            SearchAnswer(
                transaction_id=handling.transaction_id,
                bpp_id=row.sender,
                name=text(at(handling.body, "message", "catalog"), "descriptor", "name", most=120),
                answered_at=row.received_at,
                is_late=is_late,
                error_code=error_of(handling.body),
            )
        ],
        ignore_conflicts=True,
    )
    if is_late:
        return Outcome.IGNORED
    # The same offer twice in one catalogue would be one row written twice by one statement.
    offers = {told.key(row.sender, row.version): told for told in offers_of(handling.body)}
    rows = [_row(handling, key, told, now=now) for key, told in sorted(offers.items())]
    # Told again, an offer is told anew: in the order of the keys, so that two answers never wait
    # for each other in a circle.
    Offer.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["transaction", "key"],
        update_fields=_TOLD_ANEW,
    )
    return Outcome.DONE


def _row(handling: Handling, key: str, told: OfferTold, *, now: datetime) -> Offer:
    row = handling.message
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
        price_paise=told.price_paise,
        price_text=told.price_text,
        minimum_paise=told.minimum_paise,
        maximum_paise=told.maximum_paise,
        pickup_minutes=told.pickup_minutes,
        offered_at=now,
        valid_until=now + told.life,
    )
