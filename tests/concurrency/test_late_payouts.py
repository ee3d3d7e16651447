"""A late payout that several make good at once: each day is paid for once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import Payout
from apps.payments.services import compensating
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, paused
from tests.concurrency.owing import beside_a_recovery, owes
from tests.factories import NOON, balance
from tests.payments.conftest import account, cloud, razorpay_process
from tests.payments.paying_out import HAS_PAISE, Payee, looked, make_payee, submitted
from tests.sandbox.pretended_razorpay import RazorpayProcess

__all__ = ["account", "cloud", "razorpay_process"]

pytestmark = pytest.mark.django_db(transaction=True)
LATE = NOON + timedelta(days=2)


@pytest.fixture
def late(cloud: RazorpayProcess, account: Gateway) -> tuple[Payee, Payout]:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    payee = make_payee()
    payout = submitted(payee, account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="failed")
    assert looked(payout, account, now=LATE) == "FAILED"
    return payee, payout


@contextmanager
def slow_posting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(wallet, "post", paused(wallet.post))
        yield


def test_three_at_once_pay_for_a_day_once(
    late: tuple[Payee, Payout], monkeypatch: pytest.MonkeyPatch
) -> None:
    payee, payout = late

    with slow_posting(monkeypatch):
        jobs = [lambda: services.compensate_late_payout(payout_id=payout.pk, now=LATE)] * 3
        outcomes = at_once(*jobs)

    assert sorted(map(str, outcomes)) == ["0", "0", "1"]
    assert payee.purse == HAS_PAISE + 100_00


def test_a_debt_that_is_recovered_meanwhile_and_a_delay_never_wait_in_a_circle(
    late: tuple[Payee, Payout], monkeypatch: pytest.MonkeyPatch
) -> None:
    payee, payout = late
    assert payee.rider is not None
    owed = owes(payee.rider)

    outcomes = beside_a_recovery(
        lambda: services.compensate_late_payout(payout_id=payout.pk, now=LATE),
        payee.rider,
        monkeypatch,
    )

    assert outcomes == [1, 0]
    assert balance(codes.rider_receivable(payee.rider.pk)) == owed - 100_00


def test_without_the_payouts_lock_the_ledger_still_pays_for_a_day_once(
    late: tuple[Payee, Payout], monkeypatch: pytest.MonkeyPatch
) -> None:
    payee, payout = late
    monkeypatch.setattr(
        compensating, "lock_payout", lambda *, payout_id: Payout.objects.get(pk=payout_id)
    )
    monkeypatch.setattr(wallet, "lock_balances", lambda **_: {})

    with slow_posting(monkeypatch):
        jobs = [lambda: services.compensate_late_payout(payout_id=payout.pk, now=LATE)] * 2
        outcomes = at_once(*jobs)

    assert "AlreadyPosted" in outcomes
    assert payee.purse == HAS_PAISE + 100_00
