"""The one client of the document store."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pymongo
import pytest
from pytest_django.fixtures import Settings

from uma.kernel import mongo


def test_two_threads_that_come_first_share_one_client(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MONGODB_URL = "mongodb://127.0.0.1:9/uma?w=majority&journal=true"
    mongo.close()
    both, make = threading.Barrier(2), pymongo.MongoClient

    def late(*place: Any, **options: Any) -> Any:  # Any: the driver's own
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        return make(*place, **options)

    monkeypatch.setattr(mongo, "MongoClient", late)
    with ThreadPoolExecutor(2) as pair:
        one, other = pair.map(lambda _: mongo.database().client, range(2))
    mongo.close()

    assert one is other
