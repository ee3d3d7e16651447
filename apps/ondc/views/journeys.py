"""A search over HTTP: begun, asked after, and watched while providers answer."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.merchants import selectors as merchants
from apps.merchants.errors import OutsideEveryZone
from apps.ondc import selectors, services
from apps.ondc.errors import (
    NetworkUnavailable,
    SearchNotFound,
    TooManyWatch,
    TripNotOffered,
)
from apps.ondc.logged import note
from apps.ondc.serializers.asking import SearchedResponse, SearchRequest, lately_response
from apps.ondc.serializers.journeys import JourneyResponse, journey_response
from apps.ondc.services import Trip
from apps.ondc.views.speaking import our_voice, said
from apps.rides.errors import BookingNotFound
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsRider
from uma.kernel.http.renderers import to_wire

# A watcher holds a thread of a web process: few of them, not for long; an event source comes back by itself.
_WATCHERS = threading.BoundedSemaphore(settings.ONDC_WATCHERS)
LOOK_EVERY_S = 0.25


class SearchView(APIView):
    """
    Ask every seller of rides in the city; offers come to the search's own address as they answer.

    With `rideId` the trip leads to that booking: the fare of its ride is what the merchant pays back.
    """

    permission_classes = [IsRider]
    refusals = (OutsideEveryZone, BookingNotFound, TripNotOffered, NetworkUnavailable)

    @extend_schema(request=SearchRequest, responses=SearchedResponse)
    def post(self, request: Request) -> Response:
        body = SearchRequest(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        zone = merchants.zone_at(place=asked["pickup_location"])
        if zone is None:
            raise OutsideEveryZone
        trip = Trip(
            pickup=asked["pickup_location"],
            drop=asked.get("drop_location"),
            category=asked.get("category", ""),
            booking_id=asked["ride_id"],
            via=tuple(asked.get("stops", ())),
            at=asked.get("scheduled_at"),
            woman_driver=asked["woman_driver"],
        )
        # Some write the dialling code, some what the network makes of it.
        city, now = f"std:{zone.std_city_code.removeprefix('std:')}", timezone.now()
        messages = services.search_rides(
            rider_id=principal_of(request).user_id,
            zone_code=zone.code,
            city=city,
            trip=trip,
            voice=our_voice(),
            now=now,
        )
        answer = said(*messages)
        told = selectors.prices_of_late(
            city=city,
            pickup=trip.pickup,
            drop=trip.drop,
            via=trip.via,
            at=trip.at,
            category=trip.category,
            now=now,
        )
        answer.data["lately"] = [lately_response(one) for one in told]
        return answer


class SearchesView(APIView):
    """A search as it stands: who answered, what is offered, how far each order is."""

    permission_classes = [IsRider]
    refusals = (SearchNotFound,)

    @extend_schema(responses=JourneyResponse)
    def get(self, request: Request, transaction_id: UUID) -> Response:
        now = timezone.now()
        view = selectors.journey_of(
            transaction_id=transaction_id, rider_id=principal_of(request).user_id, now=now
        )
        note(view.journey)
        return Response(journey_response(view, now=now))


class EventStream(BaseRenderer):
    """`text/event-stream`; a problem stays JSON."""

    media_type = "text/event-stream"
    format = "events"
    charset = None
    render_style = "binary"

    # Any: DRF's signature.
    def render(self, data: Any, media_type: str | None = None, context: Any = None) -> bytes:  # noqa: ARG002
        return to_wire(data)


class EventsView(APIView):
    """
    The same as server-sent events: `search` with the whole view, whenever something changed.

    A stream ends by itself after a while or when nothing more can happen (`end`); an event source
    comes back, and with `Last-Event-ID` hears of what changed since.
    """

    permission_classes = [IsRider]
    renderer_classes = [EventStream]
    refusals = (SearchNotFound, TooManyWatch)

    @extend_schema(responses={(200, "text/event-stream"): OpenApiTypes.STR})
    def get(self, request: Request, transaction_id: UUID) -> HttpResponseBase:
        rider_id = principal_of(request).user_id
        # Refused before anything is streamed.
        view = selectors.journey_of(
            transaction_id=transaction_id, rider_id=rider_id, now=timezone.now()
        )
        note(view.journey)
        if not _WATCHERS.acquire(blocking=False):
            raise TooManyWatch
        seen = request.headers.get("Last-Event-ID", "")
        stream = _Watched(_events(transaction_id, rider_id, seen=seen))
        return StreamingHttpResponse(
            stream,
            content_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


class _Watched:
    """A stream whose place is free again however it ends, also when it was never begun."""

    def __init__(self, events: Iterator[bytes]) -> None:
        self._events = events
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self._events

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            _WATCHERS.release()

    def __del__(self) -> None:
        # A server that was told to stop may never have begun it.
        self.close()


def _events(transaction_id: UUID, rider_id: UUID, *, seen: str) -> Iterator[bytes]:
    until = time.monotonic() + settings.ONDC_WATCH_S
    yield b"retry: 1000\n\n"
    while True:
        now = timezone.now()
        view = selectors.journey_of(transaction_id=transaction_id, rider_id=rider_id, now=now)
        mark = view.mark(now=now)
        if mark != seen:
            seen = mark
            text = to_wire(journey_response(view, now=now)).decode()
            yield f"id: {mark}\nevent: search\ndata: {text}\n\n".encode()
        if not view.is_open(now=now) and view.is_settled:
            yield b"event: end\ndata: {}\n\n"
            return
        if time.monotonic() >= until:
            return
        time.sleep(LOOK_EVERY_S)
