"""What a posting does, and every refusal, with balances as the outcome."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.wallet import codes, selectors, services
from apps.wallet.errors import (
    AlreadyPosted,
    InsufficientFunds,
    PostingNotAllowed,
    UnknownAccount,
    WalletFrozen,
)
from apps.wallet.services import Leg
from tests.wallet.scenes import (
    HOLD_PAISE,
    NOON,
    ZONE,
    capture,
    hold,
    make_merchant,
    make_rider,
    open_zone,
    platform,
    post,
    top_up,
)

pytestmark = pytest.mark.django_db

# One for all runs: two workers of the suite must collect the same tests.
SOMEBODY = "01930000-0000-7000-8000-0000000000ab"


def balance(code: str) -> int:
    return selectors.balance_paise(code=code)


def test_a_top_up_credits_the_wallet_and_the_bank_account_grows() -> None:
    merchant = make_merchant()

    top_up(merchant, 500_000)

    assert balance(merchant.wallet) == 500_000
    assert balance(platform("bank_nodal")) == 500_000


def test_a_wallet_cannot_be_overdrawn_by_a_paisa_and_the_refusal_names_the_shortfall() -> None:
    merchant = make_merchant(holds_paise=HOLD_PAISE - 1)

    with pytest.raises(InsufficientFunds) as refusal:
        hold(merchant)

    assert refusal.value.extra == {"account": merchant.wallet, "short_paise": 1}
    assert balance(merchant.wallet) == HOLD_PAISE - 1
    assert selectors.held_paise(merchant_id=merchant.id) == 0


def test_the_last_paisa_can_be_held() -> None:
    merchant = make_merchant(holds_paise=HOLD_PAISE)

    hold(merchant)

    assert balance(merchant.wallet) == 0


def test_one_refused_leg_undoes_the_whole_posting() -> None:
    merchant, rider = make_merchant(holds_paise=500), make_rider()
    hold_id = hold(merchant, 500)

    with pytest.raises(InsufficientFunds):
        capture(
            hold_id,
            [Leg(merchant.held, rider.wallet, 500), Leg(rider.wallet, rider.receivable, 501)],
        )
    assert balance(rider.wallet) == 0
    assert balance(merchant.held) == 500


def test_legs_move_in_their_order_so_cashback_can_pay_a_debt_at_once() -> None:
    merchant, rider = make_merchant(holds_paise=1000), make_rider()
    first = capture(hold(merchant, 500), [Leg(merchant.held, rider.wallet, 500)])
    post("dispute_open", Leg(rider.wallet, rider.parked, 500))
    post("handshake_reversal", Leg(rider.receivable, merchant.wallet, 500), reverses=first)
    assert balance(rider.receivable) == 500

    capture(
        hold(merchant, 300),
        [Leg(merchant.held, rider.wallet, 300), Leg(rider.wallet, rider.receivable, 300)],
    )

    assert balance(rider.wallet) == 0
    assert balance(rider.receivable) == 200


def test_a_debt_is_not_swept_below_zero() -> None:
    merchant, rider = make_merchant(holds_paise=500), make_rider()

    with pytest.raises(InsufficientFunds):
        capture(
            hold(merchant, 500),
            [Leg(merchant.held, rider.wallet, 500), Leg(rider.wallet, rider.receivable, 1)],
        )
    assert balance(rider.receivable) == 0


def test_a_reference_is_posted_once_and_the_transaction_goes_on() -> None:
    merchant = make_merchant()
    leg = Leg(platform("bank_nodal"), merchant.wallet, 100)
    post("topup", leg, reference="topup:1")

    with pytest.raises(AlreadyPosted):
        post("topup", leg, reference="topup:1")

    post("topup", leg, reference="topup:2")
    assert balance(merchant.wallet) == 200


@pytest.mark.parametrize(
    ("kind", "debit", "credit"),
    [
        ("topup", "zone:MNP:goodwill", "wallet"),
        ("goodwill", "zone:MNP:goodwill", "wallet"),
        ("dispute_open", "wallet", "zone:MNP:cpt"),
        ("no_such_kind", "zone:MNP:bank_nodal", "wallet"),
    ],
)
def test_a_movement_without_a_posting_rule_is_refused(kind: str, debit: str, credit: str) -> None:
    merchant = make_merchant(holds_paise=500)
    debit, credit = (merchant.wallet if code == "wallet" else code for code in (debit, credit))

    with pytest.raises(PostingNotAllowed, match="no posting rule"):
        post(kind, Leg(debit, credit, 100))
    assert balance(merchant.wallet) == 500


def test_a_posting_is_capped_by_its_rule() -> None:
    rider = make_rider()
    open_zone()

    with pytest.raises(PostingNotAllowed, match="cap"):
        post("goodwill", Leg(platform("goodwill"), rider.wallet, 10_000_001))
    post("goodwill", Leg(platform("goodwill"), rider.wallet, 10_000_000))
    assert balance(rider.wallet) == 10_000_000


def test_money_does_not_cross_zones() -> None:
    open_zone("BLR")
    merchant = make_merchant()

    with pytest.raises(PostingNotAllowed, match="zone"):
        post("topup", Leg(codes.zone_account("BLR", "bank_nodal"), merchant.wallet, 100))
    assert balance(merchant.wallet) == 0


def test_a_dispute_parks_the_riders_own_money_and_nobody_elses() -> None:
    one, other = make_rider(), make_rider()
    open_zone()
    post("goodwill", Leg(platform("goodwill"), one.wallet, 500))

    with pytest.raises(PostingNotAllowed, match="party"):
        post("dispute_open", Leg(one.wallet, other.parked, 500))
    post("dispute_open", Leg(one.wallet, one.parked, 500))
    assert (balance(one.wallet), balance(one.parked)) == (0, 500)


def test_an_unknown_account_is_named() -> None:
    rider = make_rider()

    with pytest.raises(UnknownAccount) as refusal:
        post("goodwill", Leg("zone:XXX:goodwill", rider.wallet, 100))
    assert refusal.value.extra == {"account": "zone:XXX:goodwill"}
    with pytest.raises(UnknownAccount):
        balance("zone:XXX:goodwill")


@pytest.mark.parametrize(
    "code",
    [
        "merchant:1:wallet",
        f"merchant:{SOMEBODY}:cpt",
        f"merchant:{SOMEBODY}:wallet:2",
        f"merchant:{SOMEBODY.upper()}:wallet",
        "zone:MNP:merchant_wallet",
        "zone:mnp:cpt",
        "promo_pool:",
        "treasury",
        "",
    ],
)
def test_only_accounts_of_the_chart_open(code: str) -> None:
    with pytest.raises(UnknownAccount):
        services.open_accounts(codes=[code])


def test_opening_accounts_again_changes_nothing() -> None:
    merchant = make_merchant(holds_paise=500)

    services.open_accounts(codes=codes.merchant_accounts(merchant.id))

    assert balance(merchant.wallet) == 500


def test_a_frozen_wallet_takes_money_in_and_lets_none_out() -> None:
    merchant, rider = make_merchant(holds_paise=1000), make_rider()
    hold_id = hold(merchant, 500)
    services.freeze(codes=[merchant.wallet, merchant.held], at=NOON)

    with pytest.raises(WalletFrozen) as refusal:
        hold(merchant, 100)
    with pytest.raises(WalletFrozen):
        capture(hold_id, [Leg(merchant.held, rider.wallet, 500)])
    top_up(merchant, 1)

    assert refusal.value.extra == {"account": merchant.wallet}
    assert selectors.is_frozen(code=merchant.wallet)
    assert balance(merchant.wallet) == 501
    assert balance(merchant.held) == 500


def test_freezing_again_keeps_the_first_instant_and_unfreezing_ends_it() -> None:
    merchant = make_merchant(holds_paise=500)
    services.freeze(codes=[merchant.wallet], at=NOON)
    services.freeze(codes=[merchant.wallet], at=NOON + timedelta(hours=1))

    services.unfreeze(codes=[merchant.wallet])

    assert not selectors.is_frozen(code=merchant.wallet)
    hold(merchant, 500)
    assert balance(merchant.wallet) == 0


def test_an_unknown_account_is_not_frozen() -> None:
    with pytest.raises(UnknownAccount):
        services.freeze(codes=["zone:XXX:cpt"], at=NOON)


def test_a_kept_balance_records_what_each_transfer_left() -> None:
    merchant = make_merchant()
    for amount_paise in (100, 200):
        top_up(merchant, amount_paise)
    hold(merchant, 50)

    lines = selectors.statement(code=merchant.wallet, limit=10)

    assert [line.version for line in lines] == [3, 2, 1]
    assert [line.delta_paise for line in lines] == [-50, 200, 100]
    assert [line.balance_after_paise for line in lines] == [250, 300, 100]


def test_a_refusal_leaves_the_callers_transaction_usable() -> None:
    merchant = make_merchant(holds_paise=100)

    with transaction.atomic():
        with pytest.raises(InsufficientFunds):
            hold(merchant, 101)
        hold(merchant, 100)

    assert balance(merchant.wallet) == 0


def test_an_amount_of_nothing_is_a_bug_and_the_database_agrees() -> None:
    merchant = make_merchant()

    with pytest.raises(AssertionError):
        Leg(platform("bank_nodal"), merchant.wallet, 0)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT wallet_post(%s, 'topup', 'zero', %s, now(), NULL, NULL, NULL, '', "
            " jsonb_build_array(jsonb_build_array(%s::uuid, %s::text, %s::text, 0)))",
            [uuid4(), ZONE, uuid4(), platform("bank_nodal"), merchant.wallet],
        )
    assert balance(merchant.wallet) == 0


def test_a_posting_reads_the_accounts_that_it_names_and_no_others() -> None:
    merchant = make_merchant()
    services.open_accounts(codes=[codes.rider_wallet(uuid4()) for _ in range(3000)])

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wallet_account")
        # The plans of this session may be from a smaller table.
        cursor.execute("DISCARD PLANS")
        read_by_scans = "SELECT pg_stat_get_xact_tuples_returned('wallet_account'::regclass)"
        cursor.execute(read_by_scans)
        (before,) = cursor.fetchone()
        top_up(merchant, 100)
        cursor.execute(read_by_scans)
        (after,) = cursor.fetchone()

    assert after == before
