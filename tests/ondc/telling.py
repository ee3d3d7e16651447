"""Catalogues as sellers tell them, and what becomes of them here."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from apps.ondc import services
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh, InboundMessage
from apps.ondc.voice import voice
from tests.factories import make_zone
from tests.ondc.network import BUYER, Participant, act, clock, post, stamp, verdict

Json = dict[str, Any]  # Any: JSON documents
RETAIL, BUS, METRO = (
    CatalogueRefresh.Sale.RETAIL,
    CatalogueRefresh.Sale.BUS,
    CatalogueRefresh.Sale.METRO,
)
CITY = "std:0820"
SETTLED = timedelta(minutes=3)


def asked(sale: str = RETAIL, *, now: datetime | None = None) -> CatalogueRefresh:
    """Ask for a city's catalogue anew, as if the gateway had taken the question; all others are closed."""
    now = now or clock()
    make_zone("MNP", now=now)
    if not CatalogueRefresh.objects.filter(sale=sale).exists():
        services.plan_refreshes(voice=voice(), now=now)
    elif not CatalogueRefresh.objects.filter(sale=sale, closed_at=None).exists():
        newest = CatalogueRefresh.objects.filter(sale=sale).latest("said_at")
        services.refresh_now(
            refresh_id=newest.pk, actor_id=uuid4(), reason="news", voice=voice(), now=now
        )
    taken(now=now)
    return CatalogueRefresh.objects.get(sale=sale, closed_at=None)


def where_it_is_noon() -> str:
    """Return a time zone on whose clock it is the hour of noon at this moment."""
    ahead = 12 - clock().hour
    # The names of this family count westward.
    return f"Etc/GMT{-ahead:+d}"


def taken(*, now: datetime) -> None:
    """Let the gateway have taken what waits."""
    waiting = CatalogueRefresh.objects.filter(state="WAITING")
    waiting.update(state="TAKEN", settled_at=now)


def context(refresh: CatalogueRefresh, seller: Participant, **changes: object) -> Json:
    told: Json = {
        "domain": refresh.domain, "action": "on_search", "bap_id": BUYER, "bpp_id": seller.id,
        "bap_uri": f"https://{BUYER}/api/ondc", "bpp_uri": f"https://{seller.id}/ondc",
        "transaction_id": str(refresh.pk), "message_id": str(refresh.message_id),
        "timestamp": stamp(clock()), "ttl": "PT30S",
    }  # fmt: skip
    if refresh.sale == RETAIL:
        told |= {"country": "IND", "city": refresh.city, "core_version": "1.2.0"}
    else:
        place = {"country": {"code": "IND"}, "city": {"code": refresh.city}}
        told |= {"location": place, "version": "2.0.1"}
    return told | changes


def tells(
    seller: Participant, refresh: CatalogueRefresh, *providers: Json, **changes: object
) -> str:
    """Send shops as the seller's answer; return ACK or the code of the refusal. The worker acts on it."""
    listed = "bpp/providers" if refresh.sale == RETAIL else "providers"
    named = "bpp/descriptor" if refresh.sale == RETAIL else "descriptor"
    catalogue = {named: {"name": "City Tells"}, listed: list(providers)}
    body = {"context": context(refresh, seller, **changes), "message": {"catalog": catalogue}}
    said = verdict(post(seller, body))
    act()
    return said


def imported(now: datetime | None = None) -> list[tuple[str, int, int, int]]:
    """Import what waits; return state, told, news and unusable of each message so far, the oldest first."""
    services.import_catalogues(now=now or clock())
    rows = CatalogueAnswer.objects.order_by("received_at", "pk")
    return list(rows.values_list("state", "told_count", "changed_count", "skipped_count"))


def closed(refresh: CatalogueRefresh) -> int:
    """Close a question whose answers are in; return how much was taken out."""
    services.close_refreshes(now=clock() + SETTLED)
    refresh.refresh_from_db()
    assert refresh.closed_at is not None
    return refresh.gone_count


def shop(shop_id: str = "S1", *things: tuple[str, str], **changes: object) -> Json:
    """Return a shop at Tiger Circle that is open from seven to eleven, with things at a price."""
    menu = things or (("Filter Coffee", "40.00"), ("Masala Dosa", "70.00"))
    told: Json = {
        "id": shop_id,
        "time": {"label": "enable"},
        "descriptor": {"name": f"Corner Café {shop_id}", "short_desc": "Coffee"},
        "ttl": "P1D",
        "locations": [
            {
                "id": "L1", "gps": "13.3525,74.7926",
                "time": {"label": "enable", "days": "1,2,3,4,5,6,7",
                         "range": {"start": "0700", "end": "2300"}},
            }
        ],
        "items": [thing(f"{shop_id}-{n}", name, price) for n, (name, price) in enumerate(menu, 1)],
    }  # fmt: skip
    return told | changes


def thing(item_id: str, name: str, price: str, **changes: object) -> Json:
    told: Json = {
        "id": item_id,
        "descriptor": {"name": name},
        "price": {"currency": "INR", "value": price},
        "quantity": {"available": {"count": "99"}},
        "location_id": "L1",
    }
    return told | changes


def line(*stops: tuple[str, str, str], mode: str = "BUS") -> Json:
    """Return a seller of tickets with one line of stops, each a code, a name and a place."""
    chain = [
        {
            "id": str(number), "type": "INTERMEDIATE_STOP",
            "location": {"descriptor": {"code": code, "name": name}, "gps": gps},
        } | ({"parent_stop_id": str(number - 1)} if number > 1 else {})
        for number, (code, name, gps) in enumerate(stops, start=1)
    ]  # fmt: skip
    return {
        "id": "P1",
        "descriptor": {"name": "City Bus"},
        "time": {"range": {"start": "2026-03-18T00:30:00.000Z", "end": "2026-03-18T17:30:00.000Z"}},
        "fulfillments": [
            {"id": "R1", "type": "ROUTE", "vehicle": {"category": mode}, "stops": chain}
        ],
        "items": [{"id": "I1", "price": {"currency": "INR", "value": "15.00"}}],
    }


def answered(refresh: CatalogueRefresh, *, now: datetime) -> None:
    """Let a question have been answered and be over."""
    told = InboundMessage.objects.create(
        sender="bpp.example.in", unique_key_id="k1", action="on_search", message_id=str(uuid4()),
        transaction_text=str(refresh.pk), digest=uuid4().hex, header="Signature", raw="{}",
        next_attempt_at=now, received_at=now,
    )  # fmt: skip
    CatalogueAnswer.objects.create(
        refresh=refresh, inbound=told, bpp_id="bpp.example.in", state="DONE", told_count=1,
        next_attempt_at=now, received_at=now, imported_at=now,
    )  # fmt: skip
    CatalogueRefresh.objects.filter(pk=refresh.pk).update(closed_at=now)
