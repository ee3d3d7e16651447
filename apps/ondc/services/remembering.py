"""
What rides cost of late: the offers of searches that closed just now, without the riders who asked (decisions/0046).

It may run twice over the same searches, and not at all: the next search costs its rider the time until sellers answer.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Min

from apps.ondc import documents
from apps.ondc.documents import PriceDocument, key
from apps.ondc.models import Offer, Transaction
from apps.ondc.outgoing import rides
from apps.ondc.squares import square
from uma.kernel.geo import Point

# Looked at every minute; one that was missed twice is found still.
LOOK_BACK = timedelta(minutes=3)
# Drivers and traffic change: a fare of half an hour ago says little.
LIFE = timedelta(minutes=20)


def remember_prices(*, now: datetime, limit: int = 1_000) -> int:
    """
    Keep what plain trips cost in searches that closed of late; return how many prices. Call it outside a transaction.

    Raises:
        DocumentsAway
    """
    closed = Transaction.objects.filter(
        domain=rides.DOMAIN,
        closes_at__lte=now,
        closes_at__gt=now - LOOK_BACK,
        is_rental=False,
        scheduled_at=None,
    )
    journeys = {
        one.pk: one
        for one in closed.order_by("closes_at")[:limit]
        if one.pickup and one.drop and not one.via
    }
    rows = [row for row in _prices(journeys) if row["expires_at"] > now]
    # The newest of one way is the one that stands: they are written in the order of time.
    documents.remember_prices(sorted(rows, key=lambda row: row["told_at"]))
    return len(rows)


def _prices(journeys: dict[UUID, Transaction]) -> Iterator[PriceDocument]:
    found = (
        Offer.objects.filter(transaction__in=list(journeys))
        .values("transaction_id", "bpp_id", "vehicle_category")
        .annotate(
            lowest=Min("price_paise"),
            highest=Max("price_paise"),
            name=Max("provider_name"),
            told_at=Max("offered_at"),
        )
    )
    for row in found:
        journey = journeys[row["transaction_id"]]
        start, end = square(Point.parse(journey.pickup)), square(Point.parse(journey.drop))
        bpp_id, category = row["bpp_id"], row["vehicle_category"]
        yield {
            "_id": key(journey.city, bpp_id, category, start, end),
            "city": journey.city,
            "bpp_id": bpp_id,
            "start": start,
            "end": end,
            "category": category,
            "provider": row["name"] or bpp_id,
            "lowest_paise": row["lowest"],
            "highest_paise": row["highest"],
            "told_at": row["told_at"],
            "expires_at": row["told_at"] + LIFE,
        }
