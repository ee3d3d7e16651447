"""
What the owner of the tables could do, and no other role (decisions/0014): its traces are found.

The role that serves is refused the same statements in test_hostile_serving.py.
"""

import pytest
from django.db import connection, transaction

from apps.wallet import invariants
from tests.wallet.hostile import Books, commit, make_books, posting, refusal_of
from tests.wallet.test_hostile_serving import LEVER, OPERATOR

pytestmark = [pytest.mark.django_db, pytest.mark.spoils_the_books]


@pytest.fixture
def books() -> Books:
    return make_books()


def test_a_balance_written_from_another_trigger_is_found(books: Books) -> None:
    commit(LEVER, books.names)

    found = {violation.row for violation in invariants.find_drift()}
    assert str(books.names["rider"]) in found


def test_an_operator_of_its_own_helps_not_even_the_owner(books: Books) -> None:
    """The guards look for their operators in pg_catalog, whatever the session's search path says."""
    statement = OPERATOR + posting("goodwill", ("goodwill", "rider", 10**8))

    assert "above the cap" in refusal_of(statement, books.names)


def test_the_owner_cannot_switch_the_guards_off_unseen(books: Books) -> None:
    assert books.names
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wallet_transfer DISABLE TRIGGER USER")

    assert len(invariants.find_missing_guards()) == 3
