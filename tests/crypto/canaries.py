"""A person whose every fact is found wherever it turns up: in logs, answers, rows, pushes, messages."""

import base64
import io
import json
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from uma.kernel import logs
from uma.kernel.queue import flush

NAME = "Kanariya Vogelsang"
EMAIL = "kanariya.vogelsang@birds.example"
PHONE = "+919811277345"
ACCOUNT = "50100987612377"
IFSC = "KANA0VOGELS"
VPA = "kanariya.v77@okbird"
# What a text must not hold: short enough that a part of a fact is found as well.
NEEDLES = ("kanariya", "vogelsang", "kana0vogels", "9811277345", "98112 77345", "50100987612377")


def found_in(text: str) -> list[str]:
    """Return which facts a text gives away, in clear or as the hex of their bytes."""
    lowered = text.lower()
    return [
        needle
        for needle in NEEDLES
        if needle in lowered or any(h in lowered for h in (_hex(needle), _hex(needle.title())))
    ]


def _hex(text: str) -> str:
    return text.encode().hex()


@dataclass
class Findings:
    """Where a fact turned up."""

    places: list[str] = field(default_factory=list)

    def look(self, where: str, text: object) -> None:
        self.places += [f"{where}: {needle}" for needle in found_in(str(text))]


@contextmanager
def production_log() -> Iterator[io.StringIO]:
    """Log as production does at its most talkative, and keep what was written."""
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    logging.config.dictConfig(logs.settings_for(debug=False, level="DEBUG"))
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(stream)
    try:
        yield stream
    finally:
        logging.config.dictConfig(settings.LOGGING)
        root.handlers[:] = before
        root.setLevel(level)


def rows() -> Iterator[tuple[str, str]]:
    """Yield every row of every table of every schema of ours as text: all columns, all types."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind IN ('r', 'p', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")
            for (row,) in cursor.fetchall():
                yield table, row


def messages() -> list[str]:
    """Return what the broker holds, with the bodies of Celery's messages opened."""
    assert flush(5.0)
    client = redis.Redis.from_url(settings.REDIS_URL)
    found = []
    for raw in client.lrange("celery", 0, -1):
        message: dict[str, Any] = json.loads(raw)  # Any: Celery's own shape
        found.append(json.dumps(message["headers"]) + base64.b64decode(message["body"]).decode())
    client.close()
    return found
