"""
Kill -9 of the document store in the middle of an import, before and after each command that it is given.

What a seller told waits in PostgreSQL until the store says that it has it, and what the store said it has it keeps.
So an import that was cut off costs time: the next one finishes it at the store that was started again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pymongo
import pytest
from pymongo import monitoring
from pytest_django.fixtures import Settings

from apps.ondc import documents
from apps.ondc.documents import Counts
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from tests.documents import patiently
from tests.ondc.conftest import registry, seller
from tests.ondc.network import Participant, clock
from tests.ondc.telling import asked, closed, imported, shop, tells
from uma.kernel import mongo
from uma.kernel.documents import Kept, collection
from uma.kernel.mongo import Document, DocumentsAway
from uma.stack.documents import Documents

__all__ = ["registry", "seller"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

LATER = timedelta(minutes=30)


class Murderer(monitoring.CommandListener):
    """Kills the store before or after the chosen command: the driver tells of each, as it says and hears it."""

    def __init__(self, store: Documents) -> None:
        self._store = store
        self.aim()

    def aim(self, at: int | None = None) -> None:
        self._at, self.moments = at, list[str]()
        self.killed = ""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self._reach("before", event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self._reach("after", event.command_name)

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing: whoever asked hears of it."""

    def _reach(self, when: str, command: str) -> None:
        if command == "ping":
            # Whether the store is there is asked now and then.
            return
        if len(self.moments) == self._at:
            assert self._store.process is not None
            self._store.process.kill()
            self.killed = f"{when} {command}"
        self.moments.append(f"{when} {command}")


@pytest.fixture
def store(tmp_path: Path, settings: Settings) -> Iterator[Documents]:
    one = Documents(folder=tmp_path / "documents")
    one.start()
    settings.MONGODB_URL = one.url
    yield one
    mongo.close()
    one.stop()


@dataclass
class Kitchen:
    """A seller whose coffee costs more each time it tells its catalogue."""

    seller: Participant
    store: Documents
    murderer: Murderer
    coffee: int = 40
    refresh: CatalogueRefresh = field(init=False, repr=False)

    def tell(self) -> None:
        """Have the catalogue told; it waits for the import."""
        self.coffee += 1
        self.refresh = asked()
        things = ("Filter Coffee", f"{self.coffee}.00"), ("Masala Dosa", "70.00")
        assert tells(self.seller, self.refresh, shop("S1", *things)) == "ACK"

    def die_in_the_import(self, at: int) -> str:
        """Kill the store at this moment of an import, and start it again; return the moment."""
        self.murderer.aim(at)
        imported()
        assert not self.store.alive()
        moment = self.murderer.killed
        self.murderer.aim()
        self.store.start()
        patiently(lambda: documents.count(documents.SHOPS))
        return moment

    def prices(self) -> dict[str, int]:
        return {one["item_id"]: one["price_paise"] for one in collection(documents.GOODS).find()}

    @property
    def told(self) -> dict[str, int]:
        return {"S1-1": self.coffee * 100, "S1-2": 70_00}

    @property
    def state(self) -> str:
        return CatalogueAnswer.objects.get(refresh=self.refresh).state


@pytest.fixture
def kitchen(seller: Participant, store: Documents, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    murderer = Murderer(store)
    client = partial(pymongo.MongoClient[Document], event_listeners=[murderer])
    monkeypatch.setattr(mongo, "MongoClient", client)
    monkeypatch.setattr(mongo, "_away_until", 0.0)
    monkeypatch.setattr(mongo, "_answered_at", 0.0)
    patiently(documents.prepare)
    one = Kitchen(seller, store, murderer)
    one.tell()
    imported()
    assert one.prices() == one.told
    assert closed(one.refresh) == 0
    return one


def test_whenever_the_store_dies_in_an_import_nothing_that_was_told_is_lost(
    kitchen: Kitchen,
) -> None:
    kitchen.tell()
    kitchen.murderer.aim()
    imported()
    moments = list(kitchen.murderer.moments)
    assert closed(kitchen.refresh) == 0
    # The shop and what it sells: what is known is read, and what was told is written.
    steps = ["find", "update"] * 2
    assert moments == [f"{when} {step}" for step in steps for when in ("before", "after")]

    for at, moment in enumerate(moments):
        before = kitchen.prices()
        kitchen.tell()
        assert kitchen.die_in_the_import(at) == moment

        # What the store said it has it has; the message waits unless it said so of all.
        is_last = at == len(moments) - 1
        assert kitchen.state == ("DONE" if is_last else "WAITING")
        assert kitchen.prices() in ([kitchen.told] if is_last else [before, kitchen.told])
        imported(now=clock() + LATER)
        assert (kitchen.state, kitchen.prices()) == ("DONE", kitchen.told), moment
        assert closed(kitchen.refresh) == 0
        assert documents.count(documents.SHOPS) == 1


def test_an_import_that_did_not_wait_for_the_stores_word_would_lose_what_was_told(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the message is done with when the store said that it has it, and not before."""
    tell = documents.tell

    def hastily(kept: Kept, rows: list[Document]) -> Counts:
        try:
            return tell(kept, rows)
        except DocumentsAway:
            return Counts(len(rows), len(rows))

    monkeypatch.setattr(documents, "tell", hastily)
    kitchen.tell()

    assert kitchen.die_in_the_import(6) == "before update"

    imported(now=clock() + LATER)
    assert kitchen.state == "DONE"
    assert kitchen.prices() != kitchen.told
