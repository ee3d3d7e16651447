"""The pretended Razorpay, asked by Razorpay's own client: as strict as the real one where it matters."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import razorpay.errors
import requests

from apps.sandbox.razorpay.payouts import ACCOUNT_NUMBER
from tests.sandbox.pretended_razorpay import (
    KEY_ID,
    KEY_SECRET,
    RazorpayProcess,
    Receiver,
    eventually,
)

BANK = {"name": "A Rider", "ifsc": "SBIN0000001", "account_number": "1234567890"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    taking = Receiver()
    yield taking
    taking.stop()


@pytest.fixture(scope="module")
def cloud(receiver: Receiver) -> Iterator[RazorpayProcess]:
    process = RazorpayProcess(webhooks=receiver.url)
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def fresh(cloud: RazorpayProcess, receiver: Receiver) -> None:
    cloud.order("reset")
    receiver.events.clear()
    receiver.refuse = 0


@pytest.fixture
def client(cloud: RazorpayProcess) -> Any:  # Any: the SDK has no types
    return cloud.client()


def new_order(client: Any, amount: int = 500_000) -> Any:  # Any: as above
    return client.order.create({"amount": amount, "currency": "INR", "receipt": "r-1"}, timeout=5)


def fund_account(client: Any) -> str:  # Any: as above
    contact = client.post("/v1/contacts", {"name": "A Rider", "type": "customer"}, timeout=5)
    account = client.post(
        "/v1/fund_accounts",
        {"contact_id": contact["id"], "account_type": "bank_account", "bank_account": BANK},
        timeout=5,
    )
    return str(account["id"])


def pay_out(client: Any, account: str, *, key: str = "key-1", **changes: Any) -> Any:
    body = {
        "account_number": ACCOUNT_NUMBER,
        "fund_account_id": account,
        "amount": 50_000,
        "currency": "INR",
        "mode": "IMPS",
        "purpose": "cashback",
        "queue_if_low_balance": True,
        "reference_id": "w-1",
        "narration": "UMA cashback",
    } | changes
    return client.post("/v1/payouts", body, headers={"X-Payout-Idempotency": key}, timeout=5)


def test_a_stranger_is_not_served(cloud: RazorpayProcess) -> None:
    bad = razorpay.Client(auth=(KEY_ID, "wrong"), base_url=cloud.url)

    with pytest.raises(razorpay.errors.BadRequestError, match="Authentication failed"):
        new_order(bad)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 99}, "less than minimum"),
        ({"amount": 100.5}, "must be an integer"),
        ({"currency": "USD"}, "Currency"),
        ({"receipt": "r" * 41}, "greater than 40"),
    ],
)
def test_a_bad_order_is_refused(client: Any, changes: dict[str, object], says: str) -> None:
    with pytest.raises(razorpay.errors.BadRequestError, match=says):
        client.order.create({"amount": 500_000, "currency": "INR"} | changes, timeout=5)


def test_a_paid_order_tells_of_the_captured_payment_with_fee_and_tax(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    order = new_order(client)

    payment = cloud.order("pay", order_id=order["id"])

    eventually(lambda: len(receiver.events) == 3)
    assert sorted(receiver.names()) == ["order.paid", "payment.authorized", "payment.captured"]
    kept = client.payment.fetch(payment["id"], timeout=5)
    # Row 1b of the chart: 2 % and GST of 18 % on that.
    assert (kept["status"], kept["amount"], kept["fee"], kept["tax"]) == (
        "captured", 500_000, 11_800, 1_800,
    )  # fmt: skip
    assert client.order.fetch(order["id"], timeout=5)["status"] == "paid"
    assert client.order.payments(order["id"], timeout=5)["count"] == 1


def test_an_order_is_paid_once(cloud: RazorpayProcess, client: Any) -> None:
    order = new_order(client)
    cloud.order("pay", order_id=order["id"])

    again = requests.post(f"{cloud.url}/_control/pay", json={"order_id": order["id"]}, timeout=5)

    assert again.status_code == 400
    assert "already been paid" in again.text


def test_the_checkout_pays_in_a_form_and_sends_the_browser_back_signed(
    cloud: RazorpayProcess, client: Any
) -> None:
    order = new_order(client)
    page = requests.get(f"{cloud.url}/checkout", params={"order_id": order["id"]}, timeout=5)
    assert "₹5,000.00" in page.text

    sent_back = requests.post(
        f"{cloud.url}/checkout",
        data={
            "order_id": order["id"],
            "method": "upi",
            "choice": "pay",
            "callback_url": "http://127.0.0.1:1/done",
        },
        allow_redirects=False,
        timeout=5,
    )

    told = {
        name: text[0]
        for name, text in parse_qs(urlsplit(sent_back.headers["Location"]).query).items()
    }
    text = f"{order['id']}|{told['razorpay_payment_id']}"
    made = hmac.new(KEY_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert sent_back.status_code == 303
    assert told["razorpay_signature"] == made


def test_the_checkout_sends_nobody_to_another_host(cloud: RazorpayProcess, client: Any) -> None:
    order = new_order(client)

    sent_back = requests.post(
        f"{cloud.url}/checkout",
        data={"order_id": order["id"], "choice": "fail", "callback_url": "https://example.com/x"},
        allow_redirects=False,
        timeout=5,
    )

    assert sent_back.headers["Location"].startswith("/checkout?")


def test_webhooks_are_delayed_doubled_lost_and_repeated_until_taken(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    cloud.order("webhooks", duplicates=1, lose=1, seconds=0.1)
    receiver.refuse, since = 1, time.monotonic()
    cloud.order("pay", order_id=new_order(client)["id"])

    # authorized was lost; the two others came twice, one of the four after a repeat.
    eventually(lambda: len(receiver.events) == 4)
    assert sorted(receiver.names()) == sorted(["payment.captured", "order.paid"] * 2)
    assert len({event_id for event_id, _, _ in receiver.events}) == 2
    assert time.monotonic() - since >= 0.1


def test_shuffled_webhooks_wait_until_they_are_released(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    cloud.order("webhooks", shuffle=50)
    cloud.order("pay", order_id=new_order(client)["id"])
    assert receiver.events == []

    cloud.order("webhooks/release")

    eventually(lambda: len(receiver.events) == 3)


def test_what_was_settled_stands_in_the_days_report(cloud: RazorpayProcess, client: Any) -> None:
    paid = cloud.order("pay", order_id=new_order(client)["id"])
    settlement = cloud.order("settle")

    lines = client.get("/v1/settlements/recon/combined", {}, timeout=5)["items"]

    assert settlement["amount"] == 488_200
    assert [(row["entity_id"], row["credit"], row["settlement_utr"]) for row in lines] == [
        (paid["id"], 488_200, settlement["utr"])
    ]


def test_a_dispute_is_created_and_lost(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    paid = cloud.order("pay", order_id=new_order(client)["id"])

    cloud.order("dispute", payment_id=paid["id"])
    lost = cloud.order("dispute", payment_id=paid["id"], phase="lost")

    assert lost["amount_deducted"] == 500_000
    eventually(lambda: "payment.dispute.lost" in receiver.names())


# --- payouts -----------------------------------------------------------------------------------


def test_a_payout_is_processed_and_leaves_the_account(receiver: Receiver, client: Any) -> None:
    before = client.get("/v1/banking_balances", {}, timeout=5)["balance"]

    payout = pay_out(client, fund_account(client))

    assert payout["status"] == "processing"
    eventually(lambda: "payout.processed" in receiver.names())
    kept = client.get(f"/v1/payouts/{payout['id']}", {}, timeout=5)
    assert (kept["status"], kept["fees"], kept["tax"], len(kept["utr"])) == (
        "processed",
        354,
        54,
        12,
    )
    assert client.get("/v1/banking_balances", {}, timeout=5)["balance"] == before - 50_354
    assert client.get("/v1/transactions", {}, timeout=5)["items"][0]["debit"] == 50_354


def test_one_key_is_one_payout_and_another_body_is_refused(client: Any) -> None:
    account = fund_account(client)
    first = pay_out(client, account)

    assert pay_out(client, account)["id"] == first["id"]
    with pytest.raises(razorpay.errors.BadRequestError, match="Different request body"):
        pay_out(client, account, amount=60_000)
    with pytest.raises(razorpay.errors.BadRequestError, match="4 to 36"):
        pay_out(client, account, key="k")


def test_a_lost_answer_is_found_by_its_reference(cloud: RazorpayProcess, client: Any) -> None:
    account = fund_account(client)
    cloud.order("weather", path="/v1/payouts", times=1, after=True)

    with pytest.raises(requests.ConnectionError):
        pay_out(client, account)

    (found,) = client.get("/v1/payouts", {"reference_id": "w-1"}, timeout=5)["items"]
    assert found["amount"] == 50_000


def test_a_refused_call_did_nothing(cloud: RazorpayProcess, client: Any) -> None:
    account = fund_account(client)
    cloud.order("weather", path="/v1/payouts", times=1)

    with pytest.raises(razorpay.errors.ServerError):
        pay_out(client, account)

    assert client.get("/v1/payouts", {"reference_id": "w-1"}, timeout=5)["count"] == 0


def test_a_processed_payout_may_come_back(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    payout = pay_out(client, fund_account(client))
    eventually(lambda: "payout.processed" in receiver.names())

    cloud.order("payouts/move", payout_id=payout["id"], status="reversed")

    eventually(lambda: "payout.reversed" in receiver.names())
    assert client.get("/v1/transactions", {}, timeout=5)["items"][0]["credit"] == 50_354


def test_payouts_never_leave_the_arrows(cloud: RazorpayProcess, client: Any) -> None:
    cloud.order("payouts", begins="queued", ends="")
    payout = pay_out(client, fund_account(client))

    url, move = f"{cloud.url}/_control/payouts/move", {"payout_id": payout["id"]}
    refused = requests.post(url, json=move | {"status": "processed"}, timeout=5)

    assert refused.status_code == 400
    assert client.post(f"/v1/payouts/{payout['id']}/cancel", {}, timeout=5)["status"] == "cancelled"


def test_payouts_wait_while_the_banks_are_down(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    cloud.order("downtime", mode="IMPS", bank="ICIC", started=True)
    assert pay_out(client, fund_account(client), key="other bank")["status"] == "processing"
    cloud.order("downtime", mode="IMPS", bank="SBIN", started=True)
    assert pay_out(client, fund_account(client))["status"] == "queued"

    cloud.order("downtime", mode="IMPS", bank="SBIN", started=False)

    eventually(lambda: receiver.names().count("payout.processed") == 2)
    told = [body["payload"].get("payout.downtime") for *_, body in receiver.events]
    began, ended = [one["entity"] for one in told if one][-2:]
    # As RazorpayX writes it: ways in a list, the bank by its letters, one name for both ends.
    assert (began["method"], began["instrument"]) == (["IMPS"], {"bank": "SBIN"})
    assert (began["status"], ended["status"], ended["id"]) == ("started", "resolved", began["id"])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": 99}, "Minimum transaction"),
        ({"amount": 500_00_000_00}, "limit of IMPS"),
        ({"mode": "UPI"}, "Mode is not allowed"),
        ({"purpose": "gift"}, "Invalid purpose"),
        ({"narration": "no/slash"}, "narration"),
        ({"reference_id": "r" * 41}, "reference id"),
        ({"account_number": "1"}, "account number"),
        ({"fund_account_id": "fa_unknown"}, "does not exist"),
    ],
)
def test_a_bad_payout_is_refused(client: Any, changes: dict[str, Any], says: str) -> None:
    account = fund_account(client)

    with pytest.raises(razorpay.errors.BadRequestError, match=says):
        pay_out(client, account, **changes)


def test_the_same_contact_and_account_are_not_made_twice(client: Any) -> None:
    assert fund_account(client) == fund_account(client)


def test_what_it_knows_outlives_it(tmp_path: Path) -> None:
    file = tmp_path / "razorpay.json"
    first = RazorpayProcess(file=file)
    order = new_order(first.client())
    first.stop()

    second = RazorpayProcess(file=file)
    try:
        assert new_order(second.client())["id"] != order["id"]
        assert second.client().order.fetch(order["id"], timeout=5)["amount"] == 500_000
    finally:
        second.stop()


VALIDATIONS = "/v1/fund_accounts/validations"


def validate(client: Any, account: str) -> Any:  # Any: as above
    body = {
        "account_number": ACCOUNT_NUMBER, "fund_account": {"id": account}, "amount": 100,
        "currency": "INR", "notes": {"reference": "q-1"},
    }  # fmt: skip
    return client.post(VALIDATIONS, body, headers={"X-Payout-Idempotency": "key-1"}, timeout=5)


def test_a_bank_answers_later_and_it_is_told_and_paid_for(
    cloud: RazorpayProcess, receiver: Receiver, client: Any
) -> None:
    cloud.order("validations", seconds=0.01)

    made = validate(client, fund_account(client))

    assert (made["status"], made["results"]["registered_name"]) == ("created", None)
    eventually(lambda: receiver.names() == ["fund_account.validation.completed"])
    kept = client.get(f"{VALIDATIONS}/{made['id']}", {}, timeout=5)
    assert receiver.events[0][2]["payload"]["fund_account.validation"]["entity"] == kept
    assert (kept["status"], kept["notes"]) == ("completed", {"reference": "q-1"})
    assert kept["results"] == {"account_status": "active", "registered_name": "A RIDER"}
    (line,) = cloud.ask("txn")["items"]
    assert (line["debit"], line["source"]["id"], line["source"]["tax"]) == (336, made["id"], 36)


def test_banks_answer_as_they_are_told_to_and_a_question_twice_is_two(
    cloud: RazorpayProcess, client: Any
) -> None:
    cloud.order("validations", ends="", names={"1234567890": "ANOTHER"})
    made = [validate(client, fund_account(client)) for _ in range(3)]

    def end(number: int, status: str) -> Any:  # Any: as above
        return cloud.order("validations/end", validation_id=made[number]["id"], status=status)

    assert end(0, "completed")["results"]["registered_name"] == "ANOTHER"
    cloud.order("validations", ends="", unknown=["1234567890"])
    assert end(1, "completed")["results"]["account_status"] == "invalid"
    assert end(2, "failed")["results"]["account_status"] is None
    # What failed costs nothing.
    assert len(cloud.ask("txn")["items"]) == 2
    listed = client.get(VALIDATIONS, {"account_number": ACCOUNT_NUMBER, "count": 2}, timeout=5)
    assert [row["id"] for row in listed["items"]] == [made[2]["id"], made[1]["id"]]
