"""
What sellers told of their catalogues goes into the document store, outside any transaction.

A message waits in PostgreSQL until it is there, so that a store that is away costs time and nothing else.
Importing the same message again writes what is there already.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.db.models import F
from pymongo.errors import PyMongoError

from apps.merchants import selectors as merchants
from apps.ondc import documents
from apps.ondc.beckn import NotReadable
from apps.ondc.catalogue_told import Facts, Provider, providers_of
from apps.ondc.documents import GOODS, SHOPS, STATIONS, Counts, Hours, key
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from apps.ondc.reading import Node, at, exact, moment, read_json, several, text
from apps.ondc.tickets_told import fares_of, stations_of
from uma.kernel.mongo import Document, DocumentsAway
from uma.kernel.zones import DAYS_PER_WEEK, local

logger = logging.getLogger(__name__)
State, Kind, Sale = CatalogueAnswer.State, CatalogueRefresh.Kind, CatalogueRefresh.Sale
MOST_KEYS = 500_000
LEASE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(minutes=10)
# A timetable holds for a day, and until the next one has come.
STATION_LIFE = timedelta(hours=36)
DAY = timedelta(days=1)
_SHOP: Facts = {
    "about": "", "hours": [], "is_enabled": True, "is_place_enabled": True, "closed_from": None,
    "closed_until": None,
}  # fmt: skip
_SHOP_NEEDS, _GOODS_NEEDS = ("name", "latitude", "longitude"), ("name",)
_GOODS: Facts = {"location_id": "", "price_paise": None, "is_available": True}


def import_catalogues(*, now: datetime, limit: int = 20) -> int:
    """Import what waits, the oldest first; return how many messages. Call it outside any transaction."""
    done = 0
    for answer in _claims(now=now, limit=limit):
        try:
            counts, skipped = _import(answer, now=now)
        except DocumentsAway:
            _later(answer, now=now)
            break
        except (NotReadable, PyMongoError, KeyError, TypeError, ValueError) as wrong:
            logger.exception(
                "a catalogue could not be imported", extra={"cause": type(wrong).__name__}
            )
            _settle(answer, State.FAILED, error_code=type(wrong).__name__[:32], imported_at=now)
            continue
        _settle(
            answer,
            State.DONE,
            told_count=counts.told,
            changed_count=counts.changed,
            skipped_count=skipped,
            imported_at=now,
        )
        done += 1
    return done


def _claims(*, now: datetime, limit: int) -> Iterator[CatalogueAnswer]:
    due = CatalogueAnswer.objects.filter(state=State.WAITING, next_attempt_at__lte=now)
    for answer_id in list(due.order_by("received_at").values_list("pk", flat=True)[:limit]):
        # One statement takes it: of two jobs the second finds its turn moved.
        if due.filter(pk=answer_id).update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE):
            yield CatalogueAnswer.objects.select_related("refresh", "inbound").get(pk=answer_id)


def _later(answer: CatalogueAnswer, *, now: datetime) -> None:
    pause = min(timedelta(seconds=2 ** min(answer.attempts, 12)), LONGEST_PAUSE)
    CatalogueAnswer.objects.filter(pk=answer.pk).update(next_attempt_at=now + pause)


def _settle(answer: CatalogueAnswer, state: str, **facts: object) -> None:
    CatalogueAnswer.objects.filter(pk=answer.pk, state=State.WAITING).update(state=state, **facts)


def _import(answer: CatalogueAnswer, *, now: datetime) -> tuple[Counts, int]:
    row, refresh = answer.inbound, answer.refresh
    if not row.raw:
        raise NotReadable("The bytes are gone.")
    body = read_json(row.raw.encode(), most_keys=MOST_KEYS)
    sent_at = moment(body, "context", "timestamp") or row.received_at
    about = {
        "city": refresh.city,
        "bpp_id": answer.bpp_id,
        # Nobody's clock puts its word behind what comes later.
        "told_at": min(sent_at, row.received_at),
        "seen_at": refresh.said_at,
    }
    if refresh.sale != Sale.RETAIL:
        return _stations(refresh, body, about, now=now)
    counts, skipped = Counts(), 0
    for provider in providers_of(body):
        shops, goods, lost = _rows(provider, refresh, about, now=now)
        counts = counts + documents.tell(SHOPS, shops) + documents.tell(GOODS, goods)
        skipped += lost + provider.skipped
    return counts, skipped


def _rows(
    provider: Provider, refresh: CatalogueRefresh, about: Mapping[str, object], *, now: datetime
) -> tuple[list[Document], list[Document], int]:
    """Return a shop's documents as they are after what was told; a change is laid over what is known."""
    city, bpp_id = str(about["city"]), str(about["bpp_id"])
    known_shops: dict[str, Document] = {}
    known_goods: dict[str, Document] = {}
    if refresh.kind == Kind.CHANGES:
        of = {"city": city, "bpp_id": bpp_id, "provider_ids": [provider.provider_id]}
        known_shops = documents.of_seller(SHOPS, **of)  # type: ignore[arg-type]  # as named
        known_goods = documents.of_seller(GOODS, **of)  # type: ignore[arg-type]  # as named
    fresh = {**about, "provider_id": provider.provider_id, "expires_at": now + provider.life}
    shops: dict[str, Document] = {
        shop_id: {**old, **provider.facts, "told_at": about["told_at"]}
        for shop_id, old in known_shops.items()
        if provider.facts
    }
    for place in provider.places:
        shop_id = key(city, bpp_id, provider.provider_id, place.location_id)
        old = known_shops.get(shop_id) or {
            **_SHOP, **fresh, "_id": shop_id, "location_id": place.location_id,
        }  # fmt: skip
        shops[shop_id] = {**old, **provider.facts, **place.facts, "told_at": about["told_at"]}
    goods: dict[str, Document] = {}
    for one in provider.goods:
        goods_id = key(city, bpp_id, provider.provider_id, one.item_id)
        old = known_goods.get(goods_id) or {
            **_GOODS, **fresh, "_id": goods_id, "item_id": one.item_id,
        }  # fmt: skip
        goods[goods_id] = {**old, **one.facts, "told_at": about["told_at"]}
    whole_shops = [row for row in shops.values() if all(name in row for name in _SHOP_NEEDS)]
    whole_goods = [row for row in goods.values() if all(name in row for name in _GOODS_NEEDS)]
    lost = len(shops) - len(whole_shops) + len(goods) - len(whole_goods)
    return whole_shops, whole_goods, lost


def _stations(
    refresh: CatalogueRefresh, body: Node, about: Mapping[str, object], *, now: datetime
) -> tuple[Counts, int]:
    city, bpp_id = str(about["city"]), str(about["bpp_id"])
    timezone = merchants.zone(code=refresh.zone_code).timezone
    names, hours = _providers(body, timezone)
    fares: dict[str, int] = {}
    for fare in fares_of(body):
        least = fares.get(fare.provider_id, fare.price_paise)
        fares[fare.provider_id] = min(least, fare.price_paise)
    rows: list[Document] = []
    skipped = 0
    for one in stations_of(body):
        if one.place is None:
            skipped += 1
            continue
        rows.append(
            {
                **about,
                "_id": key(city, bpp_id, one.provider_id, one.mode, one.line, one.code),
                "provider_id": one.provider_id,
                "expires_at": now + STATION_LIFE,
                "sale": one.mode,
                "provider_name": names.get(one.provider_id) or bpp_id,
                "line": one.line,
                "code": one.code,
                "name": one.name,
                "latitude": one.place.latitude,
                "longitude": one.place.longitude,
                "hours": hours.get(one.provider_id, []),
                "fare_paise": fares.get(one.provider_id),
            }
        )
    return documents.tell(STATIONS, rows), skipped


def _providers(body: Node, timezone: str) -> tuple[dict[str, str], dict[str, list[Hours]]]:
    """Return what each seller of tickets is called, and its hours of every day, if it told any."""
    catalogue = at(body, "message", "catalog")
    platform = text(catalogue, "descriptor", "name", most=120)
    names: dict[str, str] = {}
    hours: dict[str, list[Hours]] = {}
    for provider in several(catalogue, "providers"):
        provider_id = exact(provider, "id")
        names[provider_id] = text(provider, "descriptor", "name", most=120) or platform
        begins = moment(provider, "time", "range", "start")
        ends = moment(provider, "time", "range", "end")
        # The hours of one day are those of every day; a longer range is a season, and no hours.
        if begins is not None and ends is not None and timedelta(0) < ends - begins < DAY:
            start, end = (local(one, timezone) for one in (begins, ends))
            hours[provider_id] = [
                {
                    "dow": dow,
                    "start": start.hour * 60 + start.minute,
                    "end": end.hour * 60 + end.minute,
                }
                for dow in range(DAYS_PER_WEEK)
            ]
    return names, hours
