"""
A process killed between every two statements of a payout, and on either side of each call and commit.

Not luck: the moments of a whole run are counted, and the run is made once for each of them by a process that
kills itself there (SIGKILL). Afterwards the payee's app asks again with the same key and the jobs run as they
always do: the money is where it belongs, and Razorpay has one payout.
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
from tests.payments import killing
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
AT_RAZORPAY = {"before the call", "after the call"}


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


def survive(start: Callable[[], Run], *, takes_paise: int, last_only: bool = False) -> list[str]:
    """Kill a run at each of its moments in turn; return the moments."""
    whole = start()
    before = whole.payee.purse
    seen = killing.whole(whole, whole.account)
    settled(whole, before - takes_paise)
    first = _at(seen, "before the call")[-1] if last_only else 0
    for at in range(first, len(seen)):
        run = start()
        before = run.payee.purse
        assert killing.killed(run, run.account, at=at) == seen[: at + 1]
        if seen[at] in AT_RAZORPAY:
            assert run.payout.claimed_at, "what Razorpay may have was claimed, and that is kept"
        run.recover()
        settled(run, before - takes_paise)
    return seen[first:]


def _at(moments: list[str], name: str) -> list[int]:
    return [number for number, moment in enumerate(moments) if moment == name]


def settled(run: Run, purse_paise: int) -> None:
    """Fail unless the payout came to its end, the money is right, and it was sent once."""
    assert run.payout.state == run.ends[-1].upper()
    assert (run.payee.purse, run.payee.aside) == (purse_paise, 0)
    assert len(sent_at(run.cloud, run.payout)) == 1


def test_whenever_the_process_dies_a_rider_is_paid_once(
    quiet: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee(has_paise=PLENTY_PAISE)

    moments = survive(lambda: begin(quiet, account, payee, ["processed"]), takes_paise=AMOUNT_PAISE)

    # Contact, account, payout and look.
    calls, answers = _at(moments, "before the call"), _at(moments, "after the call")
    assert len(calls) == len(answers) == 4
    assert len(_at(moments, "before COMMIT")) == len(_at(moments, "after COMMIT")) >= 5
    # The claim, the call, the record: it was killed in each, and between each two of them.
    claim, sending = moments[: calls[0]], moments[calls[0] : answers[2] + 1]
    record = moments[answers[2] + 1 : calls[3]]
    for kept in (claim, record):
        changed = [moment.startswith('UPDATE "payments_payout"') for moment in kept]
        assert changed.index(True) < _at(kept, "before COMMIT")[-1] < len(kept) - 1
    assert sending[-2:] == ["before the call", "after the call"]
    assert min(map(len, (claim, record))) > 10
    assert len(moments) > 60


def test_whenever_the_process_dies_what_failed_is_given_back_once(
    quiet: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()

    survive(lambda: begin(quiet, account, payee, ["failed"]), takes_paise=0, last_only=True)


def test_whenever_the_process_dies_what_came_back_after_it_was_paid_is_given_back_once(
    quiet: RazorpayProcess, account: Gateway
) -> None:
    payee = make_owner()

    survive(
        lambda: begin(quiet, account, payee, ["processed", "reversed"]),
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
    seen = killing.whole(begin(quiet, account, payee, ["processed"]), account)

    again = begin(quiet, account, payee, ["processed"])
    killing.killed(again, account, at=_at(seen, "after the call")[2])
    services.submit_next(gateway=account, now=NOON + timedelta(hours=1))

    assert len(sent_at(quiet, again.payout)) == 2
