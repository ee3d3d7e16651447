"""What the database guards by itself, and the same database without one of these guards."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

# What takes a guard away, and what puts it back: a constraint, a unique index, a trigger, or the lock
# that a function of ours takes. A guard of a partitioned table has copies, which follow it.
_CHANGES = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
           format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                  pg_get_constraintdef(oid))
      FROM pg_constraint
     WHERE conname = %(name)s AND contype IN ('c', 'u', 'x') AND coninhcount = 0
    UNION ALL
    SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
      FROM pg_index
     WHERE indexrelid = to_regclass(%(name)s) AND indisunique
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    UNION ALL
    SELECT format('ALTER TABLE %%s DISABLE TRIGGER %%I', tgrelid::regclass, tgname),
           format('ALTER TABLE %%s ENABLE TRIGGER %%I', tgrelid::regclass, tgname)
      FROM pg_trigger
     WHERE tgname = %(name)s AND tgparentid = 0
    UNION ALL
    SELECT regexp_replace(pg_get_functiondef(oid), 'FOR NO KEY UPDATE', ''), pg_get_functiondef(oid)
      FROM pg_proc
     WHERE proname = %(name)s AND pronamespace = 'public'::regnamespace
       AND prosrc LIKE '%%FOR NO KEY UPDATE%%'
"""


@contextmanager
def unguarded(name: str) -> Iterator[None]:
    """Let the tests' database be without a guard."""
    with _owner() as owner:
        found = owner.execute(_CHANGES, {"name": name}).fetchall()
        assert len(found) == 1, f"the database has {len(found)} guards of the name {name}"
        ((remove, restore),) = found
        owner.execute(remove)
    try:
        yield
    finally:
        with _owner() as owner:
            owner.execute(restore)


def disconnect() -> None:
    """End what a race left open, and forget the statements that connections had prepared."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of PostgreSQL's wrapper


@contextmanager
def _owner() -> Iterator[psycopg.Connection]:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as owner:
        owner.execute("SET lock_timeout = '20s'")
        yield owner
