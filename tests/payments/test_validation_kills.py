"""
A process killed between every two statements of a question to a bank, and on either side of each call and commit.

Afterwards the job runs as it always does: the account is verified, and its bank was asked once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import AccountValidation, FundAccount
from apps.payments.razorpayx import RazorpayX, razorpayx
from apps.payments.services import validations
from apps.payments.services.razorpay_accounts import known_to
from tests.concurrency.meeting import at_once, paused
from tests.factories import NOON, make_rider
from tests.payments.killing import killing
from tests.payments.validating import added, put_at, question, state
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db(transaction=True)
STEP = timedelta(minutes=20)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("validations", ends="", seconds=0)
    cloud.order("clock", at=int(NOON.timestamp()))


@dataclass
class Run:
    """One account from its being added to what its bank says."""

    cloud: RazorpayProcess
    gateway: Gateway
    account: FundAccount
    now: datetime = NOON

    def go(self) -> None:
        services.validate_next(gateway=self.gateway, now=self.now)
        self.answer()
        self.now += DAY
        services.look_at_validations(gateway=self.gateway, now=self.now, limit=10)

    def answer(self) -> None:
        for row in self.made:
            if row["status"] == "created":
                self.cloud.order("validations/end", validation_id=row["id"], status="completed")

    def recover(self) -> None:
        for _ in range(4):
            self.now += STEP
            services.validate_next(gateway=self.gateway, now=self.now)
        self.answer()
        for _ in range(2):
            self.now += DAY
            services.look_at_validations(gateway=self.gateway, now=self.now, limit=10)

    @property
    def made(self) -> list[dict[str, object]]:
        known = AccountValidation.objects.filter(fund_account=self.account)
        ours = {row.reference for row in known}
        return [row for row in put_at(self.cloud) if row["notes"]["reference"] in ours]


@pytest.fixture
def begin(cloud: RazorpayProcess, account: Gateway) -> Callable[[], Run]:
    rider = make_rider("asha", now=NOON - DAY * 9)
    numbers = iter(range(1_000))

    def start() -> Run:
        # Long enough apart that none waits for having asked too often.
        long_ago = NOON - DAY * 9
        mine = added(rider, now=long_ago, vpa=f"asha{next(numbers)}@upi")
        AccountValidation.objects.filter(fund_account=mine).update(next_look_at=long_ago)
        return Run(cloud, account, mine)

    return start


def test_whenever_the_process_dies_the_bank_is_asked_once_and_the_account_verified(
    begin: Callable[[], Run], account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = begin()
    with killing(account, monkeypatch, at=None) as seen:
        whole.go()
    assert state(whole.account) == ("MATCHED", "verified")
    # Contact, account, question and look.
    assert seen.moments.count("before the call") == seen.moments.count("after the call") == 4
    assert seen.moments.count("before COMMIT") == seen.moments.count("after COMMIT") >= 4

    for at in range(len(seen.moments)):
        run = begin()
        with killing(account, monkeypatch, at=at) as scheduler:
            run.go()
        assert scheduler.moments == seen.moments[: at + 1]
        run.recover()

        assert state(run.account) == ("MATCHED", "verified"), seen.moments[at]
        assert len(run.made) == 1, seen.moments[at]


def test_without_the_look_a_killed_process_would_ask_twice(
    begin: Callable[[], Run], account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the moment between the question and its record is the one that costs money."""
    monkeypatch.setattr(RazorpayX, "validation_with_reference", lambda *_, **__: None)
    run = begin()
    with killing(account, monkeypatch, at=None) as seen:
        run.go()
    put = [number for number, name in enumerate(seen.moments) if name == "after the call"][2]

    again = begin()
    with killing(account, monkeypatch, at=put):
        again.go()
    again.recover()

    assert len(again.made) == 2


def asking(account: Gateway) -> Callable[[], object]:
    return lambda: services.validate_next(gateway=account, now=NOON)


def test_two_workers_at_one_question_put_it_once(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    added()
    monkeypatch.setattr(validations, "known_to", paused(known_to))

    ends = at_once(*[asking(account)] * 2)

    assert sorted(map(str, ends)) == ["CREATED", "None"]
    assert len(put_at(cloud)) == 1


def test_without_the_claim_both_come_to_ask_and_one_is_let(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = added()
    monkeypatch.setattr(validations, "known_to", paused(known_to))
    # Both were given the row, as when a lease ran out under a worker that was frozen.
    row = AccountValidation.objects.select_related("fund_account").get(pk=question(mine).pk)
    monkeypatch.setattr(validations, "_take", lambda **_: row)

    ends = at_once(*[asking(account)] * 2)

    assert sorted(map(str, ends)) == ["CREATED", "waits"]
    assert len(put_at(cloud)) == 1


def test_an_answer_that_eight_bring_at_once_verifies_once(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    services.validate_next(gateway=account, now=NOON)
    made = question(mine)
    cloud.order("validations/end", validation_id=made.razorpay_id, status="completed")
    facts = razorpayx(account).validation(validation_id=made.razorpay_id or "")

    ends = at_once(
        *[lambda: services.record_validation(validation_id=made.pk, facts=facts, now=NOON)] * 8
    )

    assert sorted(map(str, ends)) == ["MATCHED"] + ["unchanged"] * 7
    assert state(mine) == ("MATCHED", "verified")
