"""What becomes of a question to a bank whose answer is lost, late, told twice, strange or never given."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import AuditEvent
from apps.notifications.models import InboxMessage
from apps.payments import services, tasks
from apps.payments.gateway import Gateway
from apps.payments.models import AccountValidation
from apps.payments.services.payout_submitting import SETTLES
from apps.payments.services.validation_answers import MOST_TRIES
from tests.factories import NOON
from tests.payments.making import received, state_of
from tests.payments.validating import (
    added,
    answered,
    asked,
    looked,
    put_at,
    question,
    state,
    validation_event,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
LATER = NOON + SETTLES


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("validations", ends="", seconds=0)
    cloud.order("clock", at=int(NOON.timestamp()))


def calls(cloud: RazorpayProcess, wanted: str) -> int:
    count: int = cloud.ask("calls")["calls"].count(wanted)
    return count


ASK = "POST /v1/fund_accounts/validations"


def test_an_answer_that_is_lost_is_looked_for_and_nobody_asks_twice(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    cloud.order("weather", path="/v1/fund_accounts/validations", times=1, after=True)

    assert services.validate_next(gateway=account, now=NOON) == "silent"
    assert state(mine) == ("ASKED", "checking")

    assert services.validate_next(gateway=account, now=NOON + timedelta(minutes=2)) == "CREATED"
    assert (len(put_at(cloud)), calls(cloud, ASK)) == (1, 1)
    assert question(mine).razorpay_id == put_at(cloud)[0]["id"]


def test_a_question_that_never_arrived_is_over_and_another_follows(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    cloud.order("weather", path="/v1/fund_accounts/validations", times=1)
    assert services.validate_next(gateway=account, now=NOON) == "silent"

    # While it may still be under way, nothing is concluded from its absence.
    assert services.validate_next(gateway=account, now=NOON + timedelta(minutes=5)) == "waits"
    assert calls(cloud, ASK) == 1
    assert services.validate_next(gateway=account, now=LATER) == "never_arrived"

    first, second = AccountValidation.objects.filter(fund_account=mine).order_by("pk")
    assert (first.state, first.reason, second.state) == ("FAILED", "never_arrived", "WAITING")
    assert services.validate_next(gateway=account, now=LATER) is None
    asked(mine, account, now=LATER + timedelta(minutes=15))
    answered(cloud, mine)
    assert looked(mine, account) == ("MATCHED", "verified")


def test_what_arrives_after_it_was_given_up_changes_nothing_but_is_known(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    asked(mine, account)
    (row,) = put_at(cloud)
    first = question(mine)
    AccountValidation.objects.filter(pk=first.pk).update(
        state="FAILED", ended_at=NOON, next_look_at=None
    )
    answered(cloud, mine)

    event = received(validation_event(row["id"]), source="RAZORPAYX")
    assert event is not None
    services.handle_event(event_id=event, gateway=account, now=NOON)

    assert state_of(event) == ("DONE", "unchanged")
    assert state(mine) == ("FAILED", "in_review")


def test_a_bank_that_cannot_be_reached_is_asked_again_and_then_left_to_a_person(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine, now = added(), NOON
    for _ in range(MOST_TRIES):
        asked(mine, account, now=now)
        answered(cloud, mine, status="failed")
        assert looked(mine, account, now=now)[0] in {"WAITING", "FAILED"}
        now += timedelta(days=3)

    assert state(mine) == ("FAILED", "in_review")
    assert services.validate_next(gateway=account, now=now) is None
    assert len(put_at(cloud)) == MOST_TRIES


def test_a_refusal_of_us_says_nothing_of_the_account(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    cloud.order("fund", amount=-10_00_000_00)

    assert services.validate_next(gateway=account, now=NOON) == "refused"

    assert state(mine) == ("WAITING", "checking")
    assert put_at(cloud) == []
    cloud.order("fund", amount=10_00_000_00)
    asked(mine, account, now=NOON + timedelta(minutes=15))


def test_before_the_question_a_silence_costs_a_moment_and_no_look(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    cloud.order("weather", path="/v1/contacts", times=1)

    assert services.validate_next(gateway=account, now=NOON) == "silent"
    assert state(mine) == ("WAITING", "checking")
    assert services.validate_next(gateway=account, now=NOON + timedelta(minutes=1)) == "CREATED"


def test_an_event_brings_what_the_api_tells_however_often_and_late(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    made = asked(mine, account)
    assert made.razorpay_id is not None
    outcomes = []
    # A lie, the truth before its time, the truth, its twin, and a failure that comes behind.
    for name, ends in [
        ("completed", False), ("failed", False), ("completed", True), ("completed", False),
        ("failed", False),
    ]:  # fmt: skip
        if ends:
            answered(cloud, mine)
        raw = validation_event(
            made.razorpay_id, name, status=name, results={"account_status": "invalid"}
        )
        event = received(raw, source="RAZORPAYX")
        assert event is not None
        services.handle_event(event_id=event, gateway=account, now=NOON)
        outcomes.append(state_of(event)[1])

    assert outcomes == ["unchanged", "unchanged", "matched", "unchanged", "unchanged"]
    assert state(mine) == ("MATCHED", "verified")
    assert AuditEvent.objects.filter(action="fund_account.verified").count() == 1
    assert InboxMessage.objects.filter(kind="fund_account.verified").count() == 1


def test_an_event_that_comes_before_the_answer_is_recorded_settles_the_question(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    cloud.order("weather", path="/v1/fund_accounts/validations", times=1, after=True)
    services.validate_next(gateway=account, now=NOON)
    (row,) = put_at(cloud)
    cloud.order("validations/end", validation_id=row["id"], status="completed")

    event = received(validation_event(row["id"]), source="RAZORPAYX")
    assert event is not None
    services.handle_event(event_id=event, gateway=account, now=NOON)

    assert (state_of(event), state(mine)) == (("DONE", "matched"), ("MATCHED", "verified"))


def test_an_event_about_a_question_of_nobodys_is_left_to_a_person(
    account: Gateway,
) -> None:
    mine = added()
    asked(mine, account)
    mine.refresh_from_db()
    for notes in ({"reference": "0" * 32}, {"reference": "someone else's"}, {}):
        body = {
            "account_number": "7878780080316316", "fund_account": {"id": mine.razorpay_id},
            "amount": 100, "currency": "INR", "notes": notes,
        }  # fmt: skip
        foreign = account.call("post", "/v1/fund_accounts/validations", json=body)
        event = received(validation_event(foreign["id"]), source="RAZORPAYX")
        assert event is not None
        services.handle_event(event_id=event, gateway=account, now=NOON)
        assert state_of(event) == ("PARKED", "unknown_validation")


@pytest.mark.parametrize(
    "change",
    [
        {"fund_account": {"id": "fa_another"}},
        {"notes": {"reference": "0" * 32}},
        {"id": "fav_another"},
    ],
)
def test_an_answer_to_another_question_is_not_believed(
    cloud: RazorpayProcess, account: Gateway, change: dict[str, Any]
) -> None:
    mine = added()
    made = asked(mine, account)
    answered(cloud, mine)
    cloud.order("alter", kind="fav", id=made.razorpay_id, facts=change)

    assert looked(mine, account) == ("CREATED", "checking")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "somehow"},
        {"results": {"account_status": "perhaps", "registered_name": "ASHA RAO"}},
        {"results": None},
        {"fund_account": None},
    ],
)
def test_an_answer_in_another_shape_says_nothing(
    cloud: RazorpayProcess, account: Gateway, change: dict[str, Any]
) -> None:
    mine = added()
    made = asked(mine, account)
    answered(cloud, mine)
    cloud.order("alter", kind="fav", id=made.razorpay_id, facts=change)

    assert looked(mine, account) == ("CREATED", "checking")


def test_the_answers_other_documented_shape_is_read_as_well(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    mine = added()
    made = asked(mine, account)
    answered(cloud, mine)
    told = {"account_status": "valid", "registered_name": "RAO ASHA", "name_match_score": 90}
    facts = {"results": None, "validation_results": told}
    cloud.order("alter", kind="fav", id=made.razorpay_id, facts=facts)

    assert looked(mine, account) == ("MATCHED", "verified")


def test_a_question_that_no_bank_answers_for_days_ends(account: Gateway) -> None:
    mine = added()
    asked(mine, account)
    assert looked(mine, account, now=NOON + timedelta(days=4)) == ("CREATED", "checking")

    assert looked(mine, account, now=NOON + timedelta(days=6)) == ("WAITING", "checking")

    first = AccountValidation.objects.filter(fund_account=mine).earliest("pk")
    assert (first.state, first.reason) == ("FAILED", "no_answer")


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Let the jobs read a clock that the test moves."""
    past = [timedelta(0)]
    monkeypatch.setattr("apps.payments.tasks.timezone.now", lambda: NOON + past[0])
    return past


def test_the_job_alone_brings_every_account_to_its_end(
    cloud: RazorpayProcess, at_noon: list[timedelta]
) -> None:
    accounts = [added() for _ in range(3)]
    cloud.order("weather", path="/v1/fund_accounts/validations", times=1, after=True)

    # The first answer is lost, so the others wait for the next run.
    assert tasks.validate_accounts() == 1
    at_noon[0] = timedelta(minutes=2)
    assert tasks.validate_accounts() >= 3
    for row in put_at(cloud):
        cloud.order("validations/end", validation_id=row["id"], status="completed")
    at_noon[0] = timedelta(minutes=20)
    tasks.validate_accounts()

    assert [state(mine)[0] for mine in accounts] == ["MATCHED"] * 3
    assert len(put_at(cloud)) == 3


def test_without_an_account_to_ask_from_operators_look(
    cloud: RazorpayProcess, account: Gateway, settings: Any
) -> None:
    settings.RAZORPAYX_ACCOUNT_NUMBER = ""
    mine = added()

    assert services.validate_next(gateway=account, now=NOON) is None
    assert state(mine) == ("WAITING", "checking")
    assert cloud.ask("calls")["calls"] == []
