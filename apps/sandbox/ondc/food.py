"""A seller of food in magicpin's hand: a city's catalogue in several pieces, and pushes of changes."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.sandbox.ondc.menus import CITIES, Shop
from apps.sandbox.ondc.participants import stamp
from apps.sandbox.ondc.sellers import Request, Seller

Json = dict[str, Any]  # Any: JSON documents
PUSHES = 3
_DAYS = "1,2,3,4,5,6,7"


class Food(Seller):
    """Retail discovery: search alone, no ordering. Which shops there are, and which are closed, can be ordered."""

    versions = ("1.2.0", "1.2.5")
    version_key = "core_version"

    def __init__(self, **told: Any) -> None:  # Any: the seller's own
        super().__init__(**told)
        # Shops that left, shops that are closed for now, and prices that are others than the menu's, by item; and how
        # many things a shop has beside its menu.
        self.gone: set[str] = set()
        self.closed: set[str] = set()
        self.prices: dict[str, str] = {}
        self.more: dict[str, int] = {}

    def reset(self) -> None:
        super().reset()
        with self.lock:
            self.gone, self.closed, self.prices, self.more = set(), set(), {}, {}

    def change(self, body: Mapping[str, Any]) -> None:
        """Take an order: `gone` and `closed` are lists of shops, `prices` are by item, `more` by shop."""
        with self.lock:
            self.gone = set(body.get("gone", ()))
            self.closed = set(body.get("closed", ()))
            self.prices = dict(body.get("prices", {}))
            self.more = {shop: int(count) for shop, count in body.get("more", {}).items()}

    def respond(self, request: Request) -> None:
        if request.action != "search":
            return
        groups = {
            group["code"]: group["list"] for group in request.message["intent"].get("tags", [])
        }
        changes = {entry["code"]: entry["value"] for entry in groups.get("catalog_inc", [])}
        shops = self._shops(str(request.context["city"]))
        if not changes:
            # One provider a message, as large catalogues come.
            for shop in shops:
                self.call_back(request, "on_search", _catalogue([self._provider(shop)]))
        elif changes.get("mode") == "start":
            threading.Thread(target=self._push, args=(request, shops), daemon=True).start()
        elif "start_time" in changes:
            self.call_back(
                request, "on_search", _catalogue([_change(shop, self.closed) for shop in shops])
            )

    def _shops(self, city: str) -> list[Shop]:
        named = CITIES.values() if city == "*" else [CITIES.get(city, ())]
        return [shop for shops in named for shop in shops if shop.id not in self.gone]

    def _push(self, request: Request, shops: list[Shop]) -> None:
        for number in range(PUSHES):
            time.sleep(self.network.pace_s)
            shop = shops[number % len(shops)]
            told = _change(shop, {shop.id} if number % 2 else set())
            self.call_back(request, "on_search", _catalogue([told]), asked=False)

    def _provider(self, shop: Shop) -> Json:
        # As large kitchens do: the same few dishes in every size and with everything.
        more = [(f"Thali no. {number}", "150.00") for number in range(self.more.get(shop.id, 0))]
        return {
            "id": shop.id,
            "time": {"label": _label(shop, self.closed), "timestamp": _now()},
            "descriptor": {
                "name": shop.name,
                "short_desc": shop.about,
                "long_desc": shop.about,
                "images": [],
            },
            "@ondc/org/fssai_license_no": "00000000000000",
            "ttl": "P1D",
            "categories": [_custom_menu(shop)],
            "locations": [_location(shop)],
            "items": [
                *(
                    _item(shop, number, name, self.prices.get(f"{shop.id}-{number}", price))
                    for number, (name, price) in enumerate([*shop.menu, *more], start=1)
                ),
                _extra(shop),
            ],
            "tags": [_serves(), _timing(shop)],
        }


def _now() -> str:
    return stamp(datetime.now(UTC))


def _label(shop: Shop, closed: set[str]) -> str:
    return "disable" if shop.id in closed else "enable"


def _change(shop: Shop, closed: set[str]) -> Json:
    """Return what a change of a shop's state carries, and no more than that."""
    return {"id": shop.id, "time": {"label": _label(shop, closed), "timestamp": _now()}}


def _catalogue(providers: list[Json]) -> Json:
    return {
        "catalog": {
            "bpp/descriptor": {
                "name": "magicpin (sandbox)",
                "tags": [_group("bpp_terms", np_type="MSN", accept_bap_terms="Y")],
            },
            "bpp/fulfillments": [{"id": "1", "type": "Delivery"}],
            "bpp/providers": providers,
        }
    }


def _group(code: str, **values: str) -> Json:
    return {"code": code, "list": [{"code": key, "value": value} for key, value in values.items()]}


def _custom_menu(shop: Shop) -> Json:
    return {
        "id": "1",
        "parent_category_id": "",
        "descriptor": {"name": shop.about},
        "tags": [_group("type", type="custom_menu"), _group("display", rank="1")],
    }


def _location(shop: Shop) -> Json:
    return {
        "id": "L1",
        "gps": shop.gps,
        "address": {"name": shop.name, "city": "Demo city"},
        "circle": {"gps": shop.gps, "radius": {"value": "5", "unit": "km"}},
        "time": {"label": "enable", "timestamp": _now(), "days": _DAYS},
    }


def _item(shop: Shop, number: int, name: str, price: str) -> Json:
    return {
        "id": f"{shop.id}-{number}",
        "descriptor": {"name": name, "short_desc": name},
        "price": {"currency": "INR", "value": price, "maximum_value": price},
        "quantity": {"available": {"count": "99"}, "maximum": {"count": "5"}},
        "category_id": "F&B",
        "category_ids": ["1:1"],
        "location_id": "L1",
        "fulfillment_id": "1",
        "time": {"label": "enable", "timestamp": _now()},
        "tags": [_group("type", type="item"), _group("veg_nonveg", veg="yes")],
    }


def _extra(shop: Shop) -> Json:
    """Return what is only had with something else; it is cheaper than any dish."""
    return {
        "id": f"{shop.id}-X",
        "descriptor": {"name": "Extra chutney"},
        "price": {"currency": "INR", "value": "5.00", "maximum_value": "5.00"},
        "quantity": {"available": {"count": "99"}, "maximum": {"count": "5"}},
        "category_id": "F&B",
        "location_id": "L1",
        "tags": [_group("type", type="customization")],
    }


def _serves() -> Json:
    return _group("serviceability", location="L1", category="F&B", type="10", val="5", unit="km")


def _timing(shop: Shop) -> Json:
    return _group(
        "timing", type="Order", location="L1", day_from="1", day_to="7", time_from=shop.opens,
        time_to=shop.closes,
    )  # fmt: skip
