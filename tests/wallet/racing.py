"""What makes a race certain: the ledger's functions with a pause put in or a guard taken out."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def altered(function: str, *changes: tuple[str, str]) -> Iterator[None]:
    """Replace parts of a function of the ledger; put the function back afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [f"public.{function}"])
        (original,) = cursor.fetchone()
        changed = original
        for part, replacement in changes:
            assert part in changed
            changed = changed.replace(part, replacement)
        cursor.execute(changed)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(original)
