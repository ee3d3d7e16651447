"""A seller of food in magicpin's hand: a city's catalogue in several pieces, and pushes of changes."""

import threading
import time
from typing import Any

from apps.sandbox.ondc.sellers import Request, Seller

Json = dict[str, Any]  # Any: JSON documents
SHOPS = (
    ("S1", "Coffee House", "13.352600,74.793000"),
    ("S2", "Tiffin Room", "13.354700,74.788100"),
    ("S3", "Juice Corner", "13.350900,74.785500"),
)
PUSHES = 3


class Food(Seller):
    """Retail discovery: search alone, no ordering."""

    versions = ("1.2.0", "1.2.5")
    version_key = "core_version"

    def respond(self, request: Request) -> None:
        if request.action != "search":
            return
        groups = {
            group["code"]: group["list"] for group in request.message["intent"].get("tags", [])
        }
        changes = {entry["code"]: entry["value"] for entry in groups.get("catalog_inc", [])}
        if not changes:
            # One provider a message, as large catalogues come.
            for shop in SHOPS:
                self.call_back(request, "on_search", _catalogue([shop], is_open=True))
        elif changes.get("mode") == "start":
            threading.Thread(target=self._push, args=(request,), daemon=True).start()
        elif "start_time" in changes:
            self.call_back(request, "on_search", _catalogue([SHOPS[0]], is_open=False))

    def _push(self, request: Request) -> None:
        for number in range(PUSHES):
            time.sleep(self.network.pace_s)
            body = _catalogue([SHOPS[number % len(SHOPS)]], is_open=number % 2 == 0)
            self.call_back(request, "on_search", body, asked=False)


def _catalogue(shops: list[tuple[str, str, str]], *, is_open: bool) -> Json:
    return {
        "catalog": {
            "bpp/descriptor": {
                "name": "magicpin (sandbox)",
                "tags": [{"code": "bpp_terms", "list": [{"code": "np_type", "value": "MSN"}]}],
            },
            "bpp/providers": [_provider(*shop, is_open=is_open) for shop in shops],
        }
    }


def _provider(shop_id: str, name: str, gps: str, *, is_open: bool) -> Json:
    label = "enable" if is_open else "disable"
    serves = {"location": "L1", "category": "F&B", "type": "10", "val": "5", "unit": "km"}
    return {
        "id": shop_id,
        "time": {"label": label, "timestamp": "2026-11-25T06:30:00.000Z"},
        "descriptor": {"name": name, "short_desc": name, "images": []},
        "ttl": "P1D",
        "locations": [
            {"id": "L1", "gps": gps, "address": {"city": "Manipal", "area_code": "576104"}}
        ],
        "items": [
            {
                "id": f"{shop_id}-1",
                "descriptor": {"name": "Filter Coffee"},
                "price": {"currency": "INR", "value": "40.00", "maximum_value": "40.00"},
                "category_id": "F&B",
                "location_id": "L1",
                "quantity": {"available": {"count": "99"}, "maximum": {"count": "5"}},
            }
        ],
        "tags": [
            {
                "code": "serviceability",
                "list": [{"code": key, "value": value} for key, value in serves.items()],
            }
        ],
    }
