"""A business from its application to its first proven visit, through the API alone."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from apps.accounts import roles
from apps.merchants import services as merchants
from tests.accounts.making import give_role
from tests.campaigns.calling import client, send
from tests.factories import make_rider, set_fees, wallet_balance
from tests.merchants.applying import draw_zones
from tests.merchants.making import make_person
from tests.merchants.test_api_applications import BODY, MINE, QUEUE

pytestmark = pytest.mark.django_db(transaction=True)


def done(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_stranger_becomes_a_merchant_whose_first_customer_is_scanned() -> None:
    draw_zones()
    set_fees("MNP")
    now = datetime.now(UTC)
    person, reviewer = make_person("applicant"), make_person("reviewer")
    give_role(reviewer, roles.REVIEWER, "MNP")
    owner, rider = client(person, "merchant"), client(make_rider().pk, "rider")

    applied = done(send(owner, "post", MINE, BODY), 201)
    offer = {"title": "Free ride", "rideReimbursement": 150}
    early = done(send(owner, "post", "/api/campaigns", offer), 409)
    assert early["code"] == "merchant_not_active"
    approve = f"{QUEUE}/{applied['merchantId']}/approve"
    done(send(client(reviewer, "operator"), "post", approve, {"revision": 1}), 200)
    merchants.top_up(
        merchant_id=applied["merchantId"],
        amount_paise=5_000_00,
        reference="UTR1",
        actor_id=reviewer,
        reason="first transfer",
        now=now,
    )
    campaign = done(send(owner, "post", "/api/campaigns", offer), 201)
    assert campaign["outletIds"] == [applied["outlets"][0]["id"]]
    near = done(rider.get("/api/campaigns?near=13.3525,74.7928&sort=distance"), 200)
    assert [deal["id"] for deal in near] == [campaign["id"]]
    ride = done(send(rider, "post", "/api/rides/book", {"campaignId": campaign["id"]}), 201)["ride"]
    scan = {"qrData": ride["qrCode"]}
    visit = done(
        owner.post("/api/handshake/execute", scan, format="json", HTTP_IDEMPOTENCY_KEY="scan"), 200
    )

    assert visit["cashbackAmount"] == 150
    assert visit["handshake"]["amounts"]["merchantDebit"] == 173.6
    assert done(owner.get("/api/merchant/profile"), 200)["wallet"] == 4826.4
    assert wallet_balance(UUID(applied["merchantId"])) == 4_826_40
