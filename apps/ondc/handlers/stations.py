"""Sellers of tickets name their stops: kept for the whole city, each told anew when it is told again."""

from hashlib import sha256

from apps.ondc.handlers.outcome import Handling, Outcome
from apps.ondc.messages import error_of
from apps.ondc.models import Station, Transaction
from apps.ondc.reading import at, text
from apps.ondc.tickets_told import Station as StationTold
from apps.ondc.tickets_told import stations_of

_TOLD_ANEW = [
    "bpp_uri", "seller_name", "number", "name", "latitude", "longitude", "told_at", "zone_code",
]  # fmt: skip


def keep_stations(handling: Handling, journey: Transaction) -> Outcome:
    """Take the stops of a catalogue; one that names none changes nothing."""
    if error_of(handling.body):
        return Outcome.IGNORED
    rows: dict[str, Station] = {}
    for number, told in enumerate(stations_of(handling.body)):
        row = _row(handling, journey, told, number=number)
        rows[row.key] = row
    # In the order of the keys, so that two answers never wait for each other in a circle.
    Station.objects.bulk_create(
        [rows[key] for key in sorted(rows)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=_TOLD_ANEW,
    )
    return Outcome.DONE if rows else Outcome.IGNORED


def _row(handling: Handling, journey: Transaction, told: StationTold, *, number: int) -> Station:
    message = handling.message
    parts = (
        message.sender, message.version, journey.city, told.provider_id, told.mode, told.line,
        told.code,
    )  # fmt: skip
    return Station(
        key=sha256("\x00".join(parts).encode()).hexdigest(),
        city=journey.city,
        zone_code=journey.zone_code,
        mode=told.mode,
        bpp_id=message.sender,
        bpp_uri=handling.sender_uri,
        version=message.version,
        seller_name=text(at(handling.body, "message", "catalog"), "descriptor", "name", most=120),
        provider_id=told.provider_id,
        line=told.line,
        number=number,
        code=told.code,
        name=told.name,
        latitude=told.place.latitude if told.place else None,
        longitude=told.place.longitude if told.place else None,
        told_at=handling.now,
    )
