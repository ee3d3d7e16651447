"""
The migrated database that the tests' databases are copies of: it is made once, a copy takes a moment.

It stays in the cluster under a name that says which migrations made it, so that the next run starts
with it too.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from uma.stack.folder import ROOT

_PREFIX = "uma_migrated_"
# Any number; whoever makes the database holds it.
_LOCK = 0x756D61
# Of what the migrations import besides, nothing leaves a trace in a database without rows.
_MADE_OF = ("apps/*/migrations/*.py", "apps/**/*.sql", "requirements.lock")


def template() -> str:
    """Return the name of the migrated database; it is made if it is not there."""
    name = _PREFIX + digest(ROOT, _MADE_OF)
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if name not in _databases(connection):
            _make(connection, name)
    return name


@contextmanager
def copied(name: str) -> Iterator[str]:
    """Give the address of a copy of the migrated database; it is dropped afterwards."""
    copy, original = sql.Identifier(name), sql.Identifier(template())
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, original))
        try:
            yield _url(name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))


def _make(connection: psycopg.Connection, name: str) -> None:
    unfinished = f"{_PREFIX}unfinished"
    for old in _databases(connection):
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
        env={
            **os.environ,
            "DATABASE_URL": _url(unfinished),
            "DATABASE_OWNER_URL": _url(unfinished),
        },
        cwd=ROOT,
        check=True,
    )
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(unfinished), sql.Identifier(name)
        )
    )


def _databases(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX]
    )
    return [name for (name,) in rows]


def digest(root: Path, made_of: Sequence[str]) -> str:
    """Return what a checkout's files of these patterns are told from others by."""
    sum_of_all = hashlib.sha256()
    for pattern in made_of:
        for path in sorted(root.glob(pattern)):
            sum_of_all.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return sum_of_all.hexdigest()[:16]


def _url(database: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
