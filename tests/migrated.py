"""
The migrated database that the tests' databases are copies of: it is made once, a copy takes a moment.

It stays in the cluster under a name that says which migrations made it, so that the next run starts
with it too.
"""

import hashlib
import os
import subprocess
import sys
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
    name = _PREFIX + _digest(ROOT)
    with psycopg.connect(_url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if name not in _databases(connection):
            _make(connection, name)
    return name


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


def _digest(root: Path) -> str:
    made_of = hashlib.sha256()
    for pattern in _MADE_OF:
        for path in sorted(root.glob(pattern)):
            made_of.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return made_of.hexdigest()[:16]


def _url(database: str) -> str:
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
