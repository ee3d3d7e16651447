"""A merchant at the API, and how its problems are read."""

from typing import Any

from apps.merchants.models import Merchant
from tests.campaigns.calling import client, send
from tests.merchants.making import (
    make_merchant,
    make_outlet,
    make_staff,
)

LIST = "/api/campaigns"
WORKED = {
    "title": "Free ride up to ₹150",
    "description": "And 10 % off",
    "discount": 10,
    "rideReimbursement": 150,
    "cpaEnabled": True,
    "cpaFee": 50,
    "active": True,
}


class Shop:
    """A funded merchant with one outlet, and its owner at the keyboard."""

    def __init__(self) -> None:
        self.merchant: Merchant = make_merchant(funds_paise=10_000_00)
        self.outlet = make_outlet(self.merchant)
        self.owner = client(make_staff(self.merchant), "merchant")

    def write(self, **changes: Any) -> Any:
        answer = send(self.owner, "post", LIST, WORKED | changes)
        assert answer.status_code == 201, answer.content
        return answer.json()


def problem(answer: Any, code: str, status: int) -> Any:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert (body["code"], body["type"]) == (code, f"/problems/{code}")
    assert body["success"] is False
    assert body["message"] == body["detail"]
    return body
