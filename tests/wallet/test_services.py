"""What a posting does, and every refusal, with balances as the outcome."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.wallet import codes, selectors, services
from apps.wallet.errors import (
    AlreadyPosted,
    HoldNotOpen,
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
    release,
    top_up,
    worked_legs,
)

pytestmark = pytest.mark.django_db


def balance(code: str) -> int:
    return selectors.balance_paise(code=code)


def sweep(*, limit: int) -> list[services.Swept]:
    with transaction.atomic():
        claimed = services.claim_released(limit=limit)
        services.sweep_released(claimed=claimed, now=NOON)
    return claimed


def test_a_top_up_credits_the_wallet_and_the_bank_account_grows() -> None:
    merchant = make_merchant()

    top_up(merchant, 500_000)

    assert balance(merchant.wallet) == 500_000
    assert balance(platform("bank_nodal")) == 500_000


def test_a_hold_moves_money_from_the_wallet_to_held() -> None:
    merchant = make_merchant(holds_paise=500_000)

    hold(merchant)

    assert balance(merchant.wallet) == 500_000 - HOLD_PAISE
    assert balance(merchant.held) == HOLD_PAISE
    assert selectors.held_paise(merchant_id=merchant.id) == HOLD_PAISE


def test_a_handshake_uses_up_the_hold_as_in_the_worked_example() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    hold_id = hold(merchant)

    capture(hold_id, worked_legs(merchant, rider))

    assert balance(rider.wallet) == 13200
    assert balance(platform("cpt")) == 2000
    assert balance(platform("cpa")) == 5000
    assert balance(platform("gst_cgst")) == balance(platform("gst_sgst")) == 630
    assert balance(merchant.held) == selectors.held_paise(merchant_id=merchant.id) == 0
    assert balance(merchant.released) == 1800
    assert balance(merchant.wallet) == 0


def test_the_sweep_returns_what_captures_left_unused_once_and_in_one_posting_per_merchant() -> None:
    merchant, rider = make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    holds = [hold(merchant), hold(merchant)]
    for hold_id in holds:
        capture(hold_id, worked_legs(merchant, rider))

    swept = sweep(limit=10)
    again = sweep(limit=10)

    assert {(row.hold_id, row.amount_paise) for row in swept} == {(hold, 1800) for hold in holds}
    assert again == []
    assert balance(merchant.wallet) == 3600
    assert balance(merchant.released) == 0
    (line,) = selectors.statement(code=merchant.wallet, limit=1)
    assert (line.kind, line.delta_paise) == ("release_sweep", 3600)


def test_the_sweep_takes_at_most_its_limit() -> None:
    merchant, rider = make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    for hold_id in (hold(merchant), hold(merchant)):
        capture(hold_id, worked_legs(merchant, rider))

    assert len(sweep(limit=1)) == 1
    assert balance(merchant.wallet) == 1800


def test_a_release_returns_the_whole_hold_once() -> None:
    merchant = make_merchant(holds_paise=HOLD_PAISE)
    hold_id = hold(merchant)

    release(hold_id)

    assert balance(merchant.wallet) == HOLD_PAISE
    assert balance(merchant.held) == 0
    with pytest.raises(AlreadyPosted):
        release(hold_id)
    with pytest.raises(HoldNotOpen):
        post("release", Leg(merchant.held, merchant.wallet, HOLD_PAISE), hold_id=hold_id)
    assert balance(merchant.wallet) == HOLD_PAISE
    assert sweep(limit=10) == []


def test_a_captured_hold_cannot_be_released_nor_captured_again() -> None:
    merchant, rider = make_merchant(holds_paise=2 * HOLD_PAISE), make_rider()
    hold_id = hold(merchant)
    hold(merchant)
    capture(hold_id, worked_legs(merchant, rider))

    with pytest.raises(HoldNotOpen):
        release(hold_id)
    with pytest.raises(HoldNotOpen):
        post("handshake", *worked_legs(merchant, rider), hold_id=hold_id)
    assert balance(rider.wallet) == 13200
    assert balance(merchant.held) == HOLD_PAISE


def test_a_hold_that_does_not_exist_cannot_be_released() -> None:
    with pytest.raises(HoldNotOpen):
        release(uuid4())


@pytest.mark.parametrize("used_paise", [HOLD_PAISE - 1, HOLD_PAISE + 1])
def test_a_capture_uses_the_hold_to_the_paisa(used_paise: int) -> None:
    merchant, rider = make_merchant(holds_paise=3 * HOLD_PAISE), make_rider()
    hold_id = hold(merchant)
    hold(merchant)

    with pytest.raises(PostingNotAllowed, match="used up exactly"):
        capture(hold_id, [Leg(merchant.held, rider.wallet, used_paise)])
    assert balance(rider.wallet) == 0
    assert balance(merchant.held) == 2 * HOLD_PAISE


def test_held_money_moves_only_for_its_own_hold() -> None:
    one, other, rider = make_merchant(holds_paise=500), make_merchant(holds_paise=500), make_rider()
    hold_of_one = hold(one, 500)
    hold(other, 500)
    leg = Leg(other.held, rider.wallet, 500)

    for hold_id in (None, hold_of_one, uuid4()):
        with pytest.raises(HoldNotOpen):
            post("handshake", leg, hold_id=hold_id)
    assert balance(rider.wallet) == 0
    assert balance(other.held) == 500


def test_two_merchants_money_never_mixes_in_one_capture() -> None:
    one, other, rider = make_merchant(holds_paise=500), make_merchant(holds_paise=500), make_rider()
    hold_id = hold(one, 500)
    hold(other, 500)

    with pytest.raises(HoldNotOpen):
        capture(hold_id, [Leg(one.held, rider.wallet, 500), Leg(other.held, rider.wallet, 500)])
    assert balance(rider.wallet) == 0


def test_a_hold_is_opened_once() -> None:
    merchant = make_merchant(holds_paise=2 * HOLD_PAISE)
    hold_id = hold(merchant)

    with pytest.raises(AlreadyPosted):
        post("hold", Leg(merchant.wallet, merchant.held, 100), hold_id=hold_id)
    assert balance(merchant.wallet) == HOLD_PAISE


def test_money_is_not_held_without_a_hold() -> None:
    merchant = make_merchant(holds_paise=500)

    with pytest.raises(PostingNotAllowed):
        post("hold", Leg(merchant.wallet, merchant.held, 500))
    assert balance(merchant.wallet) == 500


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
        f"merchant:{uuid4()}:cpt",
        f"merchant:{uuid4()}:wallet:2",
        f"merchant:{str(uuid4()).upper()}:wallet",
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


def test_a_full_reversal_returns_what_the_handshake_took() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    journal = capture(hold(merchant), worked_legs(merchant, rider))

    post(
        "handshake_reversal",
        Leg(rider.wallet, merchant.wallet, 13200),
        Leg(platform("cpt"), merchant.wallet, 2000),
        Leg(platform("cpa"), merchant.wallet, 5000),
        Leg(platform("gst_cgst"), merchant.wallet, 630),
        Leg(platform("gst_sgst"), merchant.wallet, 630),
        reverses=journal,
    )

    assert balance(merchant.wallet) == 21460
    assert balance(rider.wallet) == balance(platform("cpt")) == balance(platform("cpa")) == 0


def test_a_rider_who_spent_the_cashback_owes_the_rest() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    journal = capture(hold(merchant), worked_legs(merchant, rider))
    post("dispute_open", Leg(rider.wallet, rider.parked, 8200))

    post(
        "handshake_reversal",
        Leg(rider.wallet, merchant.wallet, 5000),
        Leg(rider.receivable, merchant.wallet, 8200),
        reverses=journal,
    )

    assert balance(rider.wallet) == 0
    assert balance(rider.receivable) == 8200


def test_reversals_together_never_exceed_the_original() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    open_zone()
    journal = capture(hold(merchant), worked_legs(merchant, rider))
    post("goodwill", Leg(platform("goodwill"), rider.wallet, 10_000))
    post("handshake_reversal", Leg(rider.wallet, merchant.wallet, 13000), reverses=journal)

    for account in (rider.wallet, rider.receivable):
        with pytest.raises(PostingNotAllowed, match="at most"):
            post("handshake_reversal", Leg(account, merchant.wallet, 201), reverses=journal)
    post("handshake_reversal", Leg(rider.wallet, merchant.wallet, 200), reverses=journal)

    assert balance(merchant.wallet) == 13200
    assert balance(rider.wallet) == 10_000


def test_a_lost_dispute_counts_as_a_reversal() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    journal = capture(hold(merchant), worked_legs(merchant, rider))
    post("dispute_open", Leg(rider.wallet, rider.parked, 13200))
    post("dispute_lost", Leg(rider.parked, merchant.wallet, 13200), reverses=journal)

    with pytest.raises(PostingNotAllowed, match="at most"):
        post("handshake_reversal", Leg(rider.receivable, merchant.wallet, 1), reverses=journal)
    assert balance(merchant.wallet) == 13200


def test_a_reversal_pays_only_the_merchant_who_paid() -> None:
    merchant, rider, stranger = make_merchant(holds_paise=HOLD_PAISE), make_rider(), make_merchant()
    journal = capture(hold(merchant), worked_legs(merchant, rider))

    with pytest.raises(PostingNotAllowed, match="at most"):
        post("handshake_reversal", Leg(rider.wallet, stranger.wallet, 1), reverses=journal)
    assert balance(stranger.wallet) == 0


def test_a_reversal_takes_only_from_who_received() -> None:
    merchant, rider, stranger = make_merchant(holds_paise=HOLD_PAISE), make_rider(), make_rider()
    journal = capture(hold(merchant), worked_legs(merchant, rider))

    with pytest.raises(PostingNotAllowed, match="at most"):
        post("handshake_reversal", Leg(stranger.receivable, merchant.wallet, 1), reverses=journal)
    assert balance(merchant.wallet) == 0


def test_a_reversal_names_a_handshake() -> None:
    merchant, rider = make_merchant(holds_paise=HOLD_PAISE), make_rider()
    topped_up = top_up(merchant, 100)
    capture(hold(merchant), worked_legs(merchant, rider))

    for original in (None, topped_up, uuid4()):
        with pytest.raises(PostingNotAllowed, match="not a reversal"):
            post("handshake_reversal", Leg(rider.wallet, merchant.wallet, 1), reverses=original)
    assert balance(rider.wallet) == 13200


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
