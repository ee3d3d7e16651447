"""A payout's way: set aside, sent, paid, and back where the bank sends it back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.notifications.models import InboxMessage
from apps.payments import selectors, services
from apps.payments.gateway import Gateway
from apps.payments.machine import State
from apps.payments.models import Payout
from apps.payments.razorpayx import PayoutFacts, razorpayx
from apps.wallet import codes
from tests.factories import NOON, balance
from tests.payments.paying_out import (
    AMOUNT_PAISE,
    FEE_PAISE,
    HAS_PAISE,
    TAX_PAISE,
    Payee,
    looked,
    make_owner,
    make_payee,
    sent_at,
    submitted,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)


@pytest.fixture(params=["rider", "merchant"])
def payee(request: pytest.FixtureRequest) -> Payee:
    return make_payee() if request.param == "rider" else make_owner()


def platform() -> list[int]:
    return [
        balance(codes.zone_account("MNP", name))
        for name in ("payout_float", "payout_fees", "gst_input")
    ]


def steps(payout: Payout) -> list[str]:
    return list(payout.transitions.order_by("pk").values_list("after", flat=True))


def moved(cloud: RazorpayProcess, payout: Payout, status: str) -> None:
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status=status)


def test_a_request_sets_the_money_aside_and_sends_nothing(
    cloud: RazorpayProcess, payee: Payee
) -> None:
    before = payee.purse

    payout = payee.ask()

    assert (payee.purse, payee.aside) == (before - AMOUNT_PAISE, AMOUNT_PAISE)
    assert payout.state == "APPROVED"
    assert cloud.ask("calls")["calls"] == []


def test_what_is_processed_has_left_with_the_fee_and_its_tax(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    before = payee.purse
    payout = submitted(payee, account)
    assert payout.state == "PROCESSING"
    moved(cloud, payout, "processed")

    assert looked(payout, account) == "PROCESSED"

    assert (payee.purse, payee.aside) == (before - AMOUNT_PAISE, 0)
    assert platform() == [-AMOUNT_PAISE - FEE_PAISE, FEE_PAISE - TAX_PAISE, TAX_PAISE]
    assert payout.utr
    assert steps(payout) == ["REQUESTED", "APPROVED", "SUBMITTING", "PROCESSING", "PROCESSED"]
    told = InboxMessage.objects.get(kind="payout.processed")
    assert payout.utr in told.body


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("processing", "failed"),
        ("processing", "reversed"),
        ("pending", "rejected"),
        ("queued", "cancelled"),
    ],
)
def test_what_is_not_paid_goes_back_once(
    cloud: RazorpayProcess, account: Gateway, payee: Payee, begins: str, ends: str
) -> None:
    before = payee.purse
    cloud.order("payouts", begins=begins, ends="")
    payout = submitted(payee, account)
    moved(cloud, payout, ends)

    assert looked(payout, account) == ends.upper()

    assert looked(payout, account) == ends.upper()
    assert (payee.purse, payee.aside) == (before, 0)
    assert platform() == [0, 0, 0]
    assert InboxMessage.objects.filter(kind=f"payout.{ends}").count() == 1


def test_what_the_bank_sends_back_after_it_was_paid_is_as_if_it_had_never_been(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    before = payee.purse
    payout = submitted(payee, account)
    moved(cloud, payout, "processed")
    assert looked(payout, account) == "PROCESSED"
    moved(cloud, payout, "reversed")

    assert looked(payout, account, now=NOON + timedelta(days=2)) == "REVERSED"

    assert (payee.purse, payee.aside) == (before, 0)
    assert platform() == [0, 0, 0]


def test_what_failed_and_is_then_called_reversed_goes_back_once(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    before = payee.purse
    payout = submitted(payee, account)
    moved(cloud, payout, "failed")
    assert looked(payout, account) == "FAILED"
    moved(cloud, payout, "reversed")
    facts = cloud.ask("pout")["items"][0]
    assert facts["status"] == "reversed"

    told = services.record_answer(
        payout_id=payout.pk, facts=answer_of(account, payout), source="EVENT", now=NOON
    )

    assert told == "REVERSED"
    assert (payee.purse, payee.aside) == (before, 0)


def answer_of(account: Gateway, payout: Payout) -> PayoutFacts:
    return razorpayx(account).payout(payout_id=payout.razorpay_id or "")


def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_sent_twice(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    before = payee.purse
    payout = payee.ask()
    cloud.order("weather", path="/v1/payouts", times=1, after=True)

    assert services.submit_next(gateway=account, now=NOON) == "silent"

    payout.refresh_from_db()
    assert payout.state == "SUBMITTING"
    assert (payee.purse, payee.aside) == (before - AMOUNT_PAISE, AMOUNT_PAISE)
    later = NOON + timedelta(minutes=5)
    assert services.submit_next(gateway=account, now=later) == "PROCESSING"
    assert len(sent_at(cloud, payout)) == 1
    assert cloud.ask("calls")["calls"].count("POST /v1/payouts") == 1


def test_a_request_that_never_arrived_is_sent_again_under_the_same_key(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    payout = payee.ask()
    cloud.order("weather", path="/v1/payouts", times=1)
    assert services.submit_next(gateway=account, now=NOON) == "silent"

    assert services.submit_next(gateway=account, now=NOON + timedelta(minutes=5)) == "PROCESSING"

    assert len(sent_at(cloud, payout)) == 1


def test_what_razorpay_refuses_at_once_goes_back(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    before = payee.purse
    payout = payee.ask()
    # An account that Razorpay never made.
    type(payee.account).objects.filter(pk=payee.account.pk).update(
        contact_id="cont_x", razorpay_id="fa_unknown"
    )

    assert services.submit_next(gateway=account, now=NOON) == "refused"

    payout.refresh_from_db()
    assert (payout.state, payee.purse, payee.aside) == ("FAILED", before, 0)
    assert sent_at(cloud, payout) == []


def test_a_refusal_after_a_silence_gives_nothing_back_before_the_silence_has_settled(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    before = payee.purse
    payout = payee.ask()
    cloud.order("weather", path="/v1/contacts", times=1)
    assert services.submit_next(gateway=account, now=NOON) == "silent"
    type(payee.account).objects.filter(pk=payee.account.pk).update(
        contact_id="cont_x", razorpay_id="fa_unknown"
    )

    soon, settled = NOON + timedelta(minutes=2), NOON + timedelta(minutes=16)
    assert services.submit_next(gateway=account, now=soon) == "waits"
    assert payee.aside == AMOUNT_PAISE
    assert services.submit_next(gateway=account, now=settled) == "waits"
    assert services.submit_next(gateway=account, now=settled + timedelta(minutes=16)) == "refused"

    payout.refresh_from_db()
    assert (payout.state, payee.purse) == ("FAILED", before)


def test_while_our_own_key_is_refused_nothing_goes_back(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    assert cloud.url
    payee.ask()
    stranger = Gateway(type(account.client)(auth=("who", "else"), base_url=cloud.url))

    assert services.submit_next(gateway=stranger, now=NOON) == "waits"

    assert payee.aside == AMOUNT_PAISE


def test_while_payouts_are_halted_requests_wait_and_nothing_is_sent(
    cloud: RazorpayProcess, account: Gateway, payee: Payee
) -> None:
    services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)
    payout = payee.ask()

    assert services.submit_next(gateway=account, now=NOON) is None

    assert cloud.ask("calls")["calls"] == []
    services.resume_payouts(reason="found", actor_id=None, now=NOON)
    assert services.submit_next(gateway=account, now=NOON) == "PROCESSING"
    assert len(sent_at(cloud, payout)) == 1


def test_what_may_have_been_sent_is_looked_up_though_payouts_are_halted(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    found, lost = make_payee(), make_payee()
    known = found.ask()
    cloud.order("weather", path="/v1/payouts", times=1, after=True)
    assert services.submit_next(gateway=account, now=NOON) == "silent"
    unknown = lost.ask(now=NOON + timedelta(seconds=1))
    cloud.order("weather", path="/v1/payouts", times=1)
    assert services.submit_next(gateway=account, now=NOON + timedelta(seconds=1)) == "silent"
    services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)

    later = NOON + timedelta(minutes=20)
    ends = [services.submit_next(gateway=account, now=later) for _ in range(3)]

    assert ends == ["PROCESSING", "waits", None]
    assert (len(sent_at(cloud, known)), len(sent_at(cloud, unknown))) == (1, 0)


def test_the_oldest_is_sent_first(account: Gateway) -> None:
    payouts = [make_payee().ask(now=NOON - timedelta(minutes=age)) for age in (1, 9, 5)]

    order = []
    while services.submit_next(gateway=account, now=NOON):
        order += [
            number
            for number, payout in enumerate(payouts)
            if number not in order and Payout.objects.get(pk=payout.pk).state == "PROCESSING"
        ]

    assert order == [1, 2, 0]


def test_a_payout_inside_somebodys_transaction_is_not_sent(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    make_payee().ask()

    with pytest.raises(RuntimeError), transaction.atomic():
        services.submit_next(gateway=account, now=NOON)

    assert cloud.ask("calls")["calls"] == []


def test_old_news_moves_nothing(cloud: RazorpayProcess, account: Gateway, payee: Payee) -> None:
    payout = submitted(payee, account)
    old = answer_of(account, payout)
    moved(cloud, payout, "processed")
    looked(payout, account)
    paid = payee.purse

    said = services.record_answer(payout_id=payout.pk, facts=old, source="EVENT", now=NOON)

    assert (said, payee.purse, payee.aside) == ("old_news", paid, 0)


@pytest.mark.parametrize(
    "other", [{"amount_paise": 1}, {"reference": "x"}, {"id": "pout_other"}, {"tax_paise": 10**6}]
)
def test_an_answer_about_another_payout_is_not_believed(
    cloud: RazorpayProcess, account: Gateway, other: dict[str, Any]
) -> None:
    payee = make_payee()
    payout = submitted(payee, account)
    moved(cloud, payout, "processed")
    facts = replace(answer_of(account, payout), **other)

    said = services.record_answer(payout_id=payout.pk, facts=facts, source="EVENT", now=NOON)

    payout.refresh_from_db()
    assert (said, payout.state, payee.aside) == ("differs", "PROCESSING", AMOUNT_PAISE)


def test_money_that_went_back_and_is_sent_all_the_same_halts_every_payout(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payee = make_payee()
    payout = submitted(payee, account)
    sent = answer_of(account, payout)
    moved(cloud, payout, "failed")
    looked(payout, account)

    paid = replace(sent, state=State.PROCESSED)
    said = services.record_answer(payout_id=payout.pk, facts=paid, source="EVENT", now=NOON)

    assert said == "sent_after_return"
    assert selectors.payouts_halted()
    assert payee.purse == HAS_PAISE


def test_a_look_that_nobody_answers_is_made_again_later(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payout = submitted(make_payee(), account)
    cloud.order("weather", path="/v1/payouts", times=1)

    assert looked(payout, account) == "PROCESSING"

    assert payout.next_look_at is not None
    assert NOON < payout.next_look_at <= NOON + timedelta(minutes=15)


def test_what_was_paid_is_looked_at_for_a_week_and_no_longer(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    payout = submitted(make_payee(), account)
    moved(cloud, payout, "processed")
    looked(payout, account)
    assert payout.next_look_at is not None

    looked(payout, account, now=NOON + timedelta(days=8))

    assert payout.next_look_at is None
