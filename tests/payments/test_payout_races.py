"""Payouts asked for, sent, told of and taken back at the same moment; each lock with the control that needs it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import QuerySet

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.machine import State
from apps.payments.models import Payout, PayoutHalt, PayoutTransition
from apps.payments.razorpayx import PayoutFacts, RazorpayX
from apps.payments.services import (
    payout_answers,
    payout_requests,
    payout_steps,
    payout_submitting,
)
from tests.concurrency.meeting import at_once, paused
from tests.factories import NOON, request_key
from tests.payments.paying_out import (
    AMOUNT_PAISE,
    FEE_PAISE,
    HAS_PAISE,
    TAX_PAISE,
    Payee,
    make_payee,
    sent_at,
    submitted,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db(transaction=True)
MOST_A_DAY_PAISE = 2_000_00


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)


def asking(payee: Payee, amount_paise: int, key: str = "") -> Callable[[], str]:
    def ask() -> str:
        return payee.ask(amount_paise, key=request_key(key) if key else None).pk.hex

    return ask


def outcomes(results: list[object]) -> list[str]:
    """Return the refusals' names, and `asked` for what was not refused."""
    return sorted("asked" if len(str(one)) == 32 else str(one) for one in results)


@pytest.fixture
def slow_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payout_requests, "hold", paused(payout_steps.hold))


@pytest.fixture
def payee_unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*, person_id: UUID) -> User:
        return User.objects.get(pk=person_id)

    monkeypatch.setattr(accounts, "lock_payee", read)


@pytest.mark.usefixtures("slow_hold")
def test_two_withdrawals_at_once_are_counted_one_after_the_other() -> None:
    payee = make_payee(has_paise=2 * MOST_A_DAY_PAISE)

    ends = at_once(*[asking(payee, MOST_A_DAY_PAISE)] * 2)

    assert outcomes(ends) == ["PayoutLimitReached", "asked"]
    assert payee.aside == MOST_A_DAY_PAISE


@pytest.mark.usefixtures("slow_hold", "payee_unlocked")
def test_without_the_payees_lock_two_at_once_pass_the_days_limit() -> None:
    payee = make_payee(has_paise=2 * MOST_A_DAY_PAISE)

    ends = at_once(*[asking(payee, MOST_A_DAY_PAISE)] * 2)

    assert outcomes(ends) == ["asked", "asked"]
    assert payee.aside == 2 * MOST_A_DAY_PAISE


@pytest.mark.usefixtures("slow_hold")
def test_the_same_request_twice_at_once_is_one_payout() -> None:
    payee = make_payee()

    ends = at_once(*[asking(payee, AMOUNT_PAISE, "twins")] * 2)

    assert len(set(ends)) == 1
    assert (Payout.objects.count(), payee.aside) == (1, AMOUNT_PAISE)


@pytest.mark.usefixtures("slow_hold", "payee_unlocked")
def test_without_the_payees_lock_the_twin_runs_into_the_constraint() -> None:
    payee = make_payee()

    ends = at_once(*[asking(payee, AMOUNT_PAISE, "twins")] * 2)

    assert outcomes(ends) == ["IntegrityError", "asked"]
    assert payee.aside == AMOUNT_PAISE


def sending(account: Gateway) -> Callable[[], object]:
    return lambda: services.submit_next(gateway=account, now=NOON)


def test_two_workers_at_one_payout_send_it_once(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = make_payee().ask()
    monkeypatch.setattr(payout_submitting, "step", paused(payout_steps.step))

    ends = at_once(*[sending(account)] * 2)

    assert sorted(map(str, ends)) == ["None", "PROCESSING"]
    assert cloud.ask("calls")["calls"].count("POST /v1/payouts") == 1
    assert len(sent_at(cloud, payout)) == 1


def test_without_the_claims_lock_both_ask_and_the_one_key_still_makes_one_payout(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payout = make_payee().ask()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(payout_submitting, "step", paused(payout_steps.step))

    at_once(*[sending(account)] * 2)

    assert cloud.ask("calls")["calls"].count("POST /v1/payouts") == 2
    assert len(sent_at(cloud, payout)) == 1


def paid(payout: Payout) -> PayoutFacts:
    return PayoutFacts(
        id=payout.razorpay_id or "", state=State.PROCESSED, amount_paise=payout.amount_paise,
        reference=payout.reference, fee_paise=FEE_PAISE, tax_paise=TAX_PAISE, utr="1", reason="",
    )  # fmt: skip


def telling(payout: Payout) -> Callable[[], str]:
    return lambda: services.record_answer(
        payout_id=payout.pk, facts=paid(payout), source="EVENT", now=NOON
    )


@pytest.fixture
def slow_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payout_steps, "_pay", paused(payout_steps._pay))


@pytest.mark.usefixtures("slow_pay")
def test_a_payment_that_eight_tell_of_at_once_is_booked_once(account: Gateway) -> None:
    payee = make_payee()
    payout = submitted(payee, account)

    ends = at_once(*[telling(payout)] * 8)

    assert sorted(map(str, ends)) == ["PROCESSED"] + ["unchanged"] * 7
    assert (payee.purse, payee.aside) == (HAS_PAISE - AMOUNT_PAISE, 0)
    assert PayoutTransition.objects.filter(payout=payout, after="PROCESSED").count() == 1


@pytest.mark.usefixtures("slow_pay")
def test_without_the_payouts_lock_the_ledger_still_books_it_once(
    account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_payee()
    payout = submitted(payee, account)

    def read(*, payout_id: UUID) -> Payout:
        return Payout.objects.get(pk=payout_id)

    monkeypatch.setattr(payout_answers, "lock_payout", read)

    ends = at_once(*[telling(payout)] * 3)

    # The race is real: others got as far as posting, and were refused there.
    assert ends.count("PROCESSED") == 1
    assert "AlreadyPosted" in ends
    assert (payee.purse, payee.aside) == (HAS_PAISE - AMOUNT_PAISE, 0)


def test_a_payout_that_is_taken_back_while_it_is_claimed_is_one_of_the_two(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_payee()
    payout = payee.ask()
    monkeypatch.setattr(payout_submitting, "step", paused(payout_steps.step))
    monkeypatch.setattr(payout_requests, "step", paused(payout_steps.step))

    ends = at_once(sending(account), taking_back(payee, payout))

    payout.refresh_from_db()
    if payout.state == "CANCELLED":
        assert (ends[0], payee.purse, sent_at(cloud, payout)) == (None, HAS_PAISE, [])
    else:
        assert (ends[1], payout.state) == ("PayoutNotCancellable", "PROCESSING")
        assert (payee.aside, len(sent_at(cloud, payout))) == (AMOUNT_PAISE, 1)


def taking_back(payee: Payee, payout: Payout) -> Callable[[], str]:
    assert payee.rider is not None
    person_id = payee.rider.pk

    def take() -> str:
        return services.cancel_payout(
            payout_id=payout.pk, person_id=person_id, merchant_id=None, actor_id=person_id, now=NOON
        ).state

    return take


def test_behind_the_lock_the_arrows_let_no_payout_be_both_sent_and_taken_back(
    account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_payee()
    payout = payee.ask()

    def read(*, payout_id: UUID) -> Payout:
        found = Payout.objects.get(pk=payout_id)
        # Meanwhile a worker claims it, and sends it.
        services.submit_next(gateway=account, now=NOON)
        return found

    monkeypatch.setattr(payout_requests, "lock_payout", outside(read))

    assert at_once(taking_back(payee, payout)) == ["IntegrityError"]
    assert payee.aside == AMOUNT_PAISE


def outside(read: Callable[..., Payout]) -> Callable[..., Payout]:
    """Run it in a thread, and so in transactions of its own."""

    def run(**facts: Any) -> Payout:  # Any: of whatever is called
        (found,) = at_once(lambda: read(**facts))
        assert isinstance(found, Payout), found
        return found

    return run


def test_a_worker_whose_lease_ran_out_gives_nothing_back(
    account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = make_payee()
    payout = payee.ask()
    type(payee.account).objects.filter(pk=payee.account.pk).update(
        contact_id="cont_x", razorpay_id="fa_unknown"
    )
    send = RazorpayX.send

    def frozen(x: RazorpayX, order: Any) -> PayoutFacts:  # Any: as it is sent
        # Meanwhile somebody else took the row, and is still at it.
        Payout.objects.filter(pk=payout.pk).update(attempts=2)
        return send(x, order)

    monkeypatch.setattr(RazorpayX, "send", frozen)

    assert services.submit_next(gateway=account, now=NOON) == "waits"

    payout.refresh_from_db()
    assert (payout.state, payee.aside) == ("SUBMITTING", AMOUNT_PAISE)


def test_a_finding_that_two_report_at_once_halts_once() -> None:
    def halt() -> None:
        services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)

    assert at_once(halt, halt, halt) == [None] * 3
    assert PayoutHalt.objects.count() == 1


def test_an_account_that_razorpay_hears_of_twice_at_once_has_one_name(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    payouts = [payee.ask(now=NOON - timedelta(seconds=age)) for age in (1, 2)]

    at_once(*[sending(account)] * 2)

    names = {sent_at(cloud, payout)[0]["fund_account_id"] for payout in payouts}
    payee.account.refresh_from_db()
    assert names == {payee.account.razorpay_id}
