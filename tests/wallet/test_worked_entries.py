"""The worked entries of money in and out (rows 1b and 7 to 15 of product rule 2.6), to the paisa."""

import pytest

from apps.wallet import codes, invariants, selectors, services
from apps.wallet.errors import PostingNotAllowed
from apps.wallet.services import Leg
from tests.wallet.scenes import (
    Merchant,
    Rider,
    make_merchant,
    make_rider,
    open_zone,
    platform,
    post,
    top_up,
)
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def balance(code: str) -> int:
    return selectors.balance_paise(code=code)


def balances(*names: str) -> list[int]:
    return [balance(platform(name)) for name in names]


def paid_rider(amount_paise: int) -> Rider:
    """Return a rider whose wallet holds this much, which the platform gave."""
    open_zone()
    rider = make_rider()
    post("goodwill", Leg(platform("goodwill"), rider.wallet, amount_paise))
    return rider


def withdrawing(rider: Rider) -> str:
    return codes.rider_withdrawing(rider.id)


def refunding(merchant: Merchant) -> str:
    return codes.merchant_refunding(merchant.id)


def test_a_settlement_is_what_was_paid_less_the_fee_and_its_tax() -> None:
    merchant = make_merchant()
    post("topup", Leg(platform("pg_clearing"), merchant.wallet, 500_000))

    post(
        "settlement",
        Leg(platform("bank_nodal"), platform("pg_clearing"), 488_200),
        Leg(platform("pg_fees"), platform("pg_clearing"), 10_000),
        Leg(platform("gst_input"), platform("pg_clearing"), 1_800),
    )

    assert balances("pg_clearing", "bank_nodal", "pg_fees", "gst_input") == [
        0, 488_200, 10_000, 1_800,
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["rider", "merchant"])
def test_a_payout_that_the_bank_sends_back_is_as_if_it_had_never_been(who: str) -> None:
    merchant = make_merchant(holds_paise=200_000)
    rider = paid_rider(50_000)
    wallet, away, kind = (
        (rider.wallet, withdrawing(rider), "withdrawal")
        if who == "rider"
        else (merchant.wallet, refunding(merchant), "refund")
    )
    post("float_funding", Leg(platform("payout_float"), platform("bank_nodal"), 100_000))
    before = balance(wallet)
    post(kind, Leg(wallet, away, 50_000))
    paid = post(
        "payout",
        Leg(away, platform("payout_float"), 50_000),
        Leg(platform("payout_fees"), platform("payout_float"), 300),
        Leg(platform("gst_input"), platform("payout_float"), 54),
    )
    assert balance(wallet) == before - 50_000
    assert balances("payout_float", "payout_fees", "gst_input") == [49_646, 300, 54]
    back = [
        Leg(platform("payout_float"), wallet, 50_000),
        Leg(platform("payout_float"), platform("payout_fees"), 300),
        Leg(platform("payout_float"), platform("gst_input"), 54),
    ]

    post("payout_reversal", *back, reverses=paid)

    assert balance(wallet) == before
    assert balances("payout_float", "payout_fees", "gst_input") == [100_000, 0, 0]
    with pytest.raises(PostingNotAllowed, match="at most"):
        post("payout_reversal", back[0], reverses=paid)


def test_a_payout_that_fails_goes_back_to_whom_it_came_from() -> None:
    rider, other = paid_rider(50_000), make_rider()
    asked = post("withdrawal", Leg(rider.wallet, withdrawing(rider), 50_000))

    with pytest.raises(PostingNotAllowed, match="another party"):
        post("withdrawal_back", Leg(withdrawing(rider), other.wallet, 50_000), reverses=asked)
    post("withdrawal_back", Leg(withdrawing(rider), rider.wallet, 50_000), reverses=asked)

    assert balance(rider.wallet) == 50_000


@pytest.mark.parametrize(
    ("kind", "income", "paise"),
    [("boost", "boost", 50_000), ("subscription", "subscription", 99_900)],
)
def test_what_is_sold_is_refunded_in_part_and_never_beyond(
    kind: str, income: str, paise: int
) -> None:
    merchant = make_merchant(holds_paise=200_000)
    tax = paise * 9 // 100
    sold = post(
        kind,
        Leg(merchant.wallet, platform(income), paise),
        Leg(merchant.wallet, platform("gst_cgst"), tax),
        Leg(merchant.wallet, platform("gst_sgst"), tax),
    )
    assert balance(merchant.wallet) == 200_000 - paise - 2 * tax

    post(
        f"{kind}_refund",
        Leg(platform(income), merchant.wallet, 28_571),
        Leg(platform("gst_cgst"), merchant.wallet, 2_571),
        Leg(platform("gst_sgst"), merchant.wallet, 2_571),
        reverses=sold,
    )

    assert balance(merchant.wallet) == 200_000 - paise - 2 * tax + 33_713
    with pytest.raises(PostingNotAllowed, match="at most"):
        post(f"{kind}_refund", Leg(platform(income), merchant.wallet, paise), reverses=sold)


def test_a_chargeback_that_the_wallet_cannot_pay_is_owed_and_paid_later() -> None:
    merchant = make_merchant(holds_paise=30_000)
    debt = codes.merchant_receivable(merchant.id)

    lost = post(
        "chargeback",
        Leg(merchant.wallet, platform("pg_clearing"), 30_000),
        Leg(debt, platform("pg_clearing"), 20_000),
    )

    assert (balance(merchant.wallet), balance(debt)) == (0, 20_000)
    top_up(merchant, 50_000)
    post("merchant_debt_recovery", Leg(merchant.wallet, debt, 20_000))
    assert (balance(merchant.wallet), balance(debt)) == (30_000, 0)
    post("chargeback_won", Leg(platform("pg_clearing"), merchant.wallet, 50_000), reverses=lost)
    assert balance(merchant.wallet) == 80_000


def test_a_reward_comes_out_of_a_funded_pool_and_goes_back_there() -> None:
    rider, pool = make_rider(), codes.promo_pool("badges-mnp")
    make_merchant()
    services.open_accounts(codes=[pool])
    post("promo_funding", Leg(platform("rewards"), pool, 1_000_000))

    given = post("reward", Leg(pool, rider.wallet, 2_500))
    post("reward_clawback", Leg(rider.wallet, pool, 2_500), reverses=given)

    assert (balance(pool), balance(rider.wallet)) == (1_000_000, 0)


def test_a_finder_fee_is_owed_by_the_network_until_it_pays() -> None:
    participant = codes.bpp_receivable(new_id())
    make_merchant()
    services.open_accounts(codes=[participant])

    post(
        "finder_fee",
        Leg(participant, platform("finder_fee"), 124),
        Leg(participant, platform("gst_igst"), 22),
    )
    assert balance(participant) == 146
    post("finder_fee_settlement", Leg(platform("bank_nodal"), participant, 146))

    assert balance(participant) == 0


def test_money_that_sleeps_is_kept_for_its_owner_and_is_no_income() -> None:
    rider = paid_rider(4_000)

    asleep = post("dormancy", Leg(rider.wallet, platform("unclaimed"), 4_000))
    assert balance(platform("unclaimed")) == 4_000
    post("dormancy_back", Leg(platform("unclaimed"), rider.wallet, 4_000), reverses=asleep)

    assert balance(rider.wallet) == 4_000
    assert not invariants.find_imbalance()
