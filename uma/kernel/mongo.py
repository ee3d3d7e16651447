"""
The document store: one client for the process, short time-outs, and a pause after an outage.

It keeps read models only (reliability.md, INV-36). So nothing that moves money or restricts a person waits
for it, and whoever asks while it is away is told so at once.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from django.conf import settings
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError
from pymongo.write_concern import WriteConcern

# Any: documents are of many types; each app's `documents` names the shapes.
Document = dict[str, Any]

# Whoever reads for an answer has half a second for everything; a job may wait longer.
ANSWER_MS, FIND_MS, JOB_MS = 200, 1_000, 5_000
PAUSE_S, FRESH_S = 2.0, 0.5
# Acknowledged by most of the set and written to the journal: less was seen to lose writes at kill -9.
DURABLE = WriteConcern(w="majority", j=True)


class DocumentsAway(Exception):
    """The document store does not answer; what it knows stands in PostgreSQL as well."""


_away_until = 0.0
_answered_at = 0.0


_clients: dict[tuple[str, int], MongoClient[Document]] = {}
_making = threading.Lock()


def _client() -> MongoClient[Document]:
    # A client does not survive a fork; the process is part of the key.
    key = (settings.MONGODB_URL, os.getpid())
    # Of two threads that come first each would make one, and nobody would close the other.
    with _making:
        if key not in _clients:
            close()
            _clients[key] = MongoClient(
                settings.MONGODB_URL,
                serverSelectionTimeoutMS=FIND_MS,
                connectTimeoutMS=FIND_MS,
                maxPoolSize=20,
            )
        return _clients[key]


@atexit.register
def close() -> None:
    """Close this process's connections; the next use opens them anew."""
    for key in [key for key in _clients if key[1] == os.getpid()]:
        _clients.pop(key).close()


def database() -> Database[Document]:
    """Return the database of the settings, with durable writes."""
    return _client().get_default_database("uma").with_options(write_concern=DURABLE)


@contextmanager
def within(milliseconds: int) -> Iterator[None]:
    """
    Give what happens inside so long in all; after an outage do not even try for two seconds.

    Raises:
        DocumentsAway: instead of whatever the driver says about connections and time-outs
    """
    global _away_until, _answered_at  # noqa: PLW0603 — one breaker for the process
    if time.monotonic() < _away_until and milliseconds <= ANSWER_MS:
        raise DocumentsAway

    try:
        if milliseconds > ANSWER_MS and time.monotonic() - _answered_at > FRESH_S:
            # The driver would look for a dead server for as long as the job may last.
            with pymongo.timeout(FIND_MS / 1000):
                _client().admin.command("ping")
        with pymongo.timeout(milliseconds / 1000):
            yield
    except (ConnectionFailure, ExecutionTimeout) as gone:
        _away_until = time.monotonic() + PAUSE_S
        raise DocumentsAway from gone
    except PyMongoError as error:
        if not error.timeout:
            raise
        _away_until = time.monotonic() + PAUSE_S
        raise DocumentsAway from error
    else:
        _away_until, _answered_at = 0.0, time.monotonic()
