"""Payouts and events of Razorpay at the desk: refused, asked about and handled again, nothing of it twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import AuditEvent, User
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent, Payout
from tests.accounts.making import at_the_desk, make_operator
from tests.factories import NOON, make_merchant
from tests.payments.making import (
    AMOUNT_PAISE,
    event_body,
    ordered,
    paid_at,
    purse,
    received,
    state_of,
)
from tests.payments.paying_out import (
    AMOUNT_PAISE as PAYS_PAISE,
)
from tests.payments.paying_out import (
    HAS_PAISE,
    LIMITS,
    OPERATOR,
    looked,
    make_payee,
    sent_at,
    submitted,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
BECAUSE = "as agreed on the phone, ticket 4711"


@pytest.fixture(autouse=True)
def nothing_moves_by_itself(cloud: RazorpayProcess) -> None:
    """As payouts do else after a moment, which on a busy machine comes before the test has looked."""
    cloud.order("payouts", begins="processing", ends="", seconds=0)


@pytest.fixture
def treasurer() -> User:
    return make_operator("finance")


@pytest.fixture
def desk(treasurer: User) -> Client:
    return at_the_desk(treasurer)


def act(desk: Client, name: str, row: Payout | GatewayEvent) -> str:
    meta = row._meta
    form = {"action": name, "_selected_action": [str(row.pk)], "confirmed": "yes"}
    page = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    answer: Any = desk.post(page, form | {"reason": BECAUSE}, follow=True)  # Any: a response
    assert answer.status_code == 200
    return str(answer.content.decode())


def trail(action: str, row: Payout | GatewayEvent, actor: User) -> AuditEvent:
    event = AuditEvent.objects.get(action=action, object_id=str(row.pk))
    assert (event.actor_id, event.reason, event.address) == (actor.pk, BECAUSE, "127.0.0.1")
    return event


def test_a_payout_that_waits_is_refused_and_one_on_its_way_is_not(
    desk: Client, treasurer: User, account: Gateway
) -> None:
    payee, other = make_payee(), make_payee()
    on_its_way = submitted(other, account)
    assert on_its_way.state == "PROCESSING"
    before = NOON + timedelta(minutes=1)
    services.set_wallet_policy(
        who="TIER_1", limits=replace(LIMITS, screen_above_paise=1_00), effective_from=before,
        actor_id=OPERATOR, reason="a look at all", now=before,
    )  # fmt: skip
    waits = payee.ask(now=before + timedelta(minutes=1))
    goes = make_payee().ask(now=before + timedelta(minutes=1))
    assert (waits.state, goes.state) == ("SCREENING", "SCREENING")
    assert "done, ₹500.00 will be sent" in act(desk, "approve_selected", goes)

    refused = act(desk, "reject_selected", waits)
    said = act(desk, "reject_selected", on_its_way)

    assert "done, ₹500.00 back in the wallet" in refused
    waits.refresh_from_db()
    assert (waits.state, payee.purse, payee.aside) == ("REJECTED", HAS_PAISE, 0)
    event = trail("payout.rejected", waits, treasurer)
    assert (event.before, event.after) == ({"state": "SCREENING"}, {"state": "REJECTED"})
    on_its_way.refresh_from_db()
    assert "waits for nobody" in said
    assert (on_its_way.state, other.aside) == ("PROCESSING", PAYS_PAISE)
    assert not AuditEvent.objects.filter(object_id=str(on_its_way.pk)).exists()


def test_a_payout_that_is_asked_about_again_is_not_sent_again(
    desk: Client, treasurer: User, account: Gateway, cloud: RazorpayProcess
) -> None:
    payee = make_payee()
    payout = submitted(payee, account)

    act(desk, "ask_again_selected", payout)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")

    assert looked(payout, account) == "PROCESSED"
    assert len(sent_at(cloud, payout)) == 1
    assert (payee.purse, payee.aside) == (HAS_PAISE - PAYS_PAISE, 0)
    assert trail("payout.asked-again", payout, treasurer).after == {"state": "PROCESSING"}


def test_an_event_that_is_handled_again_credits_nothing_again(
    desk: Client, treasurer: User, account: Gateway, cloud: RazorpayProcess
) -> None:
    merchant = make_merchant()
    received(event_body(paid_at(cloud, ordered(merchant, account))))
    services.handle_due_events(gateway=account, now=NOON)
    event = GatewayEvent.objects.get()
    assert (event.state, purse(merchant)) == ("DONE", AMOUNT_PAISE)

    act(desk, "replay_selected", event)
    event.refresh_from_db()
    assert event.state == "WAITING"
    services.handle_due_events(gateway=account, now=event.next_attempt_at)

    event.refresh_from_db()
    assert state_of(event.pk) == ("DONE", "already_credited")
    assert purse(merchant) == AMOUNT_PAISE
    assert trail("gateway-event.replayed", event, treasurer).before == {"state": "DONE"}


def test_a_payout_is_found_by_what_razorpay_and_the_bank_call_it(
    desk: Client, account: Gateway, cloud: RazorpayProcess
) -> None:
    payout, other = submitted(make_payee(), account), submitted(make_payee(), account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")
    assert looked(payout, account) == "PROCESSED"
    page = reverse("admin:payments_payout_change", args=[payout.pk])
    elsewhere = at_the_desk(make_operator("finance", "BLR"))
    for typed in (payout.razorpay_id, f" {payout.razorpay_id} ", payout.utr):
        found = desk.post("/admin/search/", {"q": typed})
        assert (found.status_code, found.headers.get("Location")) == (302, page), typed
        assert elsewhere.post("/admin/search/", {"q": typed}).context["hits"] == [], typed

    assert other.razorpay_id != payout.razorpay_id
    nearly = desk.post("/admin/search/", {"q": f"{payout.razorpay_id}"[:-1]})
    assert nearly.context["hits"] == []
