"""All that may be taken away: each lock, constraint and trigger, and the tests that should miss it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from tests.architecture.locks import RACES_IN_SQL, races
from tests.architecture.tables import Place, defined, ours, places_of, rows_of
from tests.mutants.guards import unguarded
from tests.mutants.locks import unlocked


@dataclass(frozen=True)
class Mutant:
    """The platform without one thing that guards it."""

    kind: str
    what: str
    where: str
    places: tuple[Place, ...]
    made: Callable[[], AbstractContextManager[None]]

    def is_meant(self, words: list[str]) -> bool:
        """Say whether it is of the part that these words choose."""
        return all(word in f"{self.kind} {self.where} {self.what}" for word in words)


def all_of_them() -> list[Mutant]:
    return [*_locks(), *_locks_in_sql(), *_guards()]


def _locks() -> Iterator[Mutant]:
    for (path, name), named in races().items():
        for number, race in enumerate(named, 1):
            what = name if len(named) == 1 else f"{name}, lock {number}"
            yield Mutant("lock", what, path, _places(race), partial(unlocked, path, name, number))


def _locks_in_sql() -> Iterator[Mutant]:
    for name, race in RACES_IN_SQL.items():
        yield Mutant("lock", name, "the database", _places(race), partial(unguarded, name))


def _guards() -> Iterator[Mutant]:
    for model in ours():
        names = {one.name: one.name for one in model._meta.constraints}
        triggers = {
            one.name: one.get_pgid(model)
            for one in getattr(model._meta, "triggers", [])  # of pgtrigger, which tells no types
        }
        for name, installed in (names | triggers).items():
            places = dict.fromkeys(place for row in rows_of(name) for place in places_of(row))
            yield Mutant(
                "trigger" if name in triggers else "constraint",
                name,
                model._meta.db_table,
                tuple(places),
                partial(unguarded, installed),
            )


def _places(race: str) -> tuple[Place, ...]:
    return tuple(Place(path, race) for path in defined()[race])
