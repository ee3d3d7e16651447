"""A payout's whole way in the hands of the role that serves, which owns nothing."""

from datetime import timedelta

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import Payout
from tests.factories import NOON
from tests.payments.paying_out import (
    HAS_PAISE,
    OPERATOR,
    looked,
    make_owner,
    make_payee,
    payout_event,
    submitted,
)
from tests.payments.test_payout_events import handled
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("app_role")]


def test_the_role_that_serves_pays_out_and_takes_back(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    payee = make_payee()
    payout = submitted(payee, account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")
    handled(payout_event(payout.razorpay_id or "", "processed"), account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="reversed")

    assert looked(payout, account, now=NOON + timedelta(days=1)) == "REVERSED"

    assert (payee.purse, payee.aside) == (HAS_PAISE, 0)


def test_the_role_that_serves_does_what_the_desk_does() -> None:
    owner = make_owner(has_paise=90_000_00)
    payout = owner.ask(60_000_00)
    services.approve_payout(payout_id=payout.pk, actor_id=OPERATOR, reason="papers", now=NOON)
    services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)
    services.resume_payouts(reason="found", actor_id=OPERATOR, now=NOON)
    services.note_downtime(downtime_id="poutdown_1", modes=["UPI"], bank="", down=True, now=NOON)
    services.ask_again(payout_id=payout.pk, actor_id=OPERATOR, reason="well?", now=NOON)

    assert Payout.objects.get(pk=payout.pk).state == "APPROVED"
