"""The small forms that messages are made of: places, money, tags, people, stops."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.ondc.outgoing.context import Json, moment
from uma.kernel.geo import Point

CURRENCY = "INR"
WOMAN = "FEMALE"
_PHONE = re.compile(r"[0-9]{10}")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def gps(place: Point) -> str:
    """Return six decimals, comma and a space: the one form that every validator takes."""
    return f"{place.latitude:.6f}, {place.longitude:.6f}"


def money(paise: int) -> str:
    """Return an amount of ours in rupees, always with two decimals."""
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"


def price(value: str) -> Json:
    """
    Return an amount as its author wrote it.

    Raises:
        ValueError: it is no decimal number
    """
    if not _DECIMAL.fullmatch(value):
        raise ValueError(f"{value} is no amount")
    return {"value": value, "currency": CURRENCY}


def tags(code: str, values: Mapping[str, str], *, name: str = "") -> Json:
    """Return a group of tags, its entries in the order given."""
    descriptor = {"code": code, "name": name} if name else {"code": code}
    return {
        "descriptor": descriptor,
        "display": False,
        "list": [{"descriptor": {"code": each}, "value": value} for each, value in values.items()],
    }


def woman() -> Json:
    """Return a woman of whom nothing else is said: who asks for her, or who is to drive."""
    return {"person": {"gender": WOMAN}}


@dataclass(frozen=True, slots=True)
class Person:
    """The rider as the seller may know them: a name and ten digits, nothing else."""

    name: str
    phone: str
    email: str = ""

    def __post_init__(self) -> None:
        if not self.name or not _PHONE.fullmatch(self.phone):
            raise ValueError("a rider has a name and a number of ten digits")

    def customer(self) -> Json:
        return {"contact": {"phone": self.phone}, "person": {"name": self.name}}

    def billing(self) -> Json:
        return {"name": self.name}

    def billing_in_full(self) -> Json:
        email = {"email": self.email} if self.email else {}
        return {"name": self.name, **email, "phone": f"+91-{self.phone}"}


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way: by its position, or by the code of a station."""

    kind: str
    place: Point | None = None
    code: str = ""
    name: str = ""
    at: datetime | None = None
    id: str = ""
    parent: str = ""

    def __post_init__(self) -> None:
        if self.place is None and not self.code:
            raise ValueError("a stop has a position or a code")
        if self.kind not in {"START", "END", "INTERMEDIATE_STOP"}:
            raise ValueError(f"{self.kind} is no kind of stop")

    def beckn(self) -> Json:
        location: Json = {}
        if self.code:
            named = {"name": self.name} if self.name else {}
            location["descriptor"] = {"code": self.code, **named}
        if self.place is not None:
            location["gps"] = gps(self.place)
        stop: Json = {"type": self.kind, "location": location}
        if self.id:
            stop["id"] = self.id
        if self.parent:
            stop["parent_stop_id"] = self.parent
        if self.at is not None:
            stop["time"] = {"timestamp": moment(self.at)}
        return stop


def stops(found: Sequence[Stop]) -> list[Json]:
    """
    Return a way's stops; those of a way with stops between are chained.

    Raises:
        ValueError: it does not begin with its start
    """
    if not found or found[0].kind != "START":
        raise ValueError("a way begins with its start")
    return [stop.beckn() for stop in found]


def chained(places: Sequence[Point]) -> list[Stop]:
    """Return the stops of a way with stops between, each named after the one before it."""
    last = len(places) - 1
    kinds = {0: "START", last: "END"}
    return [
        Stop(
            kinds.get(number, "INTERMEDIATE_STOP"),
            place=place,
            id=str(number + 1),
            parent=str(number) if number else "",
        )
        for number, place in enumerate(places)
    ]
