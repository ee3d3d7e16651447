"""A stranger's journey over HTTP: a code by SMS, a deal, a visit, the money, and out again."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from apps.handshake.management import demo_city
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

pytestmark = pytest.mark.timeout(240)
TIMEOUT_S = 10
STRANGER, FID = "+919000012345", "fid-of-the-stranger"
# Of the demo city's first shop, which may scan.
OWNER = demo_city.owner_phone(1)


@dataclass
class App:
    """A phone app: Firebase for the code, the platform for everything else."""

    platform: Platform
    firebase: SandboxProcess
    device: str
    session: requests.Session = field(default_factory=requests.Session)
    signed: dict[str, Any] = field(default_factory=dict)  # Any: JSON

    def sign_in(self, phone: str, *, role: str = "rider") -> dict[str, Any]:
        """Type the code that the phone shows, and exchange what Firebase gives."""
        token = self.firebase.sign_in(phone)["idToken"]
        answer = self.call(
            "POST",
            "/api/auth/firebase",
            {"idToken": token, "role": role, "deviceId": self.device, "platform": "android"},
        )
        assert answer.status_code in {200, 201}, answer.text
        self.signed = answer.json()
        self.session.headers["Authorization"] = f"Bearer {self.signed['access']}"
        return self.signed

    def call(
        self, method: str, path: str, body: object = None, *, key: str = ""
    ) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.session.request(
            method, self.platform.url + path, json=body, headers=headers, timeout=TIMEOUT_S
        )

    def get(self, path: str) -> Any:  # Any: JSON
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refresh(self) -> requests.Response:
        body = {"refresh": self.signed["refresh"], "deviceId": self.device}
        return requests.post(f"{self.platform.url}/api/auth/refresh", json=body, timeout=TIMEOUT_S)


def test_a_strangers_journey(platform: Platform, firebase: SandboxProcess) -> None:
    rider = App(platform, firebase, "phone-of-the-stranger")
    tablet = App(platform, firebase, "tablet-of-the-stranger")
    shop = App(platform, firebase, "till-of-the-shop")

    signed = rider.sign_in(STRANGER)
    assert signed["user"]["isNew"] is True
    assert rider.get("/api/user/profile")["wallet"] == 0
    assert rider.get("/api/user/transactions") == []
    staff = shop.sign_in(OWNER, role="merchant")
    assert staff["user"]["isNew"] is False
    before = shop.get("/api/merchant/profile")

    ride = _book(rider, before)
    _register(rider, FID)
    paid = _scan(shop, ride)
    assert rider.get("/api/user/wallet")["balance"] == paid
    assert [row["amount"] for row in rider.get("/api/user/transactions")] == [paid]
    _wait_for_push(firebase)

    # On a second device the same number is the same person, and withdrawals wait.
    again = tablet.sign_in(STRANGER)
    assert again["user"]["id"] == signed["user"]["id"]
    profile = tablet.get("/api/user/profile")
    assert (profile["wallet"], profile["payoutsPausedFor"]) == (paid, ["new_device"])
    assert len(tablet.get("/api/auth/sessions")) == 2

    _sign_out_everywhere(tablet, others=[rider])
    assert shop.get("/api/merchant/profile")["id"] == before["id"], "the shop's session lives on"
    platform.manage("verify_ledger")


def _book(rider: App, shop: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    place = shop["outlets"][0]["location"]
    near = f"near={place['latitude']},{place['longitude']}&radius=500&sort=distance&limit=100"
    deals = rider.get(f"/api/campaigns?{near}")
    deal = next(row for row in deals if row["merchantId"] == shop["id"] and row["bookable"])
    answer = rider.call(
        "POST", "/api/rides/book", {"campaignId": deal["id"]}, key=secrets.token_hex(16)
    )
    assert answer.status_code == 201, answer.text
    ride: dict[str, Any] = answer.json()["ride"]
    assert ride["guaranteed"] is True
    return ride


def _scan(shop: App, ride: dict[str, Any]) -> float:  # Any: JSON
    answer = shop.call(
        "POST", "/api/handshake/execute", {"qrData": ride["qrCode"]}, key=secrets.token_hex(16)
    )
    assert answer.status_code == 200, answer.text
    paid: float = answer.json()["handshake"]["amounts"]["reimbursement"]
    assert paid > 0
    return paid


def _register(rider: App, fid: str) -> None:
    answer = rider.call("POST", "/api/user/devices", {"platform": "android", "fid": fid})
    assert answer.status_code == 201, answer.text


def _wait_for_push(firebase: SandboxProcess) -> None:
    """The worker tells the rider's phone of the visit."""
    deadline = time.monotonic() + 30
    while not any(push["address"] == FID for push in firebase.pushes):
        assert time.monotonic() < deadline, "no push came"
        time.sleep(0.1)


def _sign_out_everywhere(app: App, *, others: list[App]) -> None:
    answer = app.call("POST", "/api/auth/logout-all", {})
    assert answer.status_code == 204, answer.text

    deadline = time.monotonic() + 1
    alive = [app, *others]
    while alive and time.monotonic() < deadline:
        alive = [one for one in alive if one.call("GET", "/api/user/profile").status_code != 401]
    assert alive == [], "a token outlived the sign-out by more than a second"
    for one in [app, *others]:
        assert one.call("GET", "/api/user/wallet").status_code == 401
        assert one.refresh().status_code == 401
