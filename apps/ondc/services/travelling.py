"""
Who sells metro and bus tickets here, and what a trip costs: two searches, the second to one seller alone.

The stations of a city are asked for once a day for everybody; a trip from stop to stop is a journey of its own.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.ondc.errors import StationNotFound, StopsNotConnected
from apps.ondc.models import OutboundMessage, Station, TicketTrip, Transaction
from apps.ondc.outgoing import transit
from apps.ondc.outgoing.context import Counterparty
from apps.ondc.outgoing.forms import Stop
from apps.ondc.outgoing.profiles import PROFILES, Terms, profile
from apps.ondc.selectors.tickets import STATIONS_FRESH_FOR, station_as_told
from apps.ondc.services.asking import ask, open_search
from apps.ondc.services.saying import say
from apps.ondc.voice import Voice
from uma.kernel.geo import Point

# Who asks while others wait for the same answer waits with them.
ASKED_LATELY = timedelta(seconds=30)


@transaction.atomic(durable=True)
def search_stations(
    *, rider_id: UUID, zone_code: str, city: str, mode: str, voice: Voice, now: datetime
) -> list[OutboundMessage]:
    """Ask everybody who sells tickets here for their stops, unless that is known or being asked already."""
    known = Station.objects.filter(city=city, mode=mode, told_at__gt=now - STATIONS_FRESH_FOR)
    asked = Transaction.objects.filter(
        domain=transit.DOMAIN,
        city=city,
        vehicle_category=mode,
        ticket_trip=None,
        opened_at__gt=now - ASKED_LATELY,
    )
    if known.exists() or asked.exists():
        return []
    first = open_search(
        rider_id=rider_id,
        zone_code=zone_code,
        domain=transit.DOMAIN,
        city=city,
        pickup=None,
        drop=None,
        vehicle_category=mode,
        now=now,
    )
    said: list[OutboundMessage] = []
    for version in voice.ticket_versions:
        spoken = profile(domain=transit.DOMAIN, version=version)
        question = ask(journey=first.transaction, action="search", now=now) if said else first
        message = transit.search(spoken, mode=mode, terms=terms_of(voice))
        said.append(say(question=question, message=message, version=version, voice=voice, now=now))
    return said


@transaction.atomic(durable=True)
def search_tickets(
    *, rider_id: UUID, from_id: UUID, to_id: UUID, voice: Voice, now: datetime
) -> OutboundMessage:
    """
    Ask one seller what tickets from stop to stop cost: a journey of its own.

    Raises:
        StationNotFound
        StopsNotConnected: the stops are the same, or not one seller's
    """
    found = Station.objects.in_bulk([from_id, to_id])
    if len(found) != len({from_id, to_id}):
        raise StationNotFound
    start, end = (station_as_told(station=found[one]) for one in (from_id, to_id))
    spoken = PROFILES.get((transit.DOMAIN, start.version))
    if start.code == end.code or _sold(start) != _sold(end) or spoken is None:
        raise StopsNotConnected
    question = open_search(
        rider_id=rider_id,
        zone_code=start.zone_code,
        domain=transit.DOMAIN,
        city=start.city,
        pickup=_place(start),
        drop=_place(end),
        vehicle_category=start.mode,
        asked_count=1,
        now=now,
    )
    question.bpp_id = start.bpp_id
    question.save(update_fields=["bpp_id"])
    TicketTrip.objects.create(
        transaction=question.transaction,
        mode=start.mode,
        bpp_id=start.bpp_id,
        from_code=start.code,
        from_name=start.name,
        to_code=end.code,
        to_name=end.name,
    )
    way = (Stop("START", code=start.code), Stop("END", code=end.code))
    return say(
        question=question,
        message=transit.search(spoken, mode=start.mode, terms=terms_of(voice), way=way),
        version=start.version,
        voice=voice,
        to=Counterparty(start.bpp_id, start.bpp_uri),
        now=now,
    )


def terms_of(voice: Voice) -> Terms:
    """Return our terms for tickets: we have the money, and owe the seller its part (ondc.md 7.3)."""
    ours = voice.terms
    return Terms(
        static_terms=ours.static_terms,
        finder_fee_percent=ours.finder_fee_percent,
        delay_interest="2.5",
        settlement_type="NEFT",
        settlement_window="",
        settlement_basis="",
        court=ours.court,
    )


def _sold(station: Station) -> tuple[str, str, str, str]:
    return station.bpp_id, station.city, station.mode, station.version


def _place(station: Station) -> Point | None:
    if station.latitude is None or station.longitude is None:
        return None
    return Point(station.latitude, station.longitude)
