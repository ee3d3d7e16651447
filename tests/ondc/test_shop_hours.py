"""A shop's weekly hours, from each way in which sellers tell them; what cannot be read is not told."""

from typing import Any

import pytest

from apps.ondc.catalogue_told import providers_of
from apps.ondc.shop_hours import hours_of, windows_of

Json = dict[str, Any]  # Any: JSON documents
WEEK = tuple(range(7))


def timing(**told: str) -> Json:
    values = {"type": "Order", "location": "L1", "day_from": "1", "day_to": "7"} | told
    return {
        "code": "timing",
        "list": [{"code": name, "value": value} for name, value in values.items()],
    }


def told(place: Json, *tags: Json) -> list[tuple[int, int, int]] | None:
    found = hours_of({"id": "L1", "time": place}, {"tags": list(tags)})
    return None if found is None else [(one["dow"], one["start"], one["end"]) for one in found]


def daily(start: int, end: int, days: tuple[int, ...] = WEEK) -> list[tuple[int, int, int]]:
    return [(day, start, end) for day in days]


SLOTS = [f"{hour:02}{minute:02}" for hour in (7, 8, 19) for minute in (0, 30)]
TABLE: dict[str, tuple[Json, list[Json], list[tuple[int, int, int]] | None]] = {
    "nothing": ({}, [], None),
    "a label alone": ({"label": "enable", "timestamp": "2026-03-02T06:30:00.000Z"}, [], None),
    "a range": ({"range": {"start": "0930", "end": "22:15"}}, [], daily(570, 1335)),
    "a range of some days": (
        {"days": "1,2, 7", "range": {"start": "0900", "end": "1700"}}, [], daily(540, 1020, (0, 1, 6)),
    ),
    "past midnight": ({"range": {"start": "1700", "end": "0200"}}, [], daily(1020, 120)),
    "until the day ends": ({"range": {"start": "1700", "end": "2359"}}, [], daily(1020, 0)),
    "half hours that follow on each other": (
        {"schedule": {"frequency": "PT30M", "times": SLOTS}}, [],
        [one for day in WEEK for one in ((day, 420, 540), (day, 1140, 1200))],
    ),
    "tags before the place's own": (
        {"range": {"start": "0000", "end": "2359"}},
        [timing(time_from="0630", time_to="0200")],
        daily(390, 120),
    ),
    "tags of each day": (
        {},
        [
            timing(day_from="6", day_to="1", time_from="0900", time_to="1200"),
            timing(day_from="3", day_to="3", time_from="1000", time_to="1100"),
        ],
        [(0, 540, 720), (2, 600, 660), (5, 540, 720), (6, 540, 720)],
    ),
    "whether one may come goes before what is delivered": (
        {},
        [
            timing(type="Delivery", time_from="0000", time_to="2300"),
            timing(type="Self-Pickup", time_from="0900", time_to="2100"),
            timing(type="Order", time_from="0600", time_to="2200"),
        ],
        daily(540, 1260),
    ),
    "tags of another place": ({}, [timing(location="L2", time_from="0900", time_to="1200")], None),
    "hours that no clock shows": (
        {"range": {"start": "2561", "end": "9"}}, [timing(time_from="x", time_to="²²²²")], None,
    ),
    "slots of no length": ({"schedule": {"frequency": "PT0S", "times": ["0700"]}}, [], None),
    "times that are no list": ({"schedule": {"frequency": "PT1H", "times": 7}}, [], None),
}  # fmt: skip


@pytest.mark.parametrize(("place", "tags", "expected"), TABLE.values(), ids=TABLE)
def test_hours_are_read_as_they_are_told(
    place: Json, tags: list[Json], expected: list[tuple[int, int, int]] | None
) -> None:
    assert told(place, *tags) == expected


def test_what_was_read_makes_windows_of_the_zones_clock() -> None:
    for place, tags, expected in TABLE.values():
        found = hours_of({"id": "L1", "time": place}, {"tags": tags})
        assert len(windows_of(found or [])) == len(expected or [])


def providers(*shops: Json) -> Json:
    return {"message": {"catalog": {"bpp/providers": list(shops)}}}


def test_of_a_change_only_what_it_carries_is_told() -> None:
    change = {
        "id": "P1",
        "locations": [
            {
                "id": "L1",
                "time": {
                    "label": "close",
                    "range": {
                        "start": "2026-03-13T11:07:44.393Z",
                        "end": "2026-03-13T11:52:44.393Z",
                    },
                },
            }
        ],
        "items": [{"id": "I1", "quantity": {"available": {"count": 0}}}],
    }

    (one,) = providers_of(providers(change))

    assert one.facts == {}
    (place,), (goods,) = one.places, one.goods
    assert set(place.facts) == {"closed_from", "closed_until"}
    assert goods.facts == {"is_available": False}


def test_what_is_no_use_is_counted_and_extras_are_left_out() -> None:
    extra = {"code": "type", "list": [{"code": "type", "value": "customization"}]}
    shop = {
        "id": "P1",
        "descriptor": {"name": "  A\nCafé "},
        "locations": [{"gps": "1,2"}, {"id": "L1", "gps": "91,0"}],
        "items": [
            {"descriptor": {"name": "without an id"}},
            {"id": "X", "tags": [extra]},
            {"id": "I1", "price": {"value": "-5"}, "descriptor": {"name": "Tea"}},
        ],
    }

    found = list(providers_of(providers(shop, {"descriptor": {"name": "nobody"}}, {"id": ["x"]})))

    (one,) = found
    assert one.skipped == 2
    assert one.facts["name"] == "A Café"
    assert [goods.item_id for goods in one.goods] == ["I1"]
    assert "price_paise" not in one.goods[0].facts
    assert one.places[0].facts == {}
