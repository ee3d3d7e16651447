"""No sequence of acts makes, loses or overdraws money: the services against plain arithmetic."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.town import happened
from tests.properties.visits import Visits

THOROUGH = 300
BASIC = {"book", "scan", "reverse", "dispute", "decide", "announce"}
ACTS = BASIC | {
    *("cancel", "expire", "approve", "sweep", "spend", "freeze", "thaw"),
    *("DealNotFunded", "WalletFrozen", "NotReversible", "ReversalTooLarge", "NotDisputable"),
    *("IdempotencyKeyReused", "AlreadyRedeemed", "UnknownCode", "BookingNotLive"),
}


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_no_sequence_of_acts_makes_loses_or_overdraws_money() -> None:
    usual = settings().max_examples
    happened.clear()

    # An example is up to fifty acts, so that a third of the usual examples is many times the work.
    run_state_machine_as_test(Visits, settings=settings(max_examples=max(25, usual // 3)))

    # A machine that never gets anywhere proves nothing.
    never = (ACTS if usual >= THOROUGH else BASIC) - set(happened)
    assert not never
