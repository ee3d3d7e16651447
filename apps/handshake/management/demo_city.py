"""The demo city as plain facts: invented businesses at plausible places, and what they offer."""

from dataclasses import dataclass
from datetime import time
from random import Random
from typing import Any

from apps.campaigns.models import Campaign
from apps.campaigns.pricing import Basis
from apps.campaigns.services import Terms
from uma.kernel.geo import Point
from uma.kernel.zones import Window
from uma.stack.journey import TEST_PREFIX

# India reserves no numbers for examples. North America does (555-0100 to 555-0199 of each area, ATIS
# 0300115), so nobody real has these; the sandbox takes one code for all of them.
PHONES = TEST_PREFIX
OPERATOR_PHONE = f"{PHONES}00"
STATE = "29"
# Of the right form and state; no business has it.
SELLER_GSTIN = "29AAPFU0939F1ZR"
RIDERS = 12
# Where a second outlet lies is drawn once and for all.
_SEED = 2026
_SECOND_OUTLET_EVERY = 4
_SPREAD_DEGREES = 0.012

MONDAY_TO_FRIDAY, FRIDAY_AND_SATURDAY = range(5), (4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A zone: its codes and the rectangle around it, west and south to east and north."""

    code: str
    name: str
    std_city_code: str
    corners: tuple[float, float, float, float]

    @property
    def boundary(self) -> dict[str, object]:
        """The rectangle as a GeoJSON polygon."""
        west, south, east, north = self.corners
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}


@dataclass(frozen=True, slots=True)
class Business:
    """A merchant: the zone's code, the name over the door, what it sells, where."""

    zone_code: str
    brand: str
    category: str
    address: str
    latitude: float
    longitude: float


CITIES = (
    City(code="MNP", name="Manipal", std_city_code="0820", corners=(74.70, 13.31, 74.83, 13.42)),
    City(code="BLR", name="Bengaluru", std_city_code="080", corners=(77.45, 12.82, 77.78, 13.14)),
)

BUSINESSES = (
    Business("MNP", "Laterite Coffee Room", "cafe", "Tiger Circle", 13.3525, 74.7926),
    Business("MNP", "Two Ladles Tiffin", "restaurant", "University Road", 13.3507, 74.7889),
    Business("MNP", "Monsoon Books", "bookshop", "Eshwar Nagar", 13.3563, 74.7871),
    Business("MNP", "Palm Leaf Meals", "restaurant", "Udupi Road", 13.3481, 74.7836),
    Business("MNP", "Night Owl Noodles", "restaurant", "Vidyaratna Nagar", 13.3449, 74.7962),
    Business("MNP", "Corner Bakehouse", "bakery", "Perampalli Road", 13.3598, 74.7823),
    Business("MNP", "Scissors and Comb", "salon", "Tiger Circle", 13.3531, 74.7918),
    Business("MNP", "Hilltop Fitness", "gym", "End Point Road", 13.3668, 74.7934),
    Business("MNP", "Green Cross Pharmacy", "pharmacy", "KMC Road", 13.3539, 74.7858),
    Business("MNP", "Cold Coconut Juices", "cafe", "Alevoor Road", 13.3462, 74.7901),
    Business("MNP", "Paper Kite Stationers", "bookshop", "DC Office Road", 13.3405, 74.7689),
    Business("MNP", "Coastal Thali House", "restaurant", "Service Bus Stand", 13.3409, 74.7512),
    Business("MNP", "Silver Screen Hall", "cinema", "Court Road", 13.3382, 74.7471),
    Business("MNP", "Second Gear Cycles", "sports", "Indrali", 13.3437, 74.7638),
    Business("MNP", "Blue Umbrella Clothing", "clothing", "Car Street", 13.3412, 74.7523),
    Business("MNP", "Riverbend Canteen", "restaurant", "Parkala", 13.3471, 74.8152),
    Business("BLR", "Filter and Foam", "cafe", "Church Street", 12.9752, 77.6045),
    Business("BLR", "Old Press Books", "bookshop", "Church Street", 12.9749, 77.6062),
    Business("BLR", "Banyan Court Kitchen", "restaurant", "Indiranagar", 12.9719, 77.6412),
    Business("BLR", "Twelfth Main Bakery", "bakery", "Indiranagar", 12.9702, 77.6387),
    Business("BLR", "Lake Path Fitness", "gym", "Ulsoor", 12.9817, 77.6198),
    Business("BLR", "Garden City Salon", "salon", "Jayanagar", 12.9299, 77.5826),
    Business("BLR", "Fourth Block Dosa", "restaurant", "Jayanagar", 12.9287, 77.5834),
    Business("BLR", "Cotton Thread Clothing", "clothing", "Commercial Street", 12.9822, 77.6083),
    Business("BLR", "Silk Board Momos", "restaurant", "BTM Layout", 12.9166, 77.6101),
    Business("BLR", "Ring Road Electronics", "electronics", "Marathahalli", 12.9569, 77.7011),
    Business("BLR", "Tech Park Lunch Club", "restaurant", "Whitefield", 12.9698, 77.7499),
    Business("BLR", "Purple Line Coffee", "cafe", "Majestic", 12.9767, 77.5713),
    Business("BLR", "Temple Street Tiffin", "restaurant", "Malleshwaram", 13.0035, 77.5709),
    Business("BLR", "Margosa Sweets", "bakery", "Malleshwaram", 13.0061, 77.5701),
    Business("BLR", "Third Wave Laundry", "services", "HSR Layout", 12.9116, 77.6389),
    Business("BLR", "Sector Seven Grill", "restaurant", "HSR Layout", 12.9122, 77.6446),
    Business("BLR", "Koramangala Board Games", "cafe", "Koramangala", 12.9352, 77.6245),
    Business("BLR", "Fifth Block Biryani", "restaurant", "Koramangala", 12.9345, 77.6201),
    Business("BLR", "Red Helmet Cycles", "sports", "Koramangala", 12.9371, 77.6278),
    Business("BLR", "Corner Cross Pharmacy", "pharmacy", "Basavanagudi", 12.9421, 77.5738),
    Business("BLR", "Bugle Rock Snacks", "restaurant", "Basavanagudi", 12.9417, 77.5692),
    Business("BLR", "Matinee House", "cinema", "Rajajinagar", 12.9915, 77.5556),
    Business("BLR", "Airport Road Plants", "home", "Hebbal", 13.0358, 77.5970),
    Business("BLR", "North Gate Meals", "restaurant", "Yelahanka", 13.0990, 77.5961),
)


def rider_phone(number: int) -> str:
    """Return the phone of the rider with this number (from 1 to 12)."""
    return f"{PHONES}{number:02}"


def owner_phone(number: int) -> str:
    """Return the phone of the owner of the business with this number (from 1 to 40)."""
    return f"{PHONES}{19 + number:02}"


def helper_phone(number: int) -> str:
    """Return the phone of the one other member of that business's staff."""
    return f"{PHONES}{59 + number:02}"


def outlets_of(number: int, business: Business) -> list[tuple[str, Point]]:
    """Return the outlets of the business with this number (from 1): name and place."""
    outlets = [(business.address, Point(business.latitude, business.longitude))]
    if number % _SECOND_OUTLET_EVERY == 0:
        # No secret is drawn here: the same number always gives the same place.
        draw = Random(_SEED + number)  # noqa: S311
        north, east = (draw.uniform(-_SPREAD_DEGREES, _SPREAD_DEGREES) for _ in range(2))
        place = Point(round(business.latitude + north, 5), round(business.longitude + east, 5))
        outlets.append((f"{business.address} 2", place))
    return outlets


def _weekly(days: range | tuple[int, ...], start: time, end: time) -> tuple[Window, ...]:
    return tuple(Window(day, start, end) for day in days)


# What differs from one kind of deal to the next; money in paise.
_KINDS: tuple[dict[str, Any], ...] = (  # Any: the terms are of many types
    {"title": "Ride free up to ₹100", "cap_paise": 100_00, "discount_bps": 10_00},
    {
        "title": "Your fare back, up to ₹80",
        "cap_paise": 80_00,
        "basis": Basis.ACTUAL_CAPPED,
        "daily_budget_paise": 10_000_00,
    },
    {
        "title": "We pay all but the first ₹30 of your ride",
        "cap_paise": 120_00,
        "basis": Basis.DEDUCTIBLE,
        "deductible_paise": 30_00,
    },
    {
        "title": "First visit: ₹150 of your ride on us",
        "cap_paise": 150_00,
        "cpa_enabled": True,
        "audience": Campaign.Audience.NEW_ONLY,
        "per_rider": 1,
    },
    {
        "title": "Late night ride home",
        "cap_paise": 90_00,
        "discount_bps": 5_00,
        "windows": _weekly(FRIDAY_AND_SATURDAY, time(20, 0), time(2, 0)),
    },
    {
        "title": "Lunch hour, ₹50 towards the ride",
        "cap_paise": 50_00,
        "windows": _weekly(MONDAY_TO_FRIDAY, time(12, 0), time(15, 30)),
    },
    {
        "title": "Ten seats a day, ₹200 each",
        "cap_paise": 200_00,
        "daily_seats": 10,
        "per_rider_per_day": 1,
    },
    {
        "title": "Nearby? ₹40 for coming over",
        "cap_paise": 40_00,
        "geofence_policy": Campaign.GeofencePolicy.RIDER_LOCATION,
        "booking_ttl_minutes": 90,
    },
    {"title": "15 % off your bill", "cap_paise": 0, "discount_bps": 15_00},
    {
        "title": "Welcome back: ₹60 for regulars",
        "cap_paise": 60_00,
        "audience": Campaign.Audience.RETURNING_ONLY,
        "budget_paise": 25_000_00,
    },
    {
        "title": "Print your code, ₹70 of your ride",
        "cap_paise": 70_00,
        "static_qr": True,
        "seats": 500,
        "per_outlet_daily": 40,
    },
)


def deals_of(number: int) -> list[Terms]:
    """Return the deals of the business with this number (from 1): one, for every third two."""
    kinds = [_KINDS[(number - 1) % len(_KINDS)]]
    if number % 3 == 0:
        kinds.append(_KINDS[(number + 4) % len(_KINDS)])
    return [Terms(description="Come by auto, bus or metro.", **kind) for kind in kinds]


# The terms that an operator has to look at: beyond the zone's standing limit for a single ride.
REVIEWED = Terms(title="Launch week: rides up to ₹900", cap_paise=900_00, seats=50)
