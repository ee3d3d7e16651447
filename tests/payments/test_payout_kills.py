"""
A process killed between every two statements of a payout, and on either side of each call and commit.

Not luck: the moments of a whole run are counted, and the run is made once for each of them. Afterwards the
payee's app asks again with the same key and the jobs run as they always do: the money is where it belongs,
and Razorpay has one payout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import FundAccount, Payout
from apps.payments.razorpayx import RazorpayX
from tests.factories import NOON, request_key
from tests.payments.killing import Scheduler, killing
from tests.payments.paying_out import (
    AMOUNT_PAISE,
    Payee,
    make_owner,
    make_payee,
    sent_at,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.http.idempotency import IdempotencyKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("wide_limits")]
PLENTY_PAISE = 5_000_000_00 // 100
STEPS_MINUTES = 20


@dataclass
class Run:
    """One payout from the wish to its end, by one process after another."""

    cloud: RazorpayProcess
    account: Gateway
    payee: Payee
    key: IdempotencyKey
    # What becomes of it at Razorpay, one after the other, each followed by a look.
    ends: Sequence[str]
    now: datetime = NOON

    def go(self) -> None:
        """Ask, send, and look after each thing that happens at Razorpay."""
        self.payee.ask(key=self.key, now=self.now)
        services.submit_next(gateway=self.account, now=self.now)
        for end in self.ends:
            self.happen(end)
            self.now += timedelta(days=1)
            services.look_at_payouts(gateway=self.account, now=self.now, limit=10)

    def happen(self, end: str) -> None:
        for row in sent_at(self.cloud, self.payout):
            if row["status"] != end:
                self.cloud.order("payouts/move", payout_id=row["id"], status=end)

    def recover(self) -> None:
        """What always happens: the app asks again with its key, and the jobs run."""
        self.payee.ask(key=self.key, now=self.now)
        for _ in range(4):
            self.now += timedelta(minutes=STEPS_MINUTES)
            services.submit_next(gateway=self.account, now=self.now)
        for end in self.ends:
            (row,) = sent_at(self.cloud, self.payout)
            if self.ends.index(end) > _reached(self.ends, row["status"]):
                self.happen(end)
            for _ in range(2):
                self.now += timedelta(days=1)
                services.look_at_payouts(gateway=self.account, now=self.now, limit=10)

    @property
    def payout(self) -> Payout:
        return Payout.objects.get(request_key=self.key.key)


def _reached(ends: Sequence[str], status: str) -> int:
    return ends.index(status) if status in ends else -1


@pytest.fixture
def quiet(cloud: RazorpayProcess) -> RazorpayProcess:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    return cloud


def begin(cloud: RazorpayProcess, account: Gateway, payee: Payee, ends: Sequence[str]) -> Run:
    # As if Razorpay had never heard of the account: each run makes the calls about it as well.
    FundAccount.objects.filter(pk=payee.account.pk).update(contact_id="", razorpay_id="")
    return Run(cloud, account, payee, request_key(uuid4().hex), ends)


def survive(
    start: Callable[[], Run],
    patch: pytest.MonkeyPatch,
    *,
    takes_paise: int,
    last_only: bool = False,
) -> list[str]:
    """Kill a run at each of its moments in turn; return the moments."""
    whole = start()
    before = whole.payee.purse
    with killing(whole.account, patch, at=None) as seen:
        whole.go()
    settled(whole, before - takes_paise)
    first = _after_the_last_call(seen) if last_only else 0
    for at in range(first, len(seen.moments)):
        run = start()
        before = run.payee.purse
        with killing(run.account, patch, at=at) as scheduler:
            run.go()
        assert scheduler.moments == seen.moments[: at + 1]
        run.recover()
        settled(run, before - takes_paise)
    return seen.moments[first:]


def _after_the_last_call(seen: Scheduler) -> int:
    return len(seen.moments) - 1 - seen.moments[::-1].index("before the call")


def settled(run: Run, purse_paise: int) -> None:
    """Fail unless the payout came to its end, the money is right, and it was sent once."""
    assert run.payout.state == run.ends[-1].upper()
    assert (run.payee.purse, run.payee.aside) == (purse_paise, 0)
    assert len(sent_at(run.cloud, run.payout)) == 1


def test_whenever_the_process_dies_a_rider_is_paid_once(
    quiet: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_payee(has_paise=PLENTY_PAISE)

    moments = survive(
        lambda: begin(quiet, account, payee, ["processed"]), monkeypatch, takes_paise=AMOUNT_PAISE
    )

    # Contact, account, payout and look; the three steps with what they keep in between.
    assert moments.count("before the call") == moments.count("after the call") == 4
    assert moments.count("before COMMIT") == moments.count("after COMMIT") >= 5
    assert len(moments) > 60


def test_whenever_the_process_dies_what_failed_is_given_back_once(
    quiet: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_payee()

    survive(
        lambda: begin(quiet, account, payee, ["failed"]), monkeypatch,
        takes_paise=0, last_only=True,
    )  # fmt: skip


def test_whenever_the_process_dies_what_came_back_after_it_was_paid_is_given_back_once(
    quiet: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_owner()

    survive(
        lambda: begin(quiet, account, payee, ["processed", "reversed"]), monkeypatch,
        takes_paise=0, last_only=True,
    )  # fmt: skip


def test_without_the_one_key_and_the_look_a_killed_process_would_pay_twice(
    quiet: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the moment between the call and its record is the one that costs money."""
    payee = make_payee()
    send = RazorpayX.send
    monkeypatch.setattr(
        RazorpayX, "send", lambda x, order: send(x, replace(order, key=uuid4().hex))
    )
    monkeypatch.setattr(RazorpayX, "payout_with_reference", lambda *_, **__: None)
    run = begin(quiet, account, payee, ["processed"])
    with killing(account, monkeypatch, at=None) as seen:
        run.go()
    sent = [number for number, name in enumerate(seen.moments) if name == "after the call"][2]

    again = begin(quiet, account, payee, ["processed"])
    with killing(account, monkeypatch, at=sent):
        again.go()
    services.submit_next(gateway=account, now=NOON + timedelta(hours=1))

    assert len(sent_at(quiet, again.payout)) == 2
