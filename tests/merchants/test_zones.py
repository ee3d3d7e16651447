"""Zones: opened, drawn and paused."""

from typing import Any

import pytest

from apps.accounts.models import AuditEvent
from apps.merchants import selectors, services
from apps.merchants.errors import (
    BoundaryInvalid,
    ReasonRequired,
    TimezoneUnknown,
    UnknownZone,
)
from apps.merchants.models import Zone
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.merchants.making import (
    NOON,
)
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
SQUARE = [[74.7, 13.3], [74.9, 13.3], [74.9, 13.4], [74.7, 13.4], [74.7, 13.3]]
HOLE = [[74.79, 13.35], [74.80, 13.35], [74.80, 13.36], [74.79, 13.36], [74.79, 13.35]]


def open_zone(code: str = "MNP", **more: Any) -> Zone:
    facts: dict[str, Any] = {
        "name": "Manipal",
        "std_city_code": "std:0820",
        "state_code": "29",
        "platform_state_code": "29",
        "now": NOON,
    }
    return services.open_zone(code=code, **(facts | more))


def test_a_zone_is_opened_with_its_own_accounts() -> None:
    open_zone()

    found = ledger.balances_paise(codes=codes.zone_accounts("MNP"))
    assert set(found.values()) == {0}
    assert len(found) == len(codes.ZoneAccount)


def test_a_time_zone_that_does_not_exist_opens_nothing() -> None:
    with pytest.raises(TimezoneUnknown):
        open_zone(timezone="Asia/Manipal")
    assert not Zone.objects.exists()


@pytest.mark.parametrize(
    "boundary",
    [
        {"type": "Point", "coordinates": [74.7, 13.3]},
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": ["x"]},
        {"type": "Polygon", "coordinates": [SQUARE[:3]]},
        {"type": "Polygon", "coordinates": [SQUARE[:-1]]},
        {"type": "Polygon", "coordinates": [[[13.3, 174.7, 1]] * 4]},
        {"type": "Polygon", "coordinates": [[[13.3, 174.7]] * 4]},
    ],
)
def test_a_boundary_that_is_no_polygon_opens_nothing(boundary: Any) -> None:
    with pytest.raises(BoundaryInvalid):
        open_zone(boundary=boundary)
    assert not Zone.objects.exists()


def test_a_place_lies_in_the_zone_whose_boundary_holds_it() -> None:
    open_zone(boundary={"type": "Polygon", "coordinates": [SQUARE, HOLE]})
    open_zone("BLR")

    def zone_of(latitude: float, longitude: float) -> str | None:
        found = selectors.zone_at(place=Point(latitude=latitude, longitude=longitude))
        return None if found is None else found.code

    assert zone_of(13.31, 74.71) == "MNP"
    assert zone_of(13.355, 74.795) is None
    assert zone_of(13.31, 74.91) is None


def test_pausing_a_zone_takes_a_reason_and_leaves_a_trace() -> None:
    open_zone()

    with pytest.raises(ReasonRequired):
        services.pause_zone(code="MNP", actor_id=None, reason="  ", now=NOON)
    with pytest.raises(UnknownZone):
        services.pause_zone(code="XXX", actor_id=None, reason="flood", now=NOON)
    services.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)

    assert selectors.zone(code="MNP").bookings_paused_at == NOON
    assert AuditEvent.objects.get().action == "zone.paused"
    services.resume_zone(code="MNP", actor_id=None, reason="dry", now=NOON)
    assert selectors.zone(code="MNP").bookings_paused_at is None


def test_the_nearest_zone_is_named_for_a_place_outside_every_zone() -> None:
    assert selectors.nearest_zone(place=Point(13.0, 74.8)) is None
    far = [[longitude + 3, latitude] for longitude, latitude in SQUARE]
    open_zone("MNP", boundary={"type": "Polygon", "coordinates": [SQUARE]})
    open_zone("BLR", boundary={"type": "Polygon", "coordinates": [far]})
    open_zone("XXX")

    found = selectors.nearest_zone(place=Point(13.2, 74.8))

    assert found is not None
    assert found.zone.code == "MNP"
    assert 11_000 < found.away_m < 11_250
