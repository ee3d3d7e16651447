"""Whatever SQL the application's database user sends at the ledger, a wrong one changes nothing."""

import pytest
from django.db import connection, transaction

from apps.wallet import selectors
from tests.wallet.hostile import Books, make_books, posting, refusal_of, rows
from tests.wallet.scenes import HOLD_PAISE

pytestmark = pytest.mark.django_db

FREEZE = "UPDATE wallet_account SET frozen_at = now() WHERE code = %({})s; "
# A rule that no migration would write, as a migration would write it.
RULE = (
    "SET LOCAL uma.changes_chart = 'on'; INSERT INTO public.wallet_posting_rule"
    " (journal_kind, debit_kind, credit_kind, max_paise, same_party)"
    " VALUES ('topup', '{}', '{}', 9000000000000000000, false); "
)

AMOUNTS = {
    "a negative amount": (posting("topup", ("bank", "wallet", -100)), "amount_in_range"),
    "nothing": (posting("topup", ("bank", "wallet", 0)), "amount_in_range"),
    "more than its rule allows": (posting("topup", ("bank", "wallet", 10**9 + 1)), "the cap"),
    "the largest number there is": (posting("topup", ("bank", "wallet", 2**63 - 1)), "the cap"),
    "a number that is none": (posting("topup", ("bank", "wallet", 2**63)), "22003"),
    "an unknown amount": (posting("topup", ("bank", "wallet", "NULL")), "UM001"),
    "an unknown amount between summed accounts": (
        posting("handshake", ("held", "cpt", "NULL"), hold="open_hold"),
        "23502",
    ),
    "above the ledger's own limit, though a rule allowed it": (
        RULE.format("bank_nodal", "bank_nodal") + posting("topup", ("bank", "bank", 10**13 + 1)),
        "amount_in_range",
    ),
    "a fraction through the one writer": (
        (
            "SELECT wallet_post(gen_random_uuid(), 'topup', 'x', 'MNP', now(), NULL, NULL, NULL,"
            " '', jsonb_build_array(jsonb_build_array(gen_random_uuid(), %(bank)s, %(wallet)s,"
            " 1.5)))"
        ),
        "22P02",
    ),
}

SIDES = {
    "money from nowhere": (posting("topup", ("NULL", "wallet", 100)), "UM004"),
    "money to nowhere": (posting("topup", ("bank", "NULL", 100)), "UM004"),
    "an account that is not there": (posting("topup", ("bank", "-1", 100)), "UM004"),
    "an account to itself": (posting("dispute_open", ("rider", "rider", 100)), "no posting rule"),
    "an account to itself, though a rule allowed it": (
        RULE.format("merchant_wallet", "merchant_wallet")
        + posting("topup", ("wallet", "wallet", 100)),
        "wallet_transfer_between_two_accounts",
    ),
    "a journal that is not there": (
        (
            "INSERT INTO wallet_transfer (id, journal_id, debit_account_id, credit_account_id,"
            " amount_paise) SELECT gen_random_uuid(), %(unknown)s, d.id, c.id, 100"
            " FROM wallet_account d, wallet_account c"
            " WHERE d.code = %(bank)s AND c.code = %(wallet)s"
        ),
        "UM004",
    ),
    "a journal that moves nothing": (posting("topup").partition("; ")[0], "moves nothing"),
    "a reference that was used": (
        (
            "INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at)"
            " SELECT gen_random_uuid(), kind, reference, zone_code, now() FROM wallet_journal"
            " WHERE id = %(topup)s"
        ),
        "wallet_journal_reference_once",
    ),
}

RULES = {
    "fees to a merchant as a top-up": (posting("topup", ("cpt", "wallet", 100)), "no posting rule"),
    "goodwill to a merchant": (posting("goodwill", ("goodwill", "wallet", 1)), "no posting rule"),
    "one rider to another": (posting("unpark", ("rider", "stranger", 100)), "no posting rule"),
    "a kind of journal that is none": (posting("gift", ("bank", "wallet", 1)), "no posting rule"),
    "another zone's journal": (posting("topup", ("bank", "wallet", 1), zone="BLR"), "another zone"),
    "another zone's account": (posting("topup", ("foreign_bank", "wallet", 1)), "another zone"),
    "another rider's parked money": (
        posting("dispute_open", ("rider", "stranger_parked", 100)),
        "another party",
    ),
    "another merchant's held money": (
        posting("hold", ("wallet", "other_held", 100), hold="unknown"),
        "another party",
    ),
    "one paisa more than there is": (
        posting("dispute_open", ("rider", "parked", 2 * 13200 + 500 + 1)),
        "UM001",
    ),
    "a debt paid below zero": (
        posting("handshake", ("rider", "receivable", 1)),
        "UM001",
    ),
    "a frozen wallet": (
        FREEZE.format("rider") + posting("dispute_open", ("rider", "parked", 1)),
        "UM002",
    ),
    "frozen held money": (
        FREEZE.format("held") + posting("handshake", ("held", "cpt", HOLD_PAISE), hold="open_hold"),
        "UM002",
    ),
    "a rule of the sender's own in a temporary table": (
        "CREATE TEMP TABLE wallet_posting_rule ON COMMIT DROP AS"
        " SELECT 1::bigint AS id, 'topup'::varchar AS journal_kind, 'cpt'::varchar AS debit_kind,"
        "        'merchant_wallet'::varchar AS credit_kind, 100::bigint AS max_paise,"
        "        false AS same_party, NULL::varchar AS reverses_kind; "
        + posting("topup", ("cpt", "wallet", 100)),
        "no posting rule",
    ),
}

HOLDS = {
    "money held for nothing": (posting("hold", ("wallet", "held", 100)), "held for a hold"),
    "a hold that was opened before": (
        posting("hold", ("wallet", "held", 100), hold="open_hold"),
        "wallet_hold_pkey",
    ),
    "a hold opened in two transfers": (
        posting("hold", ("wallet", "held", 1), ("wallet", "held", 1), hold="unknown"),
        "wallet_hold_pkey",
    ),
    "a hold without money": (
        (
            "INSERT INTO wallet_hold (id, wallet_account_id, held_account_id, released_account_id,"
            " amount_paise, captured_paise, released_paise, state, opened_journal_id)"
            " SELECT %(unknown)s, wallet_account_id, held_account_id, released_account_id,"
            " amount_paise, 0, 0, 'OPEN', opened_journal_id FROM wallet_hold LIMIT 1"
        ),
        "UM005  INSERT of wallet_hold",
    ),
    "a hold made larger": (
        "UPDATE wallet_hold SET amount_paise = amount_paise + 1 WHERE id = %(open_hold)s",
        "UM005  UPDATE of wallet_hold",
    ),
    "a capture of a part": (
        posting("handshake", ("held", "rider", HOLD_PAISE - 1), hold="open_hold"),
        "used up exactly",
    ),
    "a capture of more": (
        posting("handshake", ("held", "rider", HOLD_PAISE + 1), hold="open_hold"),
        "used up exactly",
    ),
    "a capture in two statements": (
        posting(
            "handshake",
            ("held", "rider", HOLD_PAISE - 1),
            ("held", "cpt", 1),
            hold="open_hold",
            at_once=False,
        ),
        "used up exactly",
    ),
    "a hold captured again": (
        posting("handshake", ("held", "rider", HOLD_PAISE), hold="rest"),
        "UM003",
    ),
    "a hold captured again beside another": (
        posting("handshake", ("held", "rider", HOLD_PAISE), hold="open_hold")
        + "; "
        + posting("handshake", ("held", "rider", HOLD_PAISE), hold="open_hold"),
        "UM003",
    ),
    "held money without a hold": (posting("handshake", ("held", "rider", HOLD_PAISE)), "UM003"),
    "a hold that is not there": (
        posting("handshake", ("held", "rider", HOLD_PAISE), hold="unknown"),
        "UM003",
    ),
    "another merchant's hold": (
        posting("handshake", ("held", "rider", HOLD_PAISE), hold="other_open_hold"),
        "UM003",
    ),
    "a release of what was captured": (
        posting("release", ("held", "wallet", HOLD_PAISE), hold="rest"),
        "UM003",
    ),
    "a release of a part": (
        posting("release", ("held", "wallet", HOLD_PAISE - 1), hold="open_hold"),
        "used up exactly",
    ),
    "a release to another merchant": (
        posting("release", ("held", "other_wallet", HOLD_PAISE), hold="open_hold"),
        "another party",
    ),
}

SWEEP = "exactly what its holds left"
SWEEPS = {
    "too much": (posting("release_sweep", ("released", "wallet", 1801), sweeps="rest"), SWEEP),
    "too little": (posting("release_sweep", ("released", "wallet", 1799), sweeps="rest"), SWEEP),
    "no hold": (posting("release_sweep", ("released", "wallet", 1800)), SWEEP),
    "twice the same hold at once": (
        posting("release_sweep", ("released", "wallet", 1800), sweeps="rest rest"),
        SWEEP,
    ),
    "a hold that was swept": (
        posting("release_sweep", ("released", "wallet", 1800), sweeps="rest")
        + "; "
        + posting("release_sweep", ("released", "wallet", 1800), sweeps="rest"),
        SWEEP,
    ),
    "a hold that left nothing": (
        posting("release_sweep", ("released", "wallet", 1800), sweeps="rest no_rest"),
        SWEEP,
    ),
    "an open hold": (
        posting("release_sweep", ("released", "wallet", HOLD_PAISE), sweeps="open_hold"),
        SWEEP,
    ),
    "another merchant's hold": (
        posting("release_sweep", ("released", "wallet", 1800), sweeps="foreign_rest"),
        SWEEP,
    ),
    "to another merchant": (
        posting("release_sweep", ("released", "other_wallet", 1800), sweeps="rest"),
        "another party",
    ),
}

REVERSAL = "handshake_reversal"
MOST = "at most what was posted"
REVERSALS = {
    "above the original": (
        posting(REVERSAL, ("rider", "wallet", 13201), reverses="handshake"),
        MOST,
    ),
    "above the original together": (
        posting(REVERSAL, ("rider", "wallet", 13200), reverses="handshake")
        + "; "
        + posting(REVERSAL, ("rider", "wallet", 1), reverses="handshake"),
        MOST,
    ),
    "above the original of one fee": (
        posting(REVERSAL, ("cpt", "wallet", 2001), reverses="handshake"),
        MOST,
    ),
    "to another merchant": (
        posting(REVERSAL, ("rider", "other_wallet", 1), reverses="handshake"),
        MOST,
    ),
    "from another rider": (
        posting(REVERSAL, ("stranger", "wallet", 1), reverses="handshake"),
        MOST,
    ),
    "of a top-up": (posting(REVERSAL, ("rider", "wallet", 1), reverses="topup"), "right kind"),
    "of nothing": (posting(REVERSAL, ("rider", "wallet", 1)), "right kind"),
    "of what is not there": (
        posting(REVERSAL, ("rider", "wallet", 1), reverses="unknown"),
        "right kind",
    ),
    "by a top-up": (posting("topup", ("bank", "wallet", 1), reverses="handshake"), "right kind"),
}


def named(*groups: dict[str, tuple[str, str]]) -> list[object]:
    return [
        pytest.param(statement, refusal, id=name)
        for group in groups
        for name, (statement, refusal) in group.items()
    ]


@pytest.fixture
def books() -> Books:
    return make_books()


def assert_refused(books: Books, statement: str, refusal: str) -> None:
    before = rows()

    answer = refusal_of(statement, books.names)

    assert refusal in answer
    assert rows() == before


@pytest.mark.parametrize(("statement", "refusal"), named(AMOUNTS))
def test_an_amount_is_whole_paise_in_range(books: Books, statement: str, refusal: str) -> None:
    assert_refused(books, statement, refusal)


@pytest.mark.parametrize(("statement", "refusal"), named(SIDES))
def test_money_leaves_one_account_and_reaches_another(
    books: Books, statement: str, refusal: str
) -> None:
    assert_refused(books, statement, refusal)


@pytest.mark.parametrize(("statement", "refusal"), named(RULES))
def test_money_moves_by_a_rule_and_within_the_balance(
    books: Books, statement: str, refusal: str
) -> None:
    assert_refused(books, statement, refusal)


@pytest.mark.parametrize(("statement", "refusal"), named(HOLDS))
def test_a_hold_is_opened_and_used_up_once_and_exactly(
    books: Books, statement: str, refusal: str
) -> None:
    assert_refused(books, statement, refusal)


@pytest.mark.parametrize(("statement", "refusal"), named(SWEEPS))
def test_a_sweep_returns_what_holds_left(books: Books, statement: str, refusal: str) -> None:
    assert_refused(books, statement, refusal)


@pytest.mark.parametrize(("statement", "refusal"), named(REVERSALS))
def test_a_reversal_takes_back_at_most_what_was_posted(
    books: Books, statement: str, refusal: str
) -> None:
    assert_refused(books, statement, refusal)


def test_a_reversal_of_a_reversal_is_refused(books: Books) -> None:
    statement = posting("handshake_reversal", ("rider", "wallet", 1), reverses="handshake")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, books.names)
        cursor.execute("SELECT id FROM wallet_journal WHERE reverses_id IS NOT NULL")
        (reversal,) = cursor.fetchone()
    again = posting("handshake_reversal", ("rider", "wallet", 1), reverses="reversal")

    assert_refused(Books(books.names | {"reversal": reversal}), again, "right kind")


def test_the_sender_does_not_say_what_a_balance_became(books: Books) -> None:
    journal, _, transfer = posting("topup", ("bank", "wallet", 100)).partition("; ")
    transfer = transfer.replace(
        "amount_paise)", "amount_paise, credit_after_paise, credit_version)"
    )
    before_paise = selectors.balance_paise(code=str(books.names["wallet"]))

    with connection.cursor() as cursor:
        cursor.execute(journal)
        cursor.execute(f"{transfer[:-1]}, 999999999, 1)", books.names)

    (line,) = selectors.statement(code=str(books.names["wallet"]), limit=1)
    assert (line.delta_paise, line.balance_after_paise) == (100, before_paise + 100)
