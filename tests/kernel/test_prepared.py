"""The short transaction: two round trips, all or nothing, whatever goes wrong on the way."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from uma.kernel.prepared import Statement, fetch_one, in_transaction, short_transaction

ADD = Statement("test_add", "INSERT INTO test_kept (n) VALUES ($1::int) RETURNING n")
DIVIDE = Statement("test_divide", "SELECT 1 / $1::int")
COUNT = Statement("test_count", "SELECT count(*) FROM test_kept")
SAY = Statement("test_say", "SELECT $1::text, $2::bytea, $3::boolean, $4::text")

whole = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table() -> Iterator[None]:
    """A table whose rows of 13 are refused only when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE TABLE test_kept (n integer PRIMARY KEY);
            CREATE FUNCTION test_late() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE check_violation USING MESSAGE = 'thirteen is refused late';
            END $$;
            CREATE CONSTRAINT TRIGGER test_late AFTER INSERT ON test_kept DEFERRABLE
                INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.n = 13) EXECUTE FUNCTION test_late();
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_kept; DROP FUNCTION test_late()")


def _address() -> dict[str, Any]:  # Any: Django's parameters of a connection
    facts: dict[str, Any] = connection.get_connection_params()
    return {
        name: facts[name]
        for name in ("dbname", "user", "password", "host", "port")
        if name in facts
    }


def seen_by_others() -> list[int]:
    """What another connection sees: what is committed."""
    with psycopg.connect(**_address()) as other:
        return [n for (n,) in other.execute("SELECT n FROM test_kept ORDER BY n")]


@short_transaction()
def settle(*steps: tuple[Statement, int]) -> None:
    """Run the statements in one transaction, the last with its COMMIT."""
    for place, (statement, value) in enumerate(steps, start=1):
        fetch_one(statement, [value], commit=place == len(steps))


@short_transaction()
def add_and_raise() -> None:
    fetch_one(ADD, [1])
    raise ZeroDivisionError


@short_transaction()
def lose_the_connection() -> None:
    fetch_one(ADD, [1])
    with psycopg.connect(**_address()) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    fetch_one(ADD, [2], commit=True)


@whole
@pytest.mark.usefixtures("table")
def test_what_was_committed_with_the_last_statement_is_there_when_its_row_is_returned() -> None:
    with short_transaction():
        assert in_transaction()
        fetch_one(ADD, [1])
        assert seen_by_others() == []
        assert fetch_one(ADD, [2], commit=True) == (2,)
        assert seen_by_others() == [1, 2]
    assert not in_transaction()


@whole
@pytest.mark.usefixtures("table")
def test_a_block_without_a_last_statement_is_committed_when_it_ends() -> None:
    with short_transaction():
        fetch_one(ADD, [1])
    assert seen_by_others() == [1]


@whole
@pytest.mark.usefixtures("table")
def test_an_exception_in_the_block_leaves_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        add_and_raise()
    assert seen_by_others() == []
    assert fetch_one(COUNT, []) == (0,)


@whole
@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("last", "value", "error"),
    [(DIVIDE, 0, DataError), (ADD, 1, IntegrityError), (ADD, 13, IntegrityError)],
)
def test_a_last_statement_that_fails_or_may_not_commit_leaves_nothing(
    last: Statement, value: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        settle((ADD, 1), (last, value))

    assert seen_by_others() == []
    # And the connection is as good as before.
    settle((ADD, 2))
    assert seen_by_others() == [2]


@whole
@pytest.mark.usefixtures("table")
def test_a_first_statement_that_fails_is_told_and_the_next_transaction_is_sound() -> None:
    for _ in range(2):
        with pytest.raises(DataError), short_transaction():
            fetch_one(DIVIDE, [0])
    with short_transaction():
        assert fetch_one(DIVIDE, [1], commit=True) == (1,)


@whole
@pytest.mark.usefixtures("table")
def test_a_connection_that_died_is_told_and_replaced() -> None:
    with pytest.raises(OperationalError):
        lose_the_connection()

    assert seen_by_others() == []
    settle((ADD, 3))
    assert seen_by_others() == [3]


@whole
def test_it_is_the_outermost_transaction_or_none() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), short_transaction():
        fetch_one(COUNT, [])
    with pytest.raises(AssertionError, match="outermost"), short_transaction(), short_transaction():
        fetch_one(COUNT, [])


@pytest.mark.django_db
@pytest.mark.usefixtures("table")
def test_in_a_tests_own_transaction_it_is_a_savepoint() -> None:
    with pytest.raises(IntegrityError):
        settle((ADD, 1), (ADD, 1))
    assert fetch_one(COUNT, []) == (0,)
    settle((ADD, 1))
    assert fetch_one(COUNT, []) == (1,)


@pytest.mark.django_db
def test_values_arrive_as_they_are_and_no_row_is_none() -> None:
    assert fetch_one(SAY, ["दोसा", b"\x00\xff", True, None]) == ("दोसा", b"\x00\xff", True, None)
    assert fetch_one(Statement("test_none", "SELECT 1 WHERE $1::boolean"), [False]) is None


@pytest.mark.django_db
def test_its_statements_are_counted_like_all_others() -> None:
    with CaptureQueriesContext(connection) as captured:
        fetch_one(DIVIDE, [1])
    assert [query["sql"] for query in captured] == [DIVIDE.text]
