"""
A process killed between every two statements of a question to a bank, and on either side of each call and commit.

The process kills itself there (SIGKILL). Afterwards the job runs as it always does: the account is verified, and
its bank was asked once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from apps.accounts.models import AuditEvent
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import AccountValidation, FundAccount
from apps.payments.razorpayx import RazorpayX, razorpayx
from apps.payments.services import validations
from apps.payments.services.razorpay_accounts import known_to
from tests.concurrency.meeting import at_once, beside, paused
from tests.factories import NOON, make_rider
from tests.payments import killing
from tests.payments.validating import added, put_at, question, state
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.ids import new_id

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
    begin: Callable[[], Run], account: Gateway
) -> None:
    undisturbed = begin()
    seen = killing.whole(undisturbed, account)
    assert state(undisturbed.account) == ("MATCHED", "verified")
    # Contact, account, question and look.
    assert seen.count("before the call") == seen.count("after the call") == 4
    assert seen.count("before COMMIT") == seen.count("after COMMIT") >= 4

    for at in range(len(seen)):
        run = begin()
        assert killing.killed(run, account, at=at) == seen[: at + 1]
        run.recover()

        assert state(run.account) == ("MATCHED", "verified"), seen[at]
        assert len(run.made) == 1, seen[at]


def test_without_the_look_a_killed_process_would_ask_twice(
    begin: Callable[[], Run], account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the moment between the question and its record is the one that costs money."""
    monkeypatch.setattr(RazorpayX, "validation_with_reference", lambda *_, **__: None)
    seen = killing.whole(begin(), account)
    put = [number for number, name in enumerate(seen) if name == "after the call"][2]

    again = begin()
    killing.killed(again, account, at=put)
    again.recover()

    assert len(again.made) == 2


def asking(account: Gateway) -> Callable[[], object]:
    return lambda: services.validate_next(gateway=account, now=NOON)


def test_two_workers_at_one_question_put_it_once(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    added()
    monkeypatch.setattr(AccountValidation, "save", paused(AccountValidation.save))

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


def told_of(cloud: RazorpayProcess, gateway: Gateway) -> Callable[[], str]:
    """Return how somebody brings the answer to the question that Razorpay was asked last."""
    made = put_at(cloud)[-1]["id"]
    row = AccountValidation.objects.get()
    cloud.order("validations/end", validation_id=made, status="completed")
    facts = razorpayx(gateway).validation(validation_id=made)
    return lambda: services.record_validation(validation_id=row.pk, facts=facts, now=NOON)


def test_an_account_that_its_bank_and_an_operator_verify_at_once_is_verified_by_one(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = added()
    services.validate_next(gateway=account, now=NOON)

    def verify() -> None:
        services.verify_fund_account(
            fund_account_id=mine.pk, actor_id=new_id(), reason="the name fits", now=NOON
        )

    ends = beside(
        told_of(cloud, account), verify, at=(FundAccount, "save"), monkeypatch=monkeypatch
    )

    assert ends == ["MATCHED", None]
    mine.refresh_from_db()
    assert (mine.verified_by, mine.verified_through_id) == (None, question(mine).pk)
    assert AuditEvent.objects.filter(action="fund_account.verified").count() == 1


def test_a_question_whose_answer_is_being_written_is_looked_for_by_nobody(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    added()
    with monkeypatch.context() as lost:
        lost.setattr(validations, "record_validation", lambda **_: "lost")
        services.validate_next(gateway=account, now=NOON)

    def look() -> str | None:
        return services.validate_next(gateway=account, now=NOON + STEP)

    ends = beside(
        told_of(cloud, account), look, at=(AccountValidation, "save"), monkeypatch=monkeypatch
    )

    assert ends == ["MATCHED", None]


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
