"""One runner at a time: a named lease that PostgreSQL takes back when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

import psycopg
from django.db import connection

# Longer than the longest job may live (uma/celery.py): a holder silent for so long is gone.
LEASE_MAX_S = 3_600


@contextmanager
def lease(name: str) -> Iterator[bool]:
    """
    Yield whether this process may run the job `name` now; nobody else may until the block ends.

    An advisory lock in a transaction of its own connection: the job inside opens and commits its
    own transactions, a killed holder's lock goes with its socket, and it works behind PgBouncer,
    which keeps a server connection for as long as a transaction lasts. Nothing is read or written
    under it, so it holds back no vacuum.
    """
    with psycopg.connect(**connection.get_connection_params()) as own:
        # Django's connections give up after seconds of idleness; this one idles while a job works.
        own.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{LEASE_MAX_S}s'")
        row = own.execute("SELECT pg_try_advisory_xact_lock(%s)", [_key(name)]).fetchone()
        assert row is not None
        yield bool(row[0])


def _key(name: str) -> int:
    """Return the lock's number: the same on every machine, and far from numbers chosen by hand."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
