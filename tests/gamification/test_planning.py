"""Tonight's missions: what makes each kind possible, in time and distance, and what takes it out again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from apps.campaigns import services as campaigns
from apps.campaigns.selectors import Offered
from apps.gamification import services
from apps.gamification.drafts import Draft, Night
from apps.gamification.generating import generate
from apps.gamification.models import Mission
from apps.gamification.selectors import Candidate
from apps.gamification.services.nightly import begins_at, night_of
from apps.merchants import services as merchants
from tests.factories import MANIPAL, NOON, Shop, make_shop
from tests.gamification.making import make_mission
from uma.kernel.geo import Point
from uma.kernel.mongo import DocumentsAway
from uma.kernel.zones import Window

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INDIA = "Asia/Kolkata"
BEGINS = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
NIGHT = Night("MNP", INDIA, BEGINS, BEGINS + DAY, {})
EVERY_DAY = range(7)


def open_from(start: int, end: int) -> tuple[Window, ...]:
    return tuple(Window(dow, time(start), time(end)) for dow in EVERY_DAY)


def offer(number: int, category: str = "cafe", **facts: object) -> Offered:
    known: dict[str, object] = {
        "campaign_id": UUID(int=number), "outlet_id": UUID(int=1000 + number),
        "merchant_id": UUID(int=2000 + number), "merchant_name": f"Shop {number}",
        "title": "Free ride", "category": category, "location": Point(13.35, 74.79), "windows": (),
        "cap_paise": 150_00, "discount_bps": 1000, "left_permille": 1000, "is_boosted": False,
    }  # fmt: skip
    return Offered(**(known | facts))  # type: ignore[arg-type]  # as named


def told(name: str = "Bus 5", **facts: object) -> Candidate:
    known: dict[str, object] = {
        "source_id": name, "name": name, "provider": "City Bus", "latitude": 13.35, "longitude": 74.79,
    }  # fmt: skip
    return Candidate(**(known | facts))  # type: ignore[arg-type]  # as named


def first(offers: Sequence[Offered], kind: str, rides: Sequence[Candidate] = ()) -> Draft:
    return next(one for one in generate(offers, rides=rides, night=NIGHT) if one.kind == kind)


FAR, AWAY = Point(13.35 + 0.03, 74.79), Point(13.35 + 0.02, 74.79)


# Two places of different kinds, open at hours that can just be met one after the other, or not.
DOSA = told("Masala dosa", provider="Shop 1", price_paise=60_00)
TABLE: dict[str, tuple[list[Offered], list[Candidate], list[Candidate], list[str]]] = {
    "nothing": ([], [], [], []),
    "one deal": ([offer(1)], [], [], []),
    "two kinds near each other": ([offer(1), offer(2, "gym")], [], [], ["multi_stop"]),
    "two kinds 3.3 km apart": ([offer(1), offer(2, "gym", location=FAR)], [], [], []),
    "two of one kind": ([offer(1), offer(2)], [], [], []),
    "hours that no stretch of six holds": (
        [offer(1, windows=open_from(8, 10)), offer(2, "gym", windows=open_from(20, 23))], [], [],
        ["time_boxed"],
    ),
    "the last of one and the first of another": (
        [offer(1, windows=open_from(8, 13)), offer(2, "gym", windows=open_from(18, 23))], [], [],
        ["multi_stop"],
    ),
    "one hour for both, next to each other": (
        [offer(1, windows=open_from(8, 9)), offer(2, "gym", windows=open_from(8, 9))], [], [],
        ["multi_stop", "time_boxed"],
    ),
    "one hour for both, and two kilometres between": (
        [offer(1, windows=open_from(8, 9)), offer(2, "gym", windows=open_from(8, 9), location=AWAY)],
        [], [], ["time_boxed"],
    ),
    "three of one kind": ([offer(1), offer(2), offer(3)], [], [], ["explore"]),
    "open for two hours": ([offer(1, windows=open_from(17, 19))], [], [], ["time_boxed"]),
    "paid for": ([offer(1, is_boosted=True)], [], [], ["sponsored"]),
    "a bus to it": ([offer(1)], [told()], [], ["transit_plus_visit"]),
    "a bus that stops elsewhere": ([offer(1)], [told(latitude=FAR.latitude)], [], []),
    "a bus that comes before it closes": (
        [offer(1, windows=open_from(8, 14))], [told(hours=open_from(13, 20))], [],
        ["transit_plus_visit"],
    ),
    "a bus that comes when it has closed": (
        [offer(1, windows=open_from(8, 14))], [told(hours=open_from(14, 20))], [], [],
    ),
    "goods of a place of ours, and a deal": (
        [offer(1), offer(2, "gym", location=AWAY)], [], [DOSA], ["multi_stop"],
    ),
    "goods that nobody can prove": ([offer(2, "gym")], [], [DOSA], []),
    "goods that are bought through us": (
        [offer(2, "gym")], [], [replace(DOSA, is_sold_here=True)], ["multi_stop"],
    ),
    "goods too far from the deal": (
        [offer(2, "gym", location=FAR)], [], [replace(DOSA, is_sold_here=True)], [],
    ),
    "goods that are sold out by then": (
        [offer(2, "gym", windows=open_from(20, 23))], [],
        [replace(DOSA, is_sold_here=True, hours=open_from(8, 10))], ["time_boxed"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("offers", "rides", "goods", "expected"), TABLE.values(), ids=TABLE)
def test_each_kind_of_mission_is_made_of_what_makes_it_possible(
    offers: list[Offered], rides: list[Candidate], goods: list[Candidate], expected: list[str]
) -> None:
    drafts = generate(offers, rides=rides, goods=goods, night=NIGHT)

    assert sorted({draft.kind for draft in drafts}) == expected


def steps_of(draft: Draft) -> list[dict[str, object]]:
    steps: list[dict[str, object]] = draft.content["steps"]  # type: ignore[assignment]  # JSON
    return steps


def test_goods_are_proven_where_they_are_sold_by_somebody_we_know() -> None:
    elsewhere = replace(DOSA, longitude=DOSA.longitude + 0.002)
    another = replace(DOSA, provider="Dosa House")
    near = [offer(1), offer(2, "gym", location=AWAY)]

    made = [
        {step["kind"]: step.get("outlet_id") for draft in generate(near, goods=[goods], night=NIGHT)
         for step in steps_of(draft)}.get("commerce", "no")
        for goods in (DOSA, elsewhere, another)
    ]  # fmt: skip

    assert made == [str(UUID(int=1001)), "no", "no"]


def test_a_bus_serves_each_deal_once_and_its_ticket_comes_first() -> None:
    two = [told("Bus 5"), told("Bus 7", price_paise=15_00)]

    drafts = generate([offer(1), offer(2)], rides=two, night=NIGHT)

    # Each of the buses goes to another deal, and what is asked for is a ticket.
    assert len({draft.campaigns for draft in drafts}) == len(drafts) == 2
    for draft in drafts:
        assert (draft.kind, draft.content["ordered"]) == ("transit_plus_visit", True)
        ride, visit = steps_of(draft)
        assert (ride["kind"], ride["category"], visit["kind"]) == ("ride", "transit", "deal")


def test_why_names_the_ride_its_fare_and_how_far_the_deal_is() -> None:
    made = first(
        [offer(1, location=AWAY, windows=open_from(8, 14))], "transit_plus_visit",
        rides=[told("Bus 5", price_paise=15_00)],
    )  # fmt: skip

    assert made.content["why"] == (
        "City Bus runs here from ₹15, and 2.2 km from the stop a deal is worth ₹190: both between 08:00 and"
        " 14:00."
    )


def test_what_is_over_for_tonight_is_not_offered_any_more() -> None:
    late = replace(NIGHT, now=BEGINS + 17 * HOUR)
    short, long = offer(1, windows=open_from(8, 10)), offer(2, windows=open_from(17, 20))

    kinds = [draft.campaigns for draft in generate([short, long], night=late)]

    assert kinds == [(UUID(int=2),)]


def test_the_same_input_in_any_order_makes_the_same_missions() -> None:
    offers = [offer(n, ("cafe", "gym", "salon")[n % 3]) for n in range(12)]

    forth, back = (generate(rows, night=NIGHT) for rows in (offers, offers[::-1]))

    assert forth == back
    ids = [draft.identity(zone_code="MNP", night=date(2026, 3, 2)) for draft in forth]
    assert len(set(ids)) == len(ids) > 3


def test_a_score_is_worth_times_novelty_times_budget() -> None:
    pair = [offer(1), offer(2, "gym")]
    full = first(pair, "multi_stop").score
    half = first([replace(one, left_permille=500) for one in pair], "multi_stop").score
    old = generate(pair, night=replace(NIGHT, seen={UUID(int=2001): 1, UUID(int=2002): 1}))

    # Twice the ride, and ten percent of an ordinary bill.
    assert full == 2 * (150_00 + 40_00)
    assert (half, old[0].score) == (full // 2, full // 2)


def test_why_says_the_numbers_the_mission_was_made_by() -> None:
    near = [
        offer(1, windows=open_from(18, 23)),
        offer(2, "gym", location=Point(13.355, 74.79), windows=open_from(18, 23)),
    ]

    why = first(near, "multi_stop").content["why"]

    assert why == (
        "2 deals worth ₹380 within 0.6 km of each other, in one trip between 18:00 and 23:00,"
        " and new here this week."
    )


def test_no_campaign_stands_in_more_than_two_missions() -> None:
    offers = [offer(n, ("cafe", "gym", "salon", "cinema")[n % 4]) for n in range(8)]
    drafts = generate(offers, night=NIGHT)

    named = [one for draft in drafts for one in draft.content["campaigns"]]  # type: ignore[attr-defined]
    assert max(map(named.count, named)) <= 2


@pytest.mark.parametrize(
    ("now", "zone", "night"),
    [
        (datetime(2026, 3, 1, 20, 29, tzinfo=UTC), INDIA, date(2026, 3, 1)),
        (datetime(2026, 3, 1, 20, 30, tzinfo=UTC), INDIA, date(2026, 3, 2)),
        # Where the clock skips two o'clock, and where it strikes one twice.
        (datetime(2026, 3, 8, 6, 59, tzinfo=UTC), "America/New_York", date(2026, 3, 7)),
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "America/New_York", date(2026, 3, 8)),
        (datetime(2026, 11, 1, 6, 59, tzinfo=UTC), "America/New_York", date(2026, 10, 31)),
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), "America/New_York", date(2026, 11, 1)),
    ],
)
def test_a_night_begins_at_two_on_the_zones_clock(now: datetime, zone: str, night: date) -> None:
    assert night_of(now, zone) == night
    assert begins_at(night, zone) <= now


@pytest.mark.django_db
def test_the_nightly_run_makes_missions_once_and_takes_out_what_is_impossible() -> None:
    shops = [make_shop(f"Shop {n}") for n in range(3)]

    made = [services.generate_missions(zone_code="MNP", now=NOON) for _ in range(2)]

    assert made[0] >= 1
    assert made[1] == 0
    assert services.zones_to_plan(now=NOON) == []
    assert services.zones_to_plan(now=NOON + DAY) == ["MNP"]
    exploring = Mission.objects.get(kind="explore")
    assert exploring.content["why"].startswith("3 places of this kind have a deal today")
    campaigns.end(
        campaign_id=shops[0].campaign.pk, merchant_id=shops[0].merchant.pk, actor_id=None, now=NOON
    )
    assert services.expire_missions(now=NOON) >= 1
    exploring.refresh_from_db()
    assert exploring.expired_at == NOON
    assert services.expire_missions(now=NOON) == 0


@pytest.mark.django_db
def test_a_rerun_later_in_the_night_adds_nothing_to_a_full_list() -> None:
    make_shop("Late Show", windows=open_from(18, 20))
    assert services.generate_missions(zone_code="MNP", now=NOON, top=1) == 1

    # Three places to explore are worth more than its happy hour.
    for number in range(2):
        make_shop(f"Shop {number}")

    assert services.generate_missions(zone_code="MNP", now=NOON, top=1) == 0
    assert services.generate_missions(zone_code="MNP", now=NOON) == 1


BUS_STOP = told("Bus 5", latitude=MANIPAL.latitude, longitude=MANIPAL.longitude)


def buses(*, zone_id: str, now: datetime) -> list[Candidate]:
    del now
    return [BUS_STOP] if zone_id == "MNP" else []


def nothing(*, zone_id: str, now: datetime) -> list[Candidate]:
    del zone_id, now
    return []


def away(*, zone_id: str, now: datetime) -> list[Candidate]:
    del zone_id, now
    raise DocumentsAway


def sell(settings: Settings, source: str) -> None:
    settings.MISSION_SOURCES = {"ride": [f"{__name__}.{source}"]}


@pytest.mark.django_db
def test_what_the_network_offers_is_planned_with_and_gone_when_it_is_gone(
    settings: Settings,
) -> None:
    make_shop()
    sell(settings, "buses")
    assert services.generate_missions(zone_code="MNP", now=NOON) == 1
    ride = Mission.objects.get(kind="transit_plus_visit")
    assert [step["kind"] for step in ride.content["steps"]] == ["ride", "deal"]

    # A source that does not answer says nothing; one that lists it no more does.
    sell(settings, "away")
    assert services.expire_missions(now=NOON) == 0
    sell(settings, "nothing")
    assert services.expire_missions(now=NOON) == 1
    sell(settings, "buses")
    assert services.expire_missions(now=NOON) == 1
    ride.refresh_from_db()
    assert ride.expired_at is None
    assert services.generate_missions(zone_code="MNP", now=NOON + HOUR) == 0


def pause(shop: Shop, status: str) -> None:
    merchants.set_outlet_status(
        outlet_id=shop.outlet.pk, status=status, actor_id=uuid4(), reason="power cut", now=NOON
    )


@pytest.mark.django_db
def test_a_mission_comes_and_goes_with_its_place_and_goes_for_good_with_the_day() -> None:
    shop = make_shop(windows=open_from(8, 20))
    other = make_shop("Gym", windows=open_from(8, 20))
    mission = plan_pair(shop, other)

    def expires(now: datetime = NOON) -> tuple[int, bool]:
        changed = services.expire_missions(now=now)
        mission.refresh_from_db()
        return changed, mission.expired_at is not None

    assert expires() == (0, False)
    pause(shop, "PAUSED")
    assert expires() == (1, True)
    assert expires() == (0, True)
    pause(shop, "OPEN")
    assert expires() == (1, False)
    # A paused zone says nothing about its missions.
    merchants.pause_zone(code="MNP", actor_id=uuid4(), reason="election", now=NOON)
    assert expires() == (0, False)
    merchants.resume_zone(code="MNP", actor_id=uuid4(), reason="over", now=NOON)
    # Both close at eight: at seven there is time for both, a quarter later there is not.
    assert expires(local(19, 0)) == (0, False)
    assert expires(local(19, 15)) == (1, True)


def local(hour: int, minute: int) -> datetime:
    """Return an instant of the day by the clock in India."""
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


def plan_pair(*shops: Shop) -> Mission:
    """Put the shops' deals into one mission."""
    return make_mission(
        steps=[
            {
                "kind": "deal", "title": "A deal", "campaign_id": str(shop.campaign.pk),
                "outlet_id": str(shop.outlet.pk),
            }
            for shop in shops
        ],
        lasts=8 * HOUR,
        now=NOON,
    )  # fmt: skip
