"""After the database went away: one broken connection is rarely the only one in the pool."""

import threading
from typing import Any

from django.db import connection

_looking = threading.Lock()


def look_at_the_pool() -> None:
    """
    Have the pool drop the idle connections that broke, beside the request that met the first.

    Otherwise each of them costs one more request its answer. In a thread of its own, and one at a
    time: a database that is frozen answers the look only when it thaws.
    """
    # Any: the pool is there with PostgreSQL and pooling, and has no public type in Django.
    pool: Any = getattr(connection, "pool", None)
    if pool is not None and _looking.acquire(blocking=False):
        threading.Thread(target=_look, args=[pool], daemon=True).start()


def _look(pool: Any) -> None:  # Any: as above
    try:
        pool.check()
    finally:
        _looking.release()
