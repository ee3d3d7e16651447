"""
What only a role without the owner's rights can refuse: the known limits of guards (decisions/0001).

Each is expected to fail until the application's database role may neither create operators, functions
and triggers nor write the chart; when one of these is refused, its mark has to go.
"""

import pytest
from django.db import connection, transaction

from apps.wallet import invariants
from tests.wallet.hostile import Books, commit, make_books, posting, refusal_of, rows

pytestmark = [pytest.mark.django_db, pytest.mark.spoils_the_books]
owners_right = pytest.mark.xfail(strict=True, reason="the application's role owns its tables")

# Inside a trigger of the sender's own the depth is no longer 0.
LEVER = """
CREATE TEMP TABLE lever (pulled int);
CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE public.wallet_account SET balance_paise = balance_paise + 1 WHERE party LIKE 'rider:%%'
       AND kind = 'rider_wallet';
    RETURN NULL;
END $$;
CREATE TRIGGER lever AFTER INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull();
INSERT INTO lever VALUES (1)
"""
# The guards find their operators by the session's search path.
OPERATOR = """
CREATE SCHEMA shadow;
CREATE FUNCTION shadow.never(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR shadow.> (leftarg = bigint, rightarg = bigint, function = shadow.never);
SET LOCAL search_path = shadow, pg_catalog, public;
"""
CHART = """
SET LOCAL uma.changes_chart = 'on';
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party)
VALUES ('topup', 'cpt', 'merchant_wallet', 100, false);
"""


@pytest.fixture
def books() -> Books:
    return make_books()


@owners_right
@pytest.mark.parametrize(
    "statement",
    [
        LEVER,
        OPERATOR + posting("goodwill", ("goodwill", "rider", 10**8)),
        CHART + posting("topup", ("cpt", "wallet", 100)),
    ],
    ids=["a trigger of its own", "an operator of its own", "a rule of its own"],
)
def test_the_role_that_serves_requests_cannot_go_round_the_guards(
    books: Books, statement: str
) -> None:
    before = rows()

    assert refusal_of(statement, books.names)
    assert rows() == before


def test_a_balance_written_from_another_trigger_is_found(books: Books) -> None:
    commit(LEVER, books.names)

    found = {violation.row for violation in invariants.find_drift()}
    assert str(books.names["rider"]) in found


def test_an_amount_above_its_cap_is_found(books: Books) -> None:
    commit(OPERATOR + posting("goodwill", ("goodwill", "rider", 10**8)), books.names)
    # The checks run in a session of their own.
    commit("SET LOCAL search_path TO DEFAULT", {})

    (violation,) = invariants.find_bad_amounts()
    assert violation.detail == "100000000 paise, allowed are 1 to 10000000"


def test_the_role_cannot_switch_the_guards_off_unseen(books: Books) -> None:
    assert books.names
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wallet_transfer DISABLE TRIGGER USER")

    assert len(invariants.find_missing_guards()) == 3
