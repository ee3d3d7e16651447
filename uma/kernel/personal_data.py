"""
Who holds what about a person: each app answers for its own tables.

An app that keeps something about people has a module `personal_data`, named in
`settings.PERSONAL_DATA`. So a copy for the person and an erasure reach every app, although most of
them stand above the one that people ask.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a person cannot be erased yet: a stable code, a sentence, how much and until when."""

    code: str
    detail: str
    amount_paise: int | None = None
    until: datetime | None = None


class Source(Protocol):
    """What a module `personal_data` offers."""

    # The heading of this app's part of the copy.
    SECTION: str

    def export(self, *, person_id: UUID) -> dict[str, object]:
        """Return everything the app keeps about the person: JSON-able, named lists and facts."""

    def obstacles(self, *, person_id: UUID, now: datetime) -> list[Obstacle]:
        """Return what has to be settled before the person may be erased."""

    def erase(self, *, person_id: UUID, now: datetime) -> None:
        """Remove what tells who the person is, in the caller's transaction."""


@cache
def sources() -> tuple[Source, ...]:
    """Return every app's answers, in the order of the settings."""
    # cast: a module satisfies the protocol; tests/privacy walks all of them.
    return tuple(cast("Source", import_module(name)) for name in settings.PERSONAL_DATA)
