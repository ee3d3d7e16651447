"""Postings at once, on the real database: each lock of the ledger with the control that needs it."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from django.db import connection

from apps.wallet import selectors, services
from apps.wallet.models import Account
from apps.wallet.services import Leg
from tests.campaigns.racing import at_once
from tests.concurrency.meeting import STAND, wait_for_a_waiter
from tests.wallet import scenes
from tests.wallet.hostile import commit, make_books, posting
from tests.wallet.racing import altered
from tests.wallet.scenes import HOLD_PAISE, NOON, Merchant, Rider, capture, hold, make_rider

pytestmark = pytest.mark.django_db(transaction=True)

# A posting that stops before it moves a balance.
SLOW_MOVE = ("    UPDATE public", f"    {STAND}\n    UPDATE public")
# One that stops with one balance moved and the other not.
SLOW_BETWEEN = ("version INTO after_paise, version;", f"version INTO after_paise, version; {STAND}")
# The locks of wallet_lock in the order of the legs instead of the accounts' ids.
IN_LEG_ORDER = """
CREATE OR REPLACE FUNCTION public.wallet_lock(p_legs jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted text;
BEGIN
    FOR wanted IN SELECT unnest(ARRAY[leg.facts ->> 1, leg.facts ->> 2])
                    FROM jsonb_array_elements(p_legs) AS leg (facts) LOOP
        PERFORM 1 FROM public.wallet_account a WHERE a.code = wanted FOR NO KEY UPDATE;
        {stand}
    END LOOP;
END $$
""".replace("{stand}", STAND)
HOLD_LOCK = ("PERFORM 1 FROM public.wallet_hold WHERE id = p_hold FOR NO KEY UPDATE;", "NULL;")
ORIGINAL_LOCK = (
    "PERFORM 1 FROM public.wallet_journal WHERE id = NEW.reverses_id FOR NO KEY UPDATE;",
    "NULL;",
)


def balance(code: str) -> int:
    return selectors.balance_paise(code=code)


def make_funded_rider() -> Rider:
    rider = make_rider()
    scenes.open_zone()
    scenes.post("goodwill", Leg(scenes.platform("goodwill"), rider.wallet, 1000))
    scenes.post("dispute_open", Leg(rider.wallet, rider.parked, 500))
    return rider


def crossing(rider: Rider) -> list[Callable[[], object]]:
    """Return two postings that move money between the same two balances in opposite directions."""
    return [
        lambda: scenes.post("dispute_open", Leg(rider.wallet, rider.parked, 100)),
        lambda: scenes.post("unpark", Leg(rider.parked, rider.wallet, 100)),
    ]


def test_postings_that_cross_each_other_queue() -> None:
    rider = make_funded_rider()

    with altered("wallet_account_move", SLOW_BETWEEN):
        ends = at_once(crossing(rider))

    assert ends == {"done": 2}
    assert (balance(rider.wallet), balance(rider.parked)) == (500, 500)


def test_without_the_order_of_locks_crossing_postings_deadlock() -> None:
    """The control: locks in the order of the legs, and one of the two is killed by PostgreSQL."""
    rider = make_funded_rider()

    with altered("wallet_lock"):
        with connection.cursor() as cursor:
            cursor.execute(IN_LEG_ORDER)
        ends = at_once(crossing(rider))

    assert ends == {"done": 1, "OperationalError": 1}


def test_many_crossing_postings_lose_nothing() -> None:
    rider = make_funded_rider()

    ends = at_once([job for _ in range(10) for job in crossing(rider)])

    assert ends == {"done": 20}
    assert (balance(rider.wallet), balance(rider.parked)) == (500, 500)


def test_the_last_rupee_is_spent_once() -> None:
    merchant = scenes.make_merchant(holds_paise=10 * HOLD_PAISE - 1)

    ends = at_once([lambda: hold(merchant) for _ in range(20)])

    assert ends == {"done": 9, "InsufficientFunds": 11}
    assert balance(merchant.wallet) == HOLD_PAISE - 1
    assert selectors.held_paise(merchant_id=merchant.id) == 9 * HOLD_PAISE


@pytest.mark.spoils_the_books
def test_with_balances_written_from_memory_the_last_rupee_is_spent_twice() -> None:
    """The control: read, think, write; no lock and no relative update. The check names the account."""
    merchant = scenes.make_merchant(holds_paise=HOLD_PAISE)
    read = "SELECT * INTO account FROM public.wallet_account WHERE id = p_account;"
    from_memory = (
        ("BEGIN", f"BEGIN {read} {STAND}"),
        ("a.balance_paise + p_delta, version", "account.balance_paise + p_delta, version"),
        ("a.balance_paise + p_delta >= 0", "account.balance_paise + p_delta >= 0"),
    )

    with (
        altered("wallet_lock", ("FOR NO KEY UPDATE", "")),
        altered("wallet_account_move", *from_memory),
    ):
        ends = at_once([lambda: hold(merchant) for _ in range(2)])

    assert ends == {"done": 2}
    assert [found.row for found in selectors.find_drift()] == [merchant.wallet]


def test_one_reference_is_posted_once() -> None:
    merchant = scenes.make_merchant()
    leg = Leg(scenes.platform("bank_nodal"), merchant.wallet, 100)

    ends = at_once([lambda: scenes.post("topup", leg, reference="payment:1") for _ in range(8)])

    assert ends == {"done": 1, "AlreadyPosted": 7}
    assert balance(merchant.wallet) == 100


def resolutions(merchant: Merchant, rider: Rider, hold_id: UUID) -> list[Callable[[], object]]:
    held = Leg(merchant.held, merchant.wallet, HOLD_PAISE)
    return [
        lambda: capture(hold_id, scenes.worked_legs(merchant, rider)),
        lambda: scenes.post("release", held, hold_id=hold_id),
    ]


@pytest.mark.parametrize("turn", [1, -1], ids=["capture first", "release first"])
def test_a_hold_is_resolved_once_and_the_other_is_refused(turn: int) -> None:
    merchant, rider = scenes.make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    hold_id, _ = hold(merchant), hold(merchant)

    ends = at_once((resolutions(merchant, rider, hold_id) * 3)[::turn])

    assert sum(ends.values()) - ends["done"] == 5
    # The same capture again is told that it was posted before.
    assert set(ends) <= {"done", "HoldNotOpen", "AlreadyPosted"}
    assert ends["done"] == 1
    assert balance(merchant.held) == HOLD_PAISE


@pytest.mark.spoils_the_books
def test_without_lock_and_state_a_hold_is_captured_and_released() -> None:
    """The control: the other merchant's bookings would be paid out of the same money."""
    merchant, rider = scenes.make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    hold_id, _ = hold(merchant), hold(merchant)
    slow = ("BEGIN", f"BEGIN {STAND}")

    with (
        altered("wallet_post", HOLD_LOCK),
        altered("wallet_transfer_settle", slow, ("AND h.state = 'OPEN'", "")),
    ):
        ends = at_once(resolutions(merchant, rider, hold_id))

    assert ends == {"done": 2}
    assert balance(merchant.held) == 0


def held_when_frozen(*, lock: bool) -> int:
    """Freeze while a capture is under way; return what was still held once the freeze was over."""
    merchant, rider = scenes.make_merchant(holds_paise=HOLD_PAISE), make_rider()
    hold_id = hold(merchant)
    held_paise: list[int] = []

    def freeze() -> None:
        wait_for_a_waiter()
        services.freeze(codes=[merchant.wallet, merchant.held], at=NOON)
        held_paise.append(selectors.held_paise(merchant_id=merchant.id))

    slow = ("BEGIN", f"BEGIN {STAND}")
    without = () if lock else (HOLD_LOCK,)
    with altered("wallet_transfer_settle", slow), altered("wallet_post", *without):
        ends = at_once([lambda: capture(hold_id, scenes.worked_legs(merchant, rider)), freeze])
    assert ends == {"done": 2}
    assert balance(rider.wallet) == 13200
    return held_paise[0]


def test_a_freeze_waits_for_the_capture_under_way_so_nothing_leaves_after_it() -> None:
    assert held_when_frozen(lock=True) == 0


def test_without_the_holds_lock_money_leaves_a_frozen_account() -> None:
    """The control: the capture looked before the freeze and commits after it."""
    assert held_when_frozen(lock=False) == HOLD_PAISE


def test_reversals_at_once_never_exceed_the_original() -> None:
    merchant, rider = scenes.make_merchant(holds_paise=HOLD_PAISE), make_rider()
    journal_id = capture(hold(merchant), scenes.worked_legs(merchant, rider))
    leg = Leg(rider.receivable, merchant.wallet, 13200 // 4)

    ends = at_once(
        [lambda: scenes.post("handshake_reversal", leg, reverses=journal_id) for _ in range(10)]
    )

    assert ends == {"done": 4, "PostingNotAllowed": 6}
    assert balance(rider.receivable) == 13200


def change_chart(statement: str) -> None:
    commit(f"SET LOCAL uma.changes_chart = 'on'; {statement}", {})


@pytest.fixture
def way_past_the_wallet() -> Iterator[None]:
    """Let reversals meet at no kept balance, as some later kind of journal may."""
    change_chart(
        "INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise,"
        " same_party, reverses_kind) VALUES"
        " ('handshake_reversal', 'cpt', 'merchant_released', 10000000, false, 'handshake')"
    )
    yield
    change_chart(
        "DELETE FROM wallet_posting_rule"
        " WHERE journal_kind = 'handshake_reversal' AND credit_kind = 'merchant_released'"
    )


@pytest.mark.spoils_the_books
@pytest.mark.usefixtures("way_past_the_wallet")
@pytest.mark.parametrize("lock", [True, False], ids=["with the lock", "the control: without it"])
def test_reversals_that_meet_nowhere_else_queue_at_the_original(*, lock: bool) -> None:
    books = make_books()
    before_paise = balance(str(books.names["released"]))

    def reverse() -> None:
        leg = ("cpt", "released", 2000)
        commit(posting("handshake_reversal", leg, reverses="handshake"), books.names)

    with (
        altered("wallet_journal_stamp", *(() if lock else (ORIGINAL_LOCK,))),
        altered("wallet_transfer_settle", ("RETURN NULL;", f"{STAND} RETURN NULL;")),
    ):
        ends = at_once([reverse, reverse])

    assert ends == ({"done": 1, "DatabaseError": 1} if lock else {"done": 2})
    taken_back = 2000 if lock else 4000
    assert balance(str(books.names["released"])) == before_paise + taken_back


def test_sweeps_at_once_give_back_once() -> None:
    merchant, rider = scenes.make_merchant(holds_paise=4 * HOLD_PAISE), make_rider()
    for hold_id in [hold(merchant) for _ in range(4)]:
        capture(hold_id, scenes.worked_legs(merchant, rider))

    ends = at_once([lambda: scenes.sweep(limit=10) for _ in range(4)])

    assert ends == {"done": 4}
    assert (balance(merchant.wallet), balance(merchant.released)) == (4 * 1800, 0)


def make_debtor() -> Rider:
    """Return a rider who owes 300 paise and has 700."""
    merchant, rider = scenes.make_merchant(holds_paise=HOLD_PAISE), make_rider()
    journal_id = capture(hold(merchant), scenes.worked_legs(merchant, rider))
    owed = Leg(rider.receivable, merchant.wallet, 300)
    scenes.post("handshake_reversal", owed, reverses=journal_id)
    scenes.post("dispute_open", Leg(rider.wallet, rider.parked, 13200 - 700))
    return rider


def test_a_debt_is_paid_once_by_two_at_once() -> None:
    rider = make_debtor()

    with altered("wallet_account_move", SLOW_MOVE):
        ends = at_once([lambda: scenes.recover_debt(rider) for _ in range(2)])

    assert ends == {"done": 2}
    assert (balance(rider.wallet), balance(rider.receivable)) == (400, 0)


def test_without_the_lock_of_balances_the_second_payment_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: what was read is gone when it is paid, and only the guard saves the books."""
    rider = make_debtor()
    unlocked = lambda codes: list(Account.objects.filter(code__in=codes))  # noqa: E731
    monkeypatch.setattr(services, "_lock", unlocked)

    with altered("wallet_account_move", SLOW_MOVE):
        ends = at_once([lambda: scenes.recover_debt(rider) for _ in range(2)])

    assert ends == {"done": 1, "InsufficientFunds": 1}
    assert (balance(rider.wallet), balance(rider.receivable)) == (400, 0)


def test_accounts_opened_at_once_in_any_order_open_once() -> None:
    codes = [scenes.platform(name) for name in ("cpt", "cpa", "boost", "goodwill")]

    ends = at_once(
        [
            lambda: services.open_accounts(codes=codes),
            lambda: services.open_accounts(codes=codes[::-1]),
        ]
        * 4
    )

    assert ends == {"done": 8}
    assert selectors.balances_paise(codes=codes) == dict.fromkeys(codes, 0)
