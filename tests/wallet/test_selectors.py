"""Statements, balances as of an instant, periods: what an account's owner is shown adds up."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.wallet import selectors
from apps.wallet.errors import UnknownAccount
from apps.wallet.selectors import Purse
from apps.wallet.services import Leg
from tests.wallet.scenes import (
    HOLD_PAISE,
    NOON,
    Merchant,
    Rider,
    capture,
    hold,
    make_merchant,
    make_rider,
    open_zone,
    platform,
    post,
    release,
    sweep,
    worked_legs,
)
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def merchant() -> Merchant:
    """Three top-ups, an hour apart, and a hold three hours after noon."""
    merchant = make_merchant()
    bank = platform("bank_nodal")
    for hours, amount_paise in enumerate((30_000, 200, 1000)):
        post("topup", Leg(bank, merchant.wallet, amount_paise), event_at=NOON + hours * HOUR)
    hold_id = new_id()
    leg = Leg(merchant.wallet, merchant.held, HOLD_PAISE)
    post("hold", leg, event_at=NOON + 3 * HOUR, hold_id=hold_id)
    return merchant


def test_a_statement_tells_the_newest_first_and_where_the_money_went(merchant: Merchant) -> None:
    lines = selectors.statement(code=merchant.wallet, limit=2)

    assert [(line.kind, line.delta_paise, line.counter_code) for line in lines] == [
        ("hold", -HOLD_PAISE, merchant.held),
        ("topup", 1000, platform("bank_nodal")),
    ]
    assert [line.balance_after_paise for line in lines] == [31_200 - HOLD_PAISE, 31_200]
    assert [line.balance_before_paise for line in lines] == [31_200, 30_200]
    assert lines[0].event_at == NOON + 3 * HOUR


def test_a_statement_goes_on_where_the_page_before_ended(merchant: Merchant) -> None:
    first = selectors.statement(code=merchant.wallet, limit=3)
    second = selectors.statement(code=merchant.wallet, limit=3, before_version=first[-1].version)

    assert [line.version for line in first + second] == [4, 3, 2, 1]


def test_each_line_begins_where_the_older_one_ended(merchant: Merchant) -> None:
    lines = selectors.statement(code=merchant.wallet, limit=10)

    for newer, older in pairwise(lines):
        assert newer.balance_before_paise == older.balance_after_paise
    assert lines[-1].balance_before_paise == 0
    assert lines[0].balance_after_paise == selectors.balance_paise(code=merchant.wallet)


def test_an_account_that_grows_by_debits_is_shown_positive() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    journal = capture(hold(merchant), worked_legs(merchant, rider))
    post("handshake_reversal", Leg(rider.receivable, merchant.wallet, 500), reverses=journal)

    (line,) = selectors.statement(code=rider.receivable, limit=5)

    assert (line.delta_paise, line.balance_after_paise) == (500, 500)
    assert selectors.balance_paise(code=platform("bank_nodal")) == HOLD_PAISE


def test_an_account_without_movements_has_an_empty_statement() -> None:
    rider = make_rider()

    assert selectors.statement(code=rider.wallet, limit=5) == []
    period = selectors.statement_between(code=rider.wallet, since=NOON, until=NOON + HOUR)
    assert (period.opening_paise, period.lines, period.closing_paise) == (0, [], 0)


@pytest.mark.parametrize(
    ("hours", "balance_paise"),
    [(-1, 0), (0, 0), (0.5, 30_000), (1, 30_000), (2.5, 31_200), (4, 31_200 - HOLD_PAISE)],
)
def test_a_balance_as_of_an_instant_counts_the_events_before_it(
    merchant: Merchant, hours: float, balance_paise: int
) -> None:
    at = NOON + hours * HOUR

    assert selectors.balance_as_of(code=merchant.wallet, at=at) == balance_paise


def test_a_balance_as_of_is_known_for_accounts_that_keep_none(merchant: Merchant) -> None:
    bank = platform("bank_nodal")

    assert selectors.balance_as_of(code=bank, at=NOON + HOUR) == 30_000
    assert selectors.balance_as_of(code=merchant.held, at=NOON + 3 * HOUR) == 0
    assert selectors.balance_as_of(code=merchant.held, at=NOON + 4 * HOUR) == HOLD_PAISE


def test_a_period_shows_its_own_events_between_two_balances(merchant: Merchant) -> None:
    period = selectors.statement_between(
        code=merchant.wallet, since=NOON + HOUR, until=NOON + 3 * HOUR
    )

    assert (period.opening_paise, period.closing_paise) == (30_000, 31_200)
    assert [line.delta_paise for line in period.lines] == [200, 1000]


moves = st.lists(
    st.tuples(st.booleans(), st.integers(1, 500), st.integers(-3, 30)), min_size=1, max_size=8
)
instants = st.lists(st.integers(-5, 35), min_size=2, max_size=4, unique=True)


def shuffle(rider: Rider, park: bool, amount_paise: int, hour: int) -> None:  # noqa: FBT001
    legs = (rider.wallet, rider.parked) if park else (rider.parked, rider.wallet)
    amount_paise = min(amount_paise, selectors.balance_paise(code=legs[0]))
    if amount_paise:
        kind = "dispute_open" if park else "unpark"
        post(kind, Leg(*legs, amount_paise), event_at=NOON + hour * HOUR)


@given(moves=moves, instants=instants)
def test_however_time_is_cut_opening_and_lines_make_the_closing(
    moves: list[tuple[bool, int, int]], instants: list[int]
) -> None:
    """Events may be posted late, out of their order: a period is of events, a page is of versions."""
    rider = make_rider()
    open_zone()
    post("goodwill", Leg(platform("goodwill"), rider.wallet, 1000), event_at=NOON)
    for park, amount_paise, hour in moves:
        shuffle(rider, park, amount_paise, hour)

    cuts = [NOON + hour * HOUR for hour in sorted(instants)]
    periods = [
        selectors.statement_between(code=rider.wallet, since=since, until=until)
        for since, until in pairwise(cuts)
    ]
    whole = selectors.statement_between(code=rider.wallet, since=cuts[0], until=cuts[-1])

    for period in [*periods, whole]:
        moved_paise = sum(line.delta_paise for line in period.lines)
        assert period.opening_paise + moved_paise == period.closing_paise
    for one, following in pairwise(periods):
        assert one.closing_paise == following.opening_paise
    assert sum(len(period.lines) for period in periods) == len(whole.lines)
    assert whole.closing_paise == selectors.balance_as_of(code=rider.wallet, at=cuts[-1])


def test_balances_are_told_together_kept_or_summed() -> None:
    merchant, rider = make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    capture(hold(merchant), worked_legs(merchant, rider))
    hold(merchant)

    expected = {
        merchant.wallet: 0,
        merchant.held: HOLD_PAISE,
        merchant.released: 1800,
        rider.wallet: 13200,
        platform("cpt"): 2000,
    }

    assert selectors.balances_paise(codes=list(expected)) == expected
    with pytest.raises(UnknownAccount):
        selectors.balances_paise(codes=[merchant.wallet, "zone:XXX:cpt"])


def test_held_money_is_the_open_holds_of_one_merchant_alone() -> None:
    merchant, other = make_merchant(holds_paise=3 * HOLD_PAISE), make_merchant(holds_paise=500)
    hold(merchant)
    release(hold(merchant))
    capture(hold(merchant), worked_legs(merchant, make_rider()))
    hold(other, 500)

    assert selectors.held_paise(merchant_id=merchant.id) == HOLD_PAISE
    assert selectors.held_paise(merchant_id=new_id()) == 0
    sweep(limit=5)
    assert selectors.held_paise(merchant_id=merchant.id) == HOLD_PAISE


def test_purses_tell_what_can_be_spent_and_leave_out_what_keeps_no_balance() -> None:
    merchant = make_merchant(holds_paise=500)

    purses = selectors.purses(codes=[merchant.wallet, merchant.held, "zone:XXX:cpt"])

    assert purses == {merchant.wallet: Purse(500, frozen=False)}


def test_a_journals_transfers_are_told_as_they_were_posted() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    legs = worked_legs(merchant, rider)

    journal = capture(hold(merchant), legs)

    rows = selectors.journal_transfers(journal_id=journal)
    assert [(row.debit, row.credit, row.amount_paise) for row in rows] == [
        (leg.debit, leg.credit, leg.amount_paise) for leg in legs
    ]
    assert selectors.journal_transfers(journal_id=new_id()) == []


def test_many_journals_transfers_are_told_in_one_statement(
    django_assert_num_queries: Any,  # Any: pytest-django's fixture
) -> None:
    merchant, rider = make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    journals = [capture(hold(merchant), worked_legs(merchant, rider)) for _ in range(2)]

    with django_assert_num_queries(1):
        rows = selectors.transfers_of(journal_ids=[*journals, new_id()])

    assert rows == {key: selectors.journal_transfers(journal_id=key) for key in journals}


def rows_read(plan: dict[str, Any], table: str) -> int:
    """Return how many rows of a table a plan read, over all its scans."""
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return int(own) + sum(rows_read(part, table) for part in plan.get("Plans", []))


def test_a_page_of_a_long_statement_reads_no_more_than_it_shows() -> None:
    merchant = make_merchant()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wallet_post(gen_random_uuid(), 'topup', 'page:' || n, 'MNP', now(), NULL, NULL,"
            " NULL, '', jsonb_build_array(jsonb_build_array(gen_random_uuid(), %s, %s, 1)))"
            " FROM generate_series(1, 1500) n",
            [platform("bank_nodal"), merchant.wallet],
        )
        cursor.execute("ANALYZE wallet_transfer, wallet_journal, wallet_account")

    with CaptureQueriesContext(connection) as queries:
        selectors.statement(code=merchant.wallet, limit=20, before_version=700)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries[-1]['sql']}")
        ((plan,),) = cursor.fetchone()
    # One scan for each side of the transfers, merged by version; each may be one row ahead.
    assert 20 <= rows_read(plan["Plan"], "wallet_transfer") <= 22
