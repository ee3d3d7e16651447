"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much is measured: visits are multiples of `scans.GRAIN`."""

    repetitions: int
    shops: int
    visits: int
    limit_visits: int
    limit_clients: tuple[int, ...]
    control_visits: int
    outlets: int
    searches: int
    bookings: int
    requests: int
    looks: int
    callbacks: int
    few_visits: int
    many_visits: int
    entries: int


FULL = Size(
    repetitions=5,
    shops=100,
    visits=800,
    limit_visits=960,
    limit_clients=(4, 8, 16, 32),
    control_visits=320,
    outlets=200_000,
    searches=200,
    bookings=320,
    requests=100_000,
    looks=60,
    callbacks=1_000,
    few_visits=1_000,
    many_visits=1_000_000,
    entries=10_000_000,
)
SHORT = Size(
    repetitions=1,
    shops=16,
    visits=160,
    limit_visits=160,
    limit_clients=(8,),
    control_visits=160,
    outlets=5_000,
    searches=10,
    bookings=64,
    requests=1_160,
    looks=2,
    callbacks=160,
    few_visits=100,
    many_visits=1_000,
    entries=100_000,
)
