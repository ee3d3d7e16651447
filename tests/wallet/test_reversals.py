"""What was posted is taken back from who got it, to who paid it, and never more."""

from uuid import uuid4

import pytest

from apps.wallet import selectors
from apps.wallet.errors import (
    PostingNotAllowed,
)
from apps.wallet.services import Leg
from tests.wallet.scenes import (
    HOLD_PAISE,
    capture,
    hold,
    make_merchant,
    make_rider,
    open_zone,
    platform,
    post,
    top_up,
    worked_legs,
)

pytestmark = pytest.mark.django_db


def balance(code: str) -> int:
    return selectors.balance_paise(code=code)


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
