"""The plans of statements inside functions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg.errors import Diagnostic


@contextmanager
def explained() -> Iterator[list[str]]:
    """Collect the plans of the statements inside functions, as the server reports them."""
    plans: list[str] = []

    def note(notice: Diagnostic) -> None:
        plans.append(notice.message_primary or "")

    with connection.cursor() as cursor:
        cursor.execute("LOAD 'auto_explain'")
        cursor.execute("SET LOCAL auto_explain.log_min_duration = 0")
        cursor.execute("SET LOCAL auto_explain.log_nested_statements = on")
        cursor.execute("SET LOCAL auto_explain.log_level = notice")
    connection.connection.add_notice_handler(note)
    yield plans
    connection.connection.remove_notice_handler(note)
