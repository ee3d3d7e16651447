"""
A process killed between every two statements of a capture and of a refund, and on either side of each call and commit.

The process kills itself there (SIGKILL). Afterwards the jobs run as they always do: the money is taken once, what is
owed back of it is sent once, and the books are those of a day on which nobody died.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import Prepayment, PrepaymentRefund
from tests.factories import NOON
from tests.payments import killing
from tests.payments.prepaid import FARE_PAISE, books, bought, held, now_of, refund_of
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db(transaction=True)
BACK_PAISE = 25_00
STEP = timedelta(minutes=5)


@dataclass
class Run:
    """One payment whose purchase came true and was then cancelled: captured, owed back in part, and refunded."""

    gateway: Gateway
    row: Prepayment
    now: datetime = NOON

    def go(self) -> None:
        services.tend_prepayments(gateway=self.gateway, now=self.now, limit=10)
        services.undo_prepayment(
            purpose=self.row.purpose, back_paise=BACK_PAISE, reason="cancelled", now=self.now
        )
        services.send_refunds(gateway=self.gateway, now=self.now, limit=10)

    def recover(self) -> None:
        """What always happens: the seller's message is handled again, and the jobs run."""
        for _ in range(3):
            self.now += STEP
            self.go()

    def money(self) -> tuple[str, list[int]]:
        """Return what became of the payment at Razorpay: its status, and what was given back of it."""
        assert self.row.payment_id
        facts = self.gateway.payment(payment_id=self.row.payment_id)
        back = self.gateway.refunds_of(payment_id=self.row.payment_id)
        return facts.status, [one.amount_paise for one in back]


@pytest.fixture
def begin(cloud: RazorpayProcess, account: Gateway) -> Callable[[], Run]:
    def start() -> Run:
        row = held(cloud, account)
        bought(row)
        return Run(account, row)

    return start


def settled(run: Run) -> None:
    assert now_of(run.row).state == "CAPTURED"
    assert refund_of(run.row).state == "SENT"
    assert run.money() == ("captured", [BACK_PAISE])


def test_whenever_the_process_dies_the_money_is_taken_once_and_given_back_once(
    begin: Callable[[], Run], account: Gateway
) -> None:
    # The first of a zone opens its accounts.
    killing.whole(begin(), account)
    undisturbed = begin()
    seen = killing.whole(undisturbed, account)
    settled(undisturbed)
    # The capture; the look for the refund, and the refund.
    calls = [number for number, name in enumerate(seen) if name == "before the call"]
    assert len(calls) == seen.count("after the call") == 3
    # The claim and the record of each, and the cancellation between them.
    assert seen.count("before COMMIT") == seen.count("after COMMIT") >= 5
    assert len(seen) > 30

    for at, moment in enumerate(seen):
        run = begin()
        assert killing.killed(run, account, at=at) == seen[: at + 1]
        if moment in {"before the call", "after the call"}:
            refund = PrepaymentRefund.objects.filter(prepayment=run.row).first()
            claimed = now_of(run.row).looks if at < calls[1] else refund and refund.attempts
            assert claimed == 1, "what Razorpay may have done was claimed, and that is kept"
        run.recover()
        settled(run)
    rest = (FARE_PAISE - BACK_PAISE) * (2 + len(seen))
    assert books() == (rest, rest, 0)


def test_without_the_look_and_the_one_key_a_killed_process_would_refund_twice(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the moment between the refund and its record is the one that costs money."""
    refund = Gateway.refund
    monkeypatch.setattr(
        Gateway, "refund", lambda x, **facts: refund(x, **facts | {"key": uuid4().hex})
    )
    looked = Gateway.refunds_of
    monkeypatch.setattr(Gateway, "refunds_of", lambda *_, **__: [])
    runs = [Run(account, held(cloud, account)) for _ in range(2)]
    bought(runs[0].row)
    seen = killing.whole(runs[0], account)
    sent = [number for number, name in enumerate(seen) if name == "after the call"][-1]

    bought(runs[1].row)
    killing.killed(runs[1], account, at=sent)
    runs[1].recover()

    monkeypatch.setattr(Gateway, "refunds_of", looked)
    assert runs[1].money() == ("captured", [BACK_PAISE] * 2)
