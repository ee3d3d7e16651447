"""Events of RazorpayX: a hint where to look, whatever they say; and the jobs that need none."""

import json
from datetime import timedelta

import pytest

from apps.payments import selectors, services, tasks
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent, Payout
from tests.factories import NOON
from tests.payments.making import received, state_of
from tests.payments.paying_out import (
    AMOUNT_PAISE,
    HAS_PAISE,
    Payee,
    make_payee,
    payout_event,
    sent_at,
    submitted,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)


@pytest.fixture
def sent(account: Gateway) -> tuple[Payee, Payout]:
    payee = make_payee()
    return payee, submitted(payee, account)


def handled(raw: bytes, account: Gateway, *, event_id: str = "") -> tuple[str, str]:
    event = received(raw, event_id=event_id, source="RAZORPAYX")
    assert event is not None
    services.handle_event(event_id=event, gateway=account, now=NOON)
    return state_of(event)


def test_an_event_brings_the_state_that_the_api_tells(
    cloud: RazorpayProcess, account: Gateway, sent: tuple[Payee, Payout]
) -> None:
    payee, payout = sent
    assert payout.razorpay_id is not None
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")

    ends = handled(payout_event(payout.razorpay_id, "processed"), account)

    payout.refresh_from_db()
    assert (ends, payout.state, payee.aside) == (("DONE", "processed"), "PROCESSED", 0)
    assert payout.transitions.get(after="PROCESSED").source == "EVENT"


@pytest.mark.parametrize("name", ["processed", "reversed", "failed", "rejected", "cancelled"])
def test_an_event_that_lies_moves_nothing(
    account: Gateway, sent: tuple[Payee, Payout], name: str
) -> None:
    payee, payout = sent
    lie = payout_event(
        payout.razorpay_id or "", name, status=name, amount=1, reference_id=payout.reference
    )

    assert handled(lie, account) == ("DONE", "unchanged")

    payout.refresh_from_db()
    assert (payout.state, payee.aside) == ("PROCESSING", AMOUNT_PAISE)


def test_an_event_that_comes_before_the_answer_is_recorded_settles_the_payout(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    payout = payee.ask()
    cloud.order("weather", path="/v1/payouts", times=1, after=True)
    assert services.submit_next(gateway=account, now=NOON) == "silent"
    (row,) = sent_at(cloud, payout)

    assert handled(payout_event(row["id"], "initiated"), account) == ("DONE", "processing")

    payout.refresh_from_db()
    assert (payout.state, payout.razorpay_id) == ("PROCESSING", row["id"])
    assert services.submit_next(gateway=account, now=NOON + timedelta(hours=1)) is None


def test_an_event_about_a_payout_that_is_not_ours_is_left_to_a_person(
    cloud: RazorpayProcess, account: Gateway, sent: tuple[Payee, Payout]
) -> None:
    _, payout = sent
    (row,) = sent_at(cloud, payout)
    foreign = {
        "account_number": "7878780080316316", "fund_account_id": row["fund_account_id"],
        "amount": 100_00, "currency": "INR", "mode": "UPI", "purpose": "cashback",
        "reference_id": "someone else's",
    }  # fmt: skip
    made = account.call(
        "post", "/v1/payouts", json=foreign, headers={"X-Payout-Idempotency": "other"}
    )

    assert handled(payout_event(made["id"], "processed"), account) == ("PARKED", "unknown_payout")
    assert handled(payout_event("pout_nowhere", "processed"), account)[0] == "PARKED"


def test_while_razorpay_does_not_answer_the_event_waits(
    cloud: RazorpayProcess, account: Gateway, sent: tuple[Payee, Payout]
) -> None:
    _, payout = sent
    cloud.order("weather", times=1)

    ends = handled(payout_event(payout.razorpay_id or "", "processed"), account)

    assert ends == ("WAITING", "gateway_silent")


def downtime(mode: str, status: str, *, bank: str = "SBI") -> bytes:
    """Return the event as RazorpayX documents it."""
    told = {
        "id": "poutdown_F1Zppa6lcVheSE", "entity": "payout.downtime", "scheduled": False,
        "method": [mode], "begin": 1591935238, "end": None, "status": status,
        "source": "beneficiary", "instrument": {"bank": bank},
        "created_at": 1591935238, "updated_at": 1591935238,
    }  # fmt: skip
    payload = {"payout.downtime": {"entity": told}}
    return json.dumps(
        {"entity": "event", "event": f"payout.downtime.{status}", "payload": payload}
    ).encode()


def told_down() -> list[tuple[list[str], str]]:
    return [(row.modes, row.bank) for row in selectors.banks_down(now=NOON)]


def test_a_downtime_holds_what_goes_to_its_bank_back_until_it_is_over(account: Gateway) -> None:
    assert handled(downtime("IMPS", "started"), account) == ("DONE", "down")
    assert told_down() == [(["IMPS"], "SBI")]

    assert handled(downtime("IMPS", "resolved"), account) == ("DONE", "up")
    assert told_down() == []
    assert handled(downtime("NEFT", "started"), account) == ("DONE", "mode_unused")


def test_an_event_told_twice_is_kept_once(account: Gateway, sent: tuple[Payee, Payout]) -> None:
    _, payout = sent
    raw = payout_event(payout.razorpay_id or "", "updated")

    assert handled(raw, account, event_id="evt") == ("DONE", "unchanged")
    assert received(raw, event_id="evt", source="RAZORPAYX") is None
    assert GatewayEvent.objects.count() == 1


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Let the jobs read a clock that the test moves."""
    past = [timedelta(0)]
    monkeypatch.setattr("apps.payments.tasks.timezone.now", lambda: NOON + past[0])
    return past


def test_the_jobs_alone_bring_a_payout_to_its_end(
    cloud: RazorpayProcess, at_noon: list[timedelta]
) -> None:
    payees = [make_payee() for _ in range(3)]
    payouts = [payee.ask() for payee in payees]

    assert tasks.submit_payouts() == 3

    for payout in payouts:
        (row,) = sent_at(cloud, payout)
        cloud.order("payouts/move", payout_id=row["id"], status="processed")
    at_noon[0] = timedelta(minutes=15)
    assert tasks.look_at_payouts() == 3
    assert [payee.purse for payee in payees] == [HAS_PAISE - AMOUNT_PAISE] * 3


def test_while_razorpay_is_silent_the_job_does_not_hammer_it(
    cloud: RazorpayProcess, at_noon: list[timedelta]
) -> None:
    assert at_noon
    for _ in range(3):
        make_payee().ask()
    cloud.order("weather", times=100)

    assert tasks.submit_payouts() == 1

    assert len(cloud.ask("calls")["calls"]) == 1
    cloud.order("weather")
