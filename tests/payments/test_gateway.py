"""The calls to Razorpay: each has its time-outs, a payout its one key, and a slow answer is none."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from apps.payments import gateway as calling
from apps.payments import services
from apps.payments.gateway import Gateway, GatewaySilent
from apps.payments.models import Payout
from tests.factories import NOON, make_merchant
from tests.payments.making import delivered, event_body, ordered, paid_at
from tests.payments.paying_out import Payee, make_payee, submitted
from tests.payments.validating import added
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
KEY = "X-Payout-Idempotency"
Sent = list[tuple[requests.PreparedRequest, Any]]  # Any: one time-out, or that of each step


@pytest.fixture
def sent(account: Gateway, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What went through the client's own session, each with its time-outs."""
    calls: Sent = []
    send = account.client.session.send

    def noting(
        request: requests.PreparedRequest, **facts: Any
    ) -> requests.Response:  # Any: as above
        calls.append((request, facts["timeout"]))
        answer: requests.Response = send(request, **facts)
        return answer

    monkeypatch.setattr(account.client.session, "send", noting)
    return calls


def test_every_call_says_how_long_it_waits(
    cloud: RazorpayProcess, account: Gateway, sent: Sent
) -> None:
    top_up = ordered(make_merchant(), account)
    account.payment(payment_id=paid_at(cloud, top_up))
    services.look_for_payments(gateway=account, now=NOON.replace(year=2030), limit=10)
    payout = submitted(make_payee(), account)
    services.look_at_payouts(gateway=account, now=NOON.replace(year=2030), limit=10)
    added()
    services.validate_next(gateway=account, now=NOON)

    paths = {f"{request.method} {request.path_url.partition('?')[0]}" for request, _ in sent}
    assert paths >= {
        "POST /v1/orders", "POST /v1/contacts", "POST /v1/fund_accounts", "POST /v1/payouts",
        "POST /v1/fund_accounts/validations", f"GET /v1/payouts/{payout.razorpay_id}",
    }  # fmt: skip
    assert {timeouts for _, timeouts in sent} == {calling.TIMEOUT_S}
    assert min(calling.TIMEOUT_S) > 0


def keys(sent: Sent) -> list[str]:
    posts = [request for request, _ in sent if request.path_url == "/v1/payouts"]
    return [request.headers[KEY] for request in posts if request.method == "POST"]


def test_a_payout_that_is_sent_again_is_sent_under_its_own_key(
    cloud: RazorpayProcess, account: Gateway, sent: Sent
) -> None:
    payee: Payee = make_payee()
    payout = payee.ask()
    cloud.order("weather", path="/v1/payouts", times=1)
    for times in range(3):
        services.submit_next(gateway=account, now=NOON + times * timedelta(minutes=20))

    assert Payout.objects.get(pk=payout.pk).razorpay_id is not None
    assert len(keys(sent)) == 2
    assert set(keys(sent)) == {str(payout.pk)}
    # Razorpay takes 4 to 36 characters.
    assert len(str(payout.pk)) == 36


def test_an_answer_that_is_too_slow_is_none(
    cloud: RazorpayProcess, account: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "TIMEOUT_S", (2.0, 0.05))
    cloud.order("weather", path="/v1/orders", seconds=1.0)

    with pytest.raises(GatewaySilent, match="ReadTimeout"):
        account.create_order(amount_paise=500_00, receipt="x")

    cloud.order("weather")


def test_whoever_brings_an_event_waits_for_nobody(cloud: RazorpayProcess, sent: Sent) -> None:
    """The door keeps the bytes and says so; Razorpay is asked by a worker."""
    cloud.order("weather", times=100, seconds=30.0)

    assert delivered(event_body("pay_1")).status_code == 200

    assert sent == []
    cloud.order("weather")
