"""A generated city with planted fraud, one seed one city: who lives there, what they do, and its rows."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from uma.kernel.geo import Point
from uma.kernel.ids import first_id_of

CENTRE = Point(13.3525, 74.7928)
CAP_PAISE = 150_00
# Of all visits, each kind about as much as the others.
PLANTED = 0.03
# Honest habits that look odd now and then.
REGULARS, FAMILIES, TRIPLES, BLIND_SHOPS, BLIND_POSTS = 0.067, 0.05, 0.006, 0.10, 0.03
REMOTE, TWICE, LATE, FARES = 0.003, 0.004, 0.002, 0.3
CAMOUFLAGE = "camouflage"


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit of the city; `kind` says which fraud it is, and is empty for an honest one."""

    id: UUID
    booking_id: UUID
    rider_id: UUID
    merchant_id: UUID
    outlet_id: UUID
    actor_id: UUID
    at: datetime
    paise: int
    distance_m: int | None
    fare_paise: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant with one outlet; of its scanners some do not say where they stand."""

    id: UUID
    outlet_id: UUID
    place: Point
    scanners: tuple[UUID, ...]
    blind: frozenset[UUID]


@dataclass(slots=True)
class City:
    """Everybody and everything of one seed."""

    zone: str
    dice: random.Random
    begin: datetime
    days: int
    shops: list[Shop] = field(default_factory=list)
    riders: list[UUID] = field(default_factory=list)
    devices: dict[str, list[UUID]] = field(default_factory=dict)
    accounts: dict[str, list[UUID]] = field(default_factory=dict)
    visits: list[Visited] = field(default_factory=list)

    def crooks(self) -> set[UUID]:
        """Return who did anything that was planted."""
        return {one.rider_id for one in self.visits if one.kind not in {"", CAMOUFLAGE}}

    def new_id(self, at: datetime) -> UUID:
        """Return an id of a moment, by the seed."""
        return UUID(int=first_id_of(at).int | self.dice.getrandbits(62))

    def person(self) -> UUID:
        """Return somebody new."""
        who = self.new_id(self.begin)
        self.riders.append(who)
        return who

    def visit(
        self,
        rider_id: UUID,
        shop: Shop,
        at: datetime,
        kind: str = "",
        *,
        actor_id: UUID | None = None,
        distance_m: int | None = -1,
        fare_paise: int | None = None,
    ) -> None:
        """Let somebody come; -1 stands for what the scanner says of its place by itself."""
        actor = actor_id or self.dice.choice(shop.scanners)
        if distance_m == -1:
            away = self.dice.randint(400, 3_000) if self.dice.random() < REMOTE else None
            near = away or int(abs(self.dice.gauss(0, 40)))
            distance_m = None if actor in shop.blind else near
        if fare_paise is None and self.dice.random() < FARES:
            fare_paise = self.dice.randint(60_00, 260_00)
        paise = CAP_PAISE if fare_paise is None else min(fare_paise, CAP_PAISE)
        booked = self.new_id(at - timedelta(minutes=30))
        self.visits.append(
            Visited(
                self.new_id(at), booked, rider_id, shop.id, shop.outlet_id, actor, at, paise,
                distance_m, fare_paise, kind,
            )
        )  # fmt: skip

    def moment(self, day: int) -> datetime:
        """Return a moment of a day, 7 to 22 by India's clock."""
        return self.begin + timedelta(
            days=day, minutes=self.dice.randint(90, 990), seconds=day % 60
        )


def plan(seed: int, *, riders: int, merchants: int, days: int, begin: datetime) -> City:
    """Let a city live for so many days; the same seed gives the same city."""
    city = City(f"F{seed}", random.Random(seed), begin, days)  # noqa: S311 — a game, no secret
    for _ in range(merchants):
        city.shops.append(_shop(city))
    residents = [city.person() for _ in range(riders)]
    _share(city, residents)
    for rider_id in residents:
        _live(city, rider_id)
    wanted = int(len(city.visits) * PLANTED / (1 - PLANTED))
    for kind, plant in KINDS.items():
        before, most = len(city.visits), wanted // len(KINDS)
        while _planted(city, kind, since=before) < most:
            plant(city)
    city.visits.sort(key=lambda visit: visit.id)
    return city


def _planted(city: City, kind: str, *, since: int) -> int:
    return sum(visit.kind == kind for visit in city.visits[since:])


def _shop(city: City) -> Shop:
    dice = city.dice
    place = Point(
        CENTRE.latitude + dice.uniform(-0.06, 0.06), CENTRE.longitude + dice.uniform(-0.06, 0.06)
    )
    scanners = tuple(city.new_id(city.begin) for _ in range(dice.choice((1, 2, 2, 3, 4))))
    all_blind = dice.random() < BLIND_SHOPS
    blind = {one for one in scanners if all_blind or dice.random() < BLIND_POSTS}
    begin = city.begin
    return Shop(city.new_id(begin), city.new_id(begin), place, scanners, frozenset(blind))


def _share(city: City, residents: list[UUID]) -> None:
    """Let families share phones, a few flatmates an account, and two spouses of staff the shop's tablet."""
    alone = list(residents)
    city.dice.shuffle(alone)
    for number in range(int(len(residents) * FAMILIES / 2)):
        city.devices[f"two {number}"] = [alone.pop(), alone.pop()]
    for number in range(int(len(residents) * TRIPLES / 3)):
        city.devices[f"three {number}"] = [alone.pop(), alone.pop(), alone.pop()]
    for number in range(len(residents) // 500):
        city.accounts[f"flat {number}"] = [alone.pop(), alone.pop()]
    for number in range(2):
        city.devices[f"tablet {number}"] = [alone.pop(), city.dice.choice(city.shops).scanners[0]]
    for number, rider_id in enumerate(alone):
        city.devices[f"own {number}"] = [rider_id]


def _live(city: City, rider_id: UUID) -> None:
    """Let somebody honest come and go."""
    dice, regular = city.dice, city.dice.random() < REGULARS
    favourite = dice.choice(city.shops)
    for day in range(city.days):
        going = [favourite] if regular and dice.random() < 0.7 else []
        going += [dice.choice(city.shops)] if dice.random() < (0.12 if regular else 0.07) else []
        at = city.moment(day)
        for shop in going:
            late = timedelta(hours=dice.randint(1, 5)) if dice.random() < LATE else timedelta()
            city.visit(rider_id, shop, at + late)
            if dice.random() < TWICE:
                city.visit(rider_id, shop, at + timedelta(minutes=dice.randint(45, 110)))
            # As long as a way through the town takes, with what one came for.
            at += timedelta(minutes=dice.randint(45, 240))


def _some_days(city: City, count: int) -> list[int]:
    return sorted(city.dice.sample(range(city.days), min(count, city.days)))


def _also_honest(city: City, rider_id: UUID) -> None:
    """Let somebody dishonest go elsewhere as everybody does: counted on neither side."""
    if city.dice.random() < 0.5:
        for day in _some_days(city, 4):
            city.visit(rider_id, city.dice.choice(city.shops), city.moment(day), CAMOUFLAGE)


def _self_dealing(city: City) -> None:
    """The shop's own people come as riders, by a second account on their phone."""
    shop, rider_id = city.dice.choice(city.shops), city.person()
    city.devices[f"staff {rider_id}"] = [rider_id, shop.scanners[0]]
    for day in _some_days(city, 10):
        city.visit(rider_id, shop, city.moment(day), "self_dealing")
    _also_honest(city, rider_id)


def _device_farm(city: City) -> None:
    """Six accounts on one phone, one after the other, at a shop that lets them."""
    shop, people = city.dice.choice(city.shops), [city.person() for _ in range(6)]
    city.devices[f"farm {people[0]}"] = people
    for rider_id in people:
        for day in _some_days(city, 8):
            city.visit(rider_id, shop, city.moment(day), "device_farm")
        _also_honest(city, rider_id)


def _ring(city: City) -> None:
    """Eight accounts, no phone with more than two: tied by phones and payout accounts in turns."""
    shop, people = city.dice.choice(city.shops), [city.person() for _ in range(8)]
    for number, pair in enumerate(pairwise(people)):
        ties = city.devices if number % 2 else city.accounts
        ties[f"ring {pair[0]}"] = list(pair)
    for rider_id in people:
        for day in _some_days(city, 6):
            city.visit(rider_id, shop, city.moment(day), "ring")


def _velocity(city: City) -> None:
    """The same rider twice within two hours, day after day; nobody else is needed for it."""
    shop, rider_id = city.dice.choice(city.shops), city.person()
    first = city.dice.randrange(max(city.days - 8, 1))
    for day in range(first, min(first + 7, city.days)):
        at = city.moment(day)
        city.visit(rider_id, shop, at, "velocity")
        city.visit(rider_id, shop, at + timedelta(minutes=city.dice.randint(5, 100)), "velocity")
    _also_honest(city, rider_id)


def _travel(city: City) -> None:
    """One account in several hands: here and at the other end of the town within minutes."""
    rider_id = city.person()
    for day in _some_days(city, 6):
        at = city.moment(day)
        one, other = city.dice.sample(city.shops, 2)
        city.visit(rider_id, one, at, "travel")
        city.visit(rider_id, other, at + timedelta(minutes=city.dice.randint(1, 4)), "travel")


def _remote(city: City) -> None:
    """Scanned at home, from a picture of the code."""
    shop, rider_id = city.dice.choice(city.shops), city.person()
    for day in _some_days(city, 12):
        away = city.dice.randint(320, 4_000)
        city.visit(rider_id, shop, city.moment(day), "remote", distance_m=away)
    _also_honest(city, rider_id)


def _staff(city: City) -> None:
    """A scanner who hides the place and scans two friends who never came, beside honest work."""
    open_shops = [one for one in city.shops if len(one.scanners) > 1 and not one.blind]
    shop = city.dice.choice(open_shops)
    friends = [city.person() for _ in range(2)]
    for day in _some_days(city, 30):
        city.visit(
            city.dice.choice(friends), shop, city.moment(day), "staff",
            actor_id=shop.scanners[0], distance_m=None,
        )  # fmt: skip


def _hugging(city: City) -> None:
    """Fares agreed with a driver: always just below what the deal pays."""
    rider_id = city.person()
    for day in _some_days(city, 16):
        fare = city.dice.randint(147_00, 149_99)
        city.visit(
            rider_id, city.dice.choice(city.shops), city.moment(day), "hugging", fare_paise=fare
        )


KINDS = {
    "self_dealing": _self_dealing, "device_farm": _device_farm, "ring": _ring, "velocity": _velocity,
    "travel": _travel, "remote": _remote, "staff": _staff, "hugging": _hugging,
}  # fmt: skip


def digest(name: str) -> str:
    """Return what an installation's id is kept as."""
    return hashlib.sha256(name.encode()).hexdigest()


def by_day(visits: list[Visited]) -> Iterator[list[Visited]]:
    """Yield the visits of each day, in their order."""
    found: dict[object, list[Visited]] = {}
    for visit in visits:
        found.setdefault(visit.at.date(), []).append(visit)
    yield from found.values()
