"""
Whatever SQL the role that serves sends, over a connection of its own: refused, and nothing changes.

The same statements are refused to the owner of the tables where a guard can refuse them
(test_hostile_sql.py, test_hostile_edits.py); what only rights can refuse is refused here.
"""

from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.wallet.hostile import LEDGER, Books, make_books, posting, rows
from tests.wallet.test_hostile_edits import ACCOUNT_EDITS, OPENINGS
from tests.wallet.test_hostile_sql import AMOUNTS, HOLDS, REVERSALS, RULES, SIDES, SWEEPS
from uma.kernel.roles import Role

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
# The guards would find their operators by the session's search path.
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
WAYS_ROUND = {
    "a trigger of its own": LEVER,
    "an operator of its own": OPERATOR + posting("goodwill", ("goodwill", "rider", 10**8)),
    "a rule of its own": CHART + posting("topup", ("cpt", "wallet", 100)),
}

REWRITES = {
    f"{verb} {table}": statement.format(table)
    for table in LEDGER
    for verb, statement in {
        "delete": "DELETE FROM {}",
        "truncate": "TRUNCATE {} CASCADE",
        "drop": "DROP TABLE {} CASCADE",
        "disable the triggers of": "ALTER TABLE {} DISABLE TRIGGER USER",
        "make a trigger on": (
            "CREATE TRIGGER mine BEFORE INSERT ON {} FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        "copy into": "COPY {} FROM PROGRAM 'true'",
        "take": "ALTER TABLE {} OWNER TO CURRENT_USER",
        "give oneself rights on": "GRANT ALL ON {0} TO CURRENT_USER; TRUNCATE {0} CASCADE",
    }.items()
} | {
    "what a journal says": "UPDATE wallet_journal SET memo = ''",
    "what a transfer moved": "UPDATE wallet_transfer SET amount_paise = 1",
    "a hold's amount": "UPDATE wallet_hold SET amount_paise = 1",
    "a hold's state": "UPDATE wallet_hold SET state = state",
    "a rule's cap": "UPDATE wallet_posting_rule SET max_paise = max_paise + 1",
    "a kind's side": "UPDATE wallet_account_kind SET normal_side = 'D'",
    "a kind of its own": (
        "INSERT INTO wallet_account_kind SELECT 'gift', family, normal_side, keeps_balance,"
        " may_overdraw FROM wallet_account_kind LIMIT 1"
    ),
    "a hold of its own": (
        "INSERT INTO wallet_hold SELECT (jsonb_populate_record(h, jsonb_build_object('id',"
        " gen_random_uuid()))).* FROM wallet_hold h LIMIT 1"
    ),
    "a journal's transaction": (
        "INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at, created_xid)"
        " VALUES (gen_random_uuid(), 'topup', 'x', 'MNP', now(), '1')"
    ),
    "a balance after a transfer": posting("topup", ("bank", "wallet", 100))
    .replace("amount_paise)", "amount_paise, credit_after_paise, credit_version)")
    .replace(", 100)", ", 100, 999999999, 1)"),
    "an upsert": (
        "INSERT INTO wallet_account (code) VALUES (%(wallet)s)"
        " ON CONFLICT (code) DO UPDATE SET balance_paise = 1"
    ),
}

WITHOUT_THE_GUARDS = {
    "the replica's role": "SET LOCAL session_replication_role = replica",
    "the guards' own writer": (
        "SELECT wallet_account_move(id, 100, false) FROM wallet_account WHERE code = %(rider)s"
    ),
    "a hold opened by hand": (
        "SELECT wallet_hold_open(gen_random_uuid(), 'x', t) FROM wallet_transfer t LIMIT 1"
    ),
    "a hold swept by hand": (
        "SELECT wallet_hold_sweep(ARRAY[%(rest)s::uuid], t) FROM wallet_transfer t LIMIT 1"
    ),
    "a guard called by hand": "SELECT wallet_transfer_move()",
    "a guard rewritten": (
        "CREATE OR REPLACE FUNCTION public.wallet_transfer_move() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    ),
    "a guard that looks elsewhere": (
        "ALTER FUNCTION public.wallet_transfer_move() SET search_path = pg_temp"
    ),
    "a guard dropped": "DROP FUNCTION public.wallet_transfer_move() CASCADE",
    "a function of its own": (
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    ),
    "a temporary function": "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a table of its own": "CREATE TABLE mine (a int)",
    "a temporary table": "CREATE TEMP TABLE wallet_account (a int)",
    "a temporary table of a query": "SELECT * INTO TEMP mine FROM wallet_account",
    "a view of its own": "CREATE VIEW public.mine AS SELECT 1",
    "a schema of its own": "CREATE SCHEMA mine",
    "a rule on a table": "CREATE RULE mine AS ON INSERT TO wallet_transfer DO INSTEAD NOTHING",
    "an event trigger": "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()",
    "a constraint dropped": (
        "ALTER TABLE wallet_account DROP CONSTRAINT wallet_account_not_overdrawn"
    ),
    "a column more": "ALTER TABLE wallet_account ADD COLUMN gift bigint",
    "another hash on a trigger": (
        "COMMENT ON TRIGGER pgtrigger_wallet_hold_stays_92fed ON wallet_hold IS 'another'"
    ),
    "an extension": "CREATE EXTENSION plpython3u",
    "a language": "CREATE LANGUAGE mine HANDLER plpgsql_call_handler",
    "the server's files": "SELECT pg_read_file('PG_VERSION')",
    "a large object of a file": "SELECT lo_import('/etc/passwd')",
    "the server's settings": "ALTER SYSTEM SET fsync = off",
    "the database's settings": "ALTER DATABASE {database} SET search_path = pg_temp",
    "the owner's role": "SET ROLE {owner}",
    "the owner's session": "SET SESSION AUTHORIZATION {owner}",
    "the owner's rights": "GRANT {owner} TO CURRENT_USER",
    "what the owner owns": "REASSIGN OWNED BY {owner} TO CURRENT_USER",
    "a role of its own": "CREATE ROLE mine SUPERUSER",
    "itself a superuser": "ALTER ROLE CURRENT_USER SUPERUSER",
    "the record of migrations": "DELETE FROM django_migrations",
}

TRAILS = {
    f"{verb} {table}": statement
    for table, column in {
        "accounts_auditevent": "reason",
        "campaigns_revision": "terms",
        "handshake_reversal": "reason",
        "handshake_handshake": "gst_paise",
        "handshake_dispute": "parked_paise",
        "rides_fare": "fare_paise",
    }.items()
    for verb, statement in {
        "edit": f"UPDATE {table} SET {column} = {column}",
        "delete": f"DELETE FROM {table}",
        "empty": f"TRUNCATE {table} CASCADE",
    }.items()
} | {
    "delete bookings": "DELETE FROM rides_booking",
    "empty bookings": "TRUNCATE rides_booking CASCADE",
}

POSTINGS = {
    name: statement
    for group in (AMOUNTS, SIDES, RULES, HOLDS, SWEEPS, REVERSALS)
    for name, (statement, _) in group.items()
}
EDITS = {
    f"an account's {name}": f"UPDATE wallet_account SET {edit} WHERE code = %(wallet)s"
    for name, edit in ACCOUNT_EDITS.items()
} | {
    f"an account opened {name}": f"INSERT INTO wallet_account {values}"
    for name, (values, _) in OPENINGS.items()
}
HOSTILE = WAYS_ROUND | REWRITES | WITHOUT_THE_GUARDS | TRAILS | POSTINGS | EDITS


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:  # noqa: ARG001
    """Committed books, which another connection sees; afterwards the tables are emptied."""
    with django_db_blocker.unblock():
        yield make_books()
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def serving(serving_role: Role) -> Iterator[psycopg.Connection]:
    """A connection of the role that serves, which knows nothing of Django."""
    where = {name: connection.settings_dict[name.upper()] for name in ("host", "port")}
    with psycopg.connect(
        **where,
        dbname=connection.settings_dict["NAME"],
        user=serving_role.name,
        password=serving_role.password,
        cursor_factory=psycopg.ClientCursor,
    ) as own:
        yield own


def send(serving: psycopg.Connection, statement: str, books: Books) -> None:
    """Send the statement as a transaction of its own."""
    with serving.transaction():
        serving.execute(statement.encode(), books.names)
        serving.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_there_are_many_ways_and_each_is_another() -> None:
    counted = [WAYS_ROUND, REWRITES, WITHOUT_THE_GUARDS, TRAILS, POSTINGS, EDITS]

    assert len(HOSTILE) == sum(len(group) for group in counted)
    assert len(set(HOSTILE.values())) >= 150


@pytest.mark.parametrize("statement", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_role_that_serves_cannot_go_round_the_guards(
    books: Books, serving: psycopg.Connection, statement: str
) -> None:
    before = rows()
    owner, database = connection.settings_dict["USER"], connection.settings_dict["NAME"]
    named = statement.replace("{owner}", str(owner)).replace("{database}", str(database))

    with pytest.raises(psycopg.Error):
        send(serving, named, books)

    assert rows() == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {0} SELECT * FROM {0} LIMIT 0",
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0}",
    ],
)
@pytest.mark.parametrize(
    ("table", "column"), [("wallet_account_kind", "family"), ("wallet_posting_rule", "max_paise")]
)
def test_behind_the_rights_the_chart_refuses_whoever_does_not_own_it(
    books: Books, serving: psycopg.Connection, table: str, column: str, statement: str
) -> None:
    role = sql.Identifier(serving.info.user)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(f"GRANT ALL ON {table} TO {{}}").format(role))
    try:
        with pytest.raises(psycopg.Error, match=f"of {table} is refused"):
            send(serving, statement.format(table, column), books)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(f"REVOKE ALL ON {table} FROM {{}}").format(role))
            cursor.execute(sql.SQL(f"GRANT SELECT ON {table} TO {{}}").format(role))


# Its mark has the database made where this file is run alone: the others only share what `books` committed.
@pytest.mark.django_db
def test_a_posting_by_the_rules_passes(books: Books, serving: psycopg.Connection) -> None:
    """The control: it is not the connection that refuses."""
    before = rows()
    with serving.transaction(force_rollback=True):
        send(serving, posting("topup", ("bank", "wallet", 100)), books)
        written = serving.execute("SELECT count(*) FROM wallet_transfer").fetchone()

    assert written == (len(before["wallet_transfer"]) + 1,)
