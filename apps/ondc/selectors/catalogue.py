"""What the network sells in a zone, for the missions of the night: read from what was imported, never asked."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from apps.campaigns import selectors as campaigns
from apps.gamification.selectors import Candidate
from apps.merchants import selectors as merchants
from apps.ondc import documents
from apps.ondc.catalogue_told import is_closed_now
from apps.ondc.documents import GOODS, SHOPS, STATIONS, GoodsDocument, ShopDocument
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from apps.ondc.shop_hours import windows_of
from uma.kernel.geo import Point, distance_m
from uma.kernel.mongo import DocumentsAway

Kind = CatalogueRefresh.Kind
Sale = CatalogueRefresh.Sale
# How long a whole catalogue is believed to be there: as long as its documents live (catalogue_told.py).
BELIEVED = timedelta(hours=36)
# A thing of a catalogue matters where one of ours sells it, a stop where one of ours can be walked or ridden to.
AT_OURS_M, NEAR_OURS_M = 100, 3_000
_WORDS = {Sale.BUS.value: "Bus", Sale.METRO.value: "Metro"}


def commerce_candidates(*, zone_id: str, now: datetime) -> list[Candidate]:
    """
    Return what shops of the zone's catalogues have at places of ours with a live deal.

    Raises:
        DocumentsAway: also when a catalogue was imported and is lost
    """
    ours = _ours(zone_id, now=now)
    if not ours:
        return []
    city = _city(zone_id)
    shops = documents.shops(city=city, now=now)
    if not shops:
        _require_nothing(zone_id, [Sale.RETAIL], now=now)
    here = [shop for shop in shops if _is_open(shop, now=now) and _is_near(shop, ours, AT_OURS_M)]
    if not here:
        return []
    provider_ids = sorted({shop["provider_id"] for shop in here})
    goods = documents.goods(city=city, provider_ids=provider_ids, now=now)
    return list(_at_shops(here, goods))


def transit_candidates(*, zone_id: str, now: datetime) -> list[Candidate]:
    """
    Return the stops of buses and metros near places of ours with a live deal.

    Raises:
        DocumentsAway: also when a timetable was imported and is lost
    """
    ours = _ours(zone_id, now=now)
    if not ours:
        return []
    stations = documents.stations(city=_city(zone_id), now=now)
    if not stations:
        _require_nothing(zone_id, [Sale.BUS, Sale.METRO], now=now)
    return [
        Candidate(
            source_id=one["_id"],
            name=f"{_WORDS[one['sale']]} to {one['name']}",
            provider=one["provider_name"],
            latitude=one["latitude"],
            longitude=one["longitude"],
            price_paise=one["fare_paise"],
            hours=windows_of(one["hours"]),
        )
        for one in stations
        if _is_near(one, ours, NEAR_OURS_M)
    ]


def is_lost(*, refresh: CatalogueRefresh, now: datetime) -> bool:
    """
    Say whether a catalogue that was imported is there no more, so that it is to be asked for again.

    Raises:
        DocumentsAway
    """
    if refresh.said_at < now - BELIEVED or not _told(refresh):
        return False
    if refresh.sale == Sale.RETAIL:
        return not (
            documents.count(SHOPS, city=refresh.city) and documents.count(GOODS, city=refresh.city)
        )
    return not documents.count(STATIONS, city=refresh.city, sale=refresh.sale)


def _told(refresh: CatalogueRefresh) -> bool:
    done = CatalogueAnswer.State.DONE
    return refresh.answers.filter(state=done, told_count__gt=0).exists()


def _require_nothing(zone_id: str, sales: Iterable[Sale], *, now: datetime) -> None:
    """
    Tell an empty catalogue from a lost one: what was imported of late must be there.

    Raises:
        DocumentsAway
    """
    for sale in sales:
        newest = (
            CatalogueRefresh.objects.filter(
                zone_code=zone_id,
                sale=sale,
                kind=Kind.FULL,
                said_at__gt=now - BELIEVED,
                answers__told_count__gt=0,
            )
            .order_by("-said_at")
            .first()
        )
        if newest is not None:
            raise DocumentsAway


def _ours(zone_id: str, *, now: datetime) -> list[Point]:
    return list({one.location for one in campaigns.offered(zone_code=zone_id, now=now)})


def _city(zone_id: str) -> str:
    return f"std:{merchants.zone(code=zone_id).std_city_code.removeprefix('std:')}"


def _is_near(
    where: ShopDocument | documents.StationDocument, ours: list[Point], most_m: int
) -> bool:
    spot = Point(where["latitude"], where["longitude"])
    return any(distance_m(spot, one) <= most_m for one in ours)


def _is_open(shop: ShopDocument, *, now: datetime) -> bool:
    closed = is_closed_now(
        closed_from=shop["closed_from"], closed_until=shop["closed_until"], now=now
    )
    return shop["is_enabled"] and shop["is_place_enabled"] and not closed


def _at_shops(shops: Iterable[ShopDocument], goods: Iterable[GoodsDocument]) -> Iterator[Candidate]:
    things: dict[tuple[str, str], list[GoodsDocument]] = {}
    for one in goods:
        things.setdefault((one["bpp_id"], one["provider_id"]), []).append(one)
    for shop in shops:
        for one in things.get((shop["bpp_id"], shop["provider_id"]), []):
            if one["location_id"] not in {"", shop["location_id"]}:
                continue
            yield Candidate(
                source_id=documents.key(one["_id"], shop["location_id"]),
                name=one["name"],
                provider=shop["name"],
                latitude=shop["latitude"],
                longitude=shop["longitude"],
                price_paise=one["price_paise"],
                hours=windows_of(shop["hours"]),
            )
