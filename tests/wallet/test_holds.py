"""Money set aside for a visit: opened, used up or returned once, and never another's."""

from uuid import uuid4

import pytest

from apps.wallet import selectors
from apps.wallet.errors import (
    AlreadyPosted,
    HoldNotOpen,
    PostingNotAllowed,
)
from apps.wallet.services import Leg
from tests.wallet.scenes import (
    HOLD_PAISE,
    capture,
    hold,
    make_merchant,
    make_rider,
    platform,
    post,
    release,
    sweep,
    worked_legs,
)

pytestmark = pytest.mark.django_db


def balance(code: str) -> int:
    return selectors.balance_paise(code=code)


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
