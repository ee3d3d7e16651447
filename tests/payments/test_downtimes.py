"""A bank that is down: what goes to it waits, and nothing else does."""

from datetime import datetime, timedelta

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import Payout
from tests.factories import NOON
from tests.payments.paying_out import make_owner, make_payee
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)


def down(
    *modes: str, bank: str = "", ends: bool = False, which: str = "poutdown_1", now: datetime = NOON
) -> None:
    services.note_downtime(downtime_id=which, modes=modes, bank=bank, down=not ends, now=now)


def test_while_its_banks_are_down_a_payout_waits_and_others_do_not(account: Gateway) -> None:
    down("UPI")
    waits = make_payee(kind="vpa").ask()
    goes = make_payee(kind="bank").ask(now=NOON + timedelta(seconds=1))

    later = NOON + timedelta(minutes=1)
    assert services.submit_next(gateway=account, now=later) == "PROCESSING"
    assert services.submit_next(gateway=account, now=later) is None

    goes.refresh_from_db()
    assert goes.state == "PROCESSING"
    down("UPI", ends=True, now=later)
    assert services.submit_next(gateway=account, now=later) == "PROCESSING"
    waits.refresh_from_db()
    assert waits.state == "PROCESSING"


def test_while_one_bank_is_down_what_goes_to_others_goes(account: Gateway) -> None:
    # The payee's bank by its letters, as Razorpay writes them; and one that is nobody's here.
    down("IMPS", bank="SBI")
    down("IMPS", "UPI", bank="UTIB", which="poutdown_2")
    waits = make_payee(kind="bank").ask()
    goes = make_owner().ask()
    unknown = make_payee(kind="vpa").ask()

    outcomes = [services.submit_next(gateway=account, now=NOON) for _ in range(3)]

    assert outcomes == ["PROCESSING", "PROCESSING", None]
    states = [Payout.objects.get(pk=payout.pk).state for payout in (waits, goes, unknown)]
    assert states == ["APPROVED", "PROCESSING", "PROCESSING"]
    assert (waits.bank, goes.bank, unknown.bank) == ("SBIN", "HDFC", "")
    down("IMPS", bank="SBI", ends=True)
    assert services.submit_next(gateway=account, now=NOON) == "PROCESSING"


def test_a_downtime_that_is_over_does_not_begin_again_when_its_beginning_is_told_late(
    account: Gateway,
) -> None:
    down("UPI", ends=True)
    down("UPI")
    make_payee().ask()

    assert services.submit_next(gateway=account, now=NOON) == "PROCESSING"


def test_a_downtime_whose_end_is_lost_ends_by_itself(account: Gateway) -> None:
    down("UPI")
    make_payee().ask()

    assert services.submit_next(gateway=account, now=NOON + timedelta(hours=1)) is None
    assert services.submit_next(gateway=account, now=NOON + timedelta(hours=3)) == "PROCESSING"
