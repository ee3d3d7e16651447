"""Applications for tests: a drawn zone, a person, a whole application."""

from typing import Any
from uuid import UUID

from apps.merchants import services
from apps.merchants.models import Application, Zone
from apps.merchants.services import Wanted, WantedOutlet
from tests.merchants.making import MANIPAL, NOON, make_person, make_zone
from uma.kernel.geo import Point
from uma.kernel.gstin import check_digit
from uma.kernel.http.idempotency import IdempotencyKey

# Around MANIPAL, and a square two degrees to the east.
SQUARE = [[74.7, 13.3], [74.9, 13.3], [74.9, 13.4], [74.7, 13.4], [74.7, 13.3]]
EAST = Point(latitude=13.35, longitude=76.8)
GSTIN = "29AAPFU0939F1ZR"


def gstin(serial: int, *, registration: str = "1", state: str = "29") -> str:
    """Return a valid GSTIN; another registration is another number under the same PAN."""
    first = f"{state}AABCU{serial:04}K{registration}Z"
    return first + check_digit(first)


def draw_zones() -> Zone:
    """Open MNP around MANIPAL and BLR around EAST."""
    east = [[longitude + 2, latitude] for longitude, latitude in SQUARE]
    make_zone("BLR", boundary={"type": "Polygon", "coordinates": [east]})
    return make_zone("MNP", boundary={"type": "Polygon", "coordinates": [SQUARE]})


def outlet(name: str = "Main Road", **facts: Any) -> WantedOutlet:  # Any: of many types
    plain: dict[str, Any] = {"category": "cafe", "address": "1 Main Road", "location": MANIPAL}
    return WantedOutlet(name=name, **(plain | facts))


def wanted(**facts: Any) -> Wanted:  # Any: of many types
    plain: dict[str, Any] = {
        "legal_name": "Corner Café Foods LLP",
        "brand": "Corner Café",
        "email": "owner@example.org",
        "gstin": GSTIN,
        "outlets": (outlet(),),
    }
    return Wanted(**(plain | facts))


def apply(
    user_id: UUID | None = None, *, key: IdempotencyKey | None = None, **facts: Any
) -> Application:
    """Apply as a person, as a new one by default."""
    draw_zones()
    person = user_id or make_person("applicant")
    return services.apply(user_id=person, wanted=wanted(**facts), now=NOON, key=key).application
