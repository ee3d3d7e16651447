"""One real visit over HTTP, printed like a till's receipt: what `make demo` runs and `make run` ends with."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import qrcode
import requests
from rich.console import Console

from uma.stack import topping_up
from uma.stack.ride import NoRide, ride_to

TIMEOUT_S = 10
WIDTH = 60
# What the sandbox takes for the demo city's numbers.
TEST_PREFIX, TEST_CODE = "+120255501", "123456"


class JourneyFailed(Exception):
    """A step of the journey did not end as the product promises."""


@dataclass(frozen=True)
class Places:
    """Where the platform is, where codes are asked for, and whether a pretended bank and drivers are about."""

    platform: str
    firebase: str
    has_checkout: bool = False
    has_rides: bool = False


@dataclass
class Person:
    """Somebody who signs in by phone and speaks to the public API."""

    places: Places
    phone: str
    role: str
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> dict[str, Any]:
        """Ask for a code, type it, and exchange what Firebase gives for a session with us."""
        sent = self._firebase("sendVerificationCode", phoneNumber=self.phone, **self._vouched())
        typed = self._firebase(
            "signInWithPhoneNumber", sessionInfo=sent["sessionInfo"], code=self._code()
        )
        body = {
            "idToken": typed["idToken"],
            "role": self.role,
            # The same phone each time, or every demo would pause the payouts.
            "deviceId": f"demo-phone-of-{self.phone}",
            "platform": "android",
            "deviceLabel": "Demo phone",
        }
        answer = self.send("POST", "/api/auth/firebase", body)
        if answer.status_code not in (200, 201):
            raise JourneyFailed(f"{self.phone} could not sign in: {answer.text[:300]}")
        signed: dict[str, Any] = answer.json()
        self.session.headers["Authorization"] = f"Bearer {signed['access']}"
        return signed

    def _vouched(self) -> dict[str, object]:
        """Return what a phone's own services say of the app, without which nobody is sent a code."""
        url = f"{self.places.firebase}/_control/auth/vouch"
        vouched: dict[str, object] = requests.post(url, json={}, timeout=TIMEOUT_S).json()
        return vouched

    def _code(self) -> str:
        """Return the code: everybody knows the demo numbers', others' are on the pretended phone."""
        if self.phone.startswith(TEST_PREFIX):
            return TEST_CODE
        shown = requests.get(f"{self.places.firebase}/_control/sms", timeout=TIMEOUT_S).json()
        newest: str = next(sms["code"] for sms in shown["messages"] if sms["phone"] == self.phone)
        return newest

    def _firebase(self, method: str, **body: object) -> dict[str, Any]:
        url = f"{self.places.firebase}/v1/accounts:{method}"
        answer = requests.post(url, params={"key": "demo"}, json=body, timeout=TIMEOUT_S)
        if answer.status_code != 200:  # noqa: PLR2004
            raise JourneyFailed(f"The sandbox refused {method}: {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    def call(  # a JSON document is of many shapes
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        expect: int = 200,
        key: str | None = None,
    ) -> Any:
        response = self.send(method, path, body, key=key)
        if response.status_code != expect:
            raise JourneyFailed(
                f"{method} {path} answered {response.status_code}, not {expect}: {response.text[:300]}"
            )
        return response.json() if response.content else None

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
    ) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.session.request(
            method, self.places.platform + path, json=body, headers=headers, timeout=TIMEOUT_S
        )


@dataclass
class Receipt:
    """The paper: a line a step, and what it moved."""

    console: Console
    number: int = 0

    def step(self, title: str, value: str = "") -> None:
        self.number += 1
        left = f"{self.number:>2}  {title}"
        self.console.print(
            f"[bold]{left}[/bold]{value:>{max(1, WIDTH - len(left))}}", highlight=False
        )

    def line(self, label: str, value: str = "", style: str = "dim") -> None:
        left = f"      {label}"
        self.console.print(
            f"{left}{value:>{max(1, WIDTH - len(left))}}", style=style, highlight=False
        )

    def rule(self, title: str = "") -> None:
        self.console.print(f"{title:─^{WIDTH}}", style="dim", highlight=False)


def rupees(amount: float) -> str:
    return f"₹{amount:,.2f}"


def require(fact: bool, sentence: str) -> None:  # noqa: FBT001 — reads as a sentence where it is called
    if not fact:
        raise JourneyFailed(sentence)


@dataclass(frozen=True)
class Cast:
    """Who takes part; the demo city has all of them."""

    rider: str = "+12025550101"
    merchant: str = "+12025550120"
    stranger: str = "+12025550121"
    operator: str = "operator"
    operator_password: str = "operator"  # noqa: S105 — the demo city's, under UMA_DEBUG only


def run(*, places: Places, cast: Cast, console: Console) -> None:
    """
    Walk top-up → campaign → discover → book → ride → QR → scan → the same scan → a stranger's scan.

    Raises:
        JourneyFailed: a step ended otherwise than the product promises
    """
    paper = Receipt(console)
    paper.rule(" UMA · one proven visit ")
    rider = Person(places, cast.rider, "rider")
    shop = Person(places, cast.merchant, "merchant")
    stranger = Person(places, cast.stranger, "merchant")
    names = [person.sign_in()["user"]["name"] for person in (rider, shop, stranger)]
    merchant = shop.call("GET", "/api/merchant/profile")
    paper.step("Signed in by phone", " · ".join(names[:2]))

    _top_up(paper, shop, cast, merchant["id"])
    funded = shop.call("GET", "/api/merchant/profile")
    # More when what an earlier visit left over came back meanwhile.
    require(
        funded["wallet"] >= merchant["wallet"] + topping_up.RUPEES,
        "The top-up did not arrive in the merchant's wallet.",
    )
    paper.line("wallet of " + merchant["businessName"], rupees(funded["wallet"]))

    campaign = _campaign(shop, pays_the_fare=places.has_rides)
    paper.step("Campaign live", campaign["title"])
    deal = _discover(rider, campaign["id"], funded["outlets"][0]["location"])
    paper.step("Discovered on the map", f"{deal['distance']} m away")

    ride = _book(rider, campaign["id"])
    held = shop.call("GET", "/api/merchant/profile")
    paper.step("Booked, the money is held", "until " + ride["expiresAt"][11:16] + " UTC")
    paper.line("held for this visit", rupees(held["held"] - funded["held"]))
    require(
        round(funded["wallet"] - held["wallet"], 2) == round(held["held"] - funded["held"], 2),
        "What left the wallet is not what is held.",
    )
    if places.has_rides:
        _ride(paper, rider, funded["outlets"][0]["location"], ride["id"])
        # The code changes every fifteen seconds.
        ride = rider.call("GET", f"/api/rides/{ride['id']}")
    _draw(paper, ride["qrCode"])

    before = rider.call("GET", "/api/user/wallet")
    key = secrets.token_hex(16)
    scan = {"qrData": ride["qrCode"]}
    first = shop.send("POST", "/api/handshake/execute", scan, key=key)
    require(first.status_code == 200, f"The scan answered {first.status_code}: {first.text[:300]}")  # noqa: PLR2004
    answer = first.json()
    _receipt(paper, answer)
    after = _settled(paper, rider, shop, answer, before=before)

    _again(paper, rider, shop, stranger, scan, first, key=key, after=after)
    shop.call("DELETE", f"/api/campaigns/{campaign['id']}", expect=204)
    paper.step("Campaign ended", "its history stays")


def _again(
    paper: Receipt,
    rider: Person,
    shop: Person,
    stranger: Person,
    scan: Mapping[str, object],
    first: requests.Response,
    *,
    key: str,
    after: Mapping[str, Any],
) -> None:
    """Scan what was scanned: by the same request, by another, by somebody else."""
    again = shop.send("POST", "/api/handshake/execute", scan, key=key)
    require(
        again.content == first.content and again.headers.get("Idempotent-Replayed") == "true",
        "The same request did not answer the same bytes.",
    )
    repeat = shop.call("POST", "/api/handshake/execute", scan)
    require(repeat["alreadyRedeemed"] is True, "A second scan was not told that it is one.")
    require(rider.call("GET", "/api/user/wallet") == after, "A repeated scan moved money.")
    paper.step("The same scan again", "same answer, no movement")
    refused = stranger.send("POST", "/api/handshake/execute", scan)
    require(
        refused.status_code == 409 and refused.json()["code"] == "already_redeemed",  # noqa: PLR2004
        "A stranger's scan was not refused.",
    )
    paper.step("A stranger's scan", "refused: " + refused.json()["code"])


def _top_up(paper: Receipt, shop: Person, cast: Cast, merchant_id: str) -> None:
    """Put money into the wallet: the owner pays where the checkout is a pretended one, else an operator credits."""
    places = shop.places
    try:
        if places.has_checkout:
            topping_up.at_the_checkout(shop)
        else:
            topping_up.at_the_desk(
                places.platform,
                merchant_id=merchant_id,
                operator=cast.operator,
                password=cast.operator_password,
            )
    except topping_up.NoMoney as failed:
        raise JourneyFailed(str(failed)) from failed
    how = "paid at the checkout" if places.has_checkout else "by the operator"
    paper.step(f"Top-up {how}", "+" + rupees(topping_up.RUPEES))


def _campaign(shop: Person, *, pays_the_fare: bool) -> dict[str, Any]:
    body: dict[str, object] = {
        "title": "Ride free up to ₹150",
        "description": "Come by auto, bus or metro: the ride is on us, and 10 % off your bill.",
        "discount": 10,
        "rideReimbursement": 150,
        "cpaEnabled": True,
        "cpaFee": 50,
    }
    if pays_the_fare:
        # Up to the amount above; without a ride there is no fare, and the amount is paid.
        body["basis"] = "actual_capped"
    campaign: dict[str, Any] = shop.call(
        "POST", "/api/campaigns", body, expect=201, key=secrets.token_hex(16)
    )
    require(campaign["active"] is True, "A campaign within the limits did not go live.")
    return campaign


def _discover(rider: Person, campaign_id: str, place: Mapping[str, float]) -> dict[str, Any]:
    near = f"near={place['latitude']},{place['longitude']}"
    deals = rider.call("GET", f"/api/campaigns?{near}&radius=2000&sort=distance&limit=100")
    deal: dict[str, Any] | None = next((row for row in deals if row["id"] == campaign_id), None)
    if deal is None:
        raise JourneyFailed("The new campaign is not among the deals near its outlet.")
    require(deal["bookable"] is True, f"The deal is not bookable: {deal['ineligible']}")
    return deal


def _book(rider: Person, campaign_id: str) -> dict[str, Any]:
    # A journey that was cut short leaves a live booking; the rider gives it back first.
    for old in rider.call("GET", "/api/rides?limit=20"):
        if old["status"] == "pending_scan":
            rider.call("POST", f"/api/rides/{old['id']}/cancel", {})
    booked = rider.call(
        "POST",
        "/api/rides/book",
        {"campaignId": campaign_id},
        expect=201,
        key=secrets.token_hex(16),
    )
    ride: dict[str, Any] = booked["ride"]
    require(ride["guaranteed"] is True, "The booking is not guaranteed.")
    return ride


def _ride(paper: Receipt, rider: Person, place: Mapping[str, float], ride_id: str) -> None:
    try:
        ridden = ride_to(rider, place, ride_id=ride_id)
    except NoRide as failed:
        raise JourneyFailed(str(failed)) from failed
    paper.step("Ride over ONDC, from the search to its end", rupees(ridden.fare))
    paper.line(f"{ridden.offers} offers; an auto of {ridden.provider}", ridden.vehicle)
    paper.line(f"{ridden.driver} began with the code {ridden.start_code}")


def _draw(paper: Receipt, text: str) -> None:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2)
    code.add_data(text)
    code.make(fit=True)
    drawing = StringIO()
    code.print_ascii(out=drawing, invert=True)
    paper.step(f"The rider shows the code (QR version {code.version})")
    for row in drawing.getvalue().splitlines():
        paper.console.print(" " * 12 + f"[bright_white on black]{row}[/]", highlight=False)
    paper.line(text)


def _receipt(paper: Receipt, answer: Mapping[str, Any]) -> None:
    amounts = answer["handshake"]["amounts"]
    paper.step("HANDSHAKE", answer["message"])
    lines = [
        ("ride back to the rider", amounts["reimbursement"]),
        ("fee per visit", amounts["platformFee"]),
        ("new customer" if amounts["cpa"] else "known customer", amounts["cpa"]),
        ("GST on the fees", amounts["gst"]),
    ]
    for label, amount in lines:
        paper.line(label, rupees(amount))
    paper.line("the merchant paid", rupees(amounts["merchantDebit"]), style="bold")
    parts = round(sum(amount for _, amount in lines), 2)
    require(parts == amounts["merchantDebit"], "The parts are not what the merchant paid.")


def _settled(
    paper: Receipt,
    rider: Person,
    shop: Person,
    answer: Mapping[str, Any],
    *,
    before: Mapping[str, Any],
) -> dict[str, Any]:
    """Check and print both balances and the ledger's lines; return the rider's new wallet."""
    amounts, handshake_id = answer["handshake"]["amounts"], answer["handshake"]["id"]
    after: dict[str, Any] = rider.call("GET", "/api/user/wallet")
    paid, parked = (round(after[part] - before[part], 2) for part in ("balance", "parked"))
    # Who visits one shop again and again within minutes is paid into what an operator looks at first.
    require({paid, parked} == {0, amounts["reimbursement"]}, "The rider was not paid exactly once.")
    merchant = shop.call("GET", "/api/merchant/profile")
    paper.step("Balances")
    paper.line("rider", f"{rupees(before['balance'])} → {rupees(after['balance'])}")
    if parked:
        paper.line("rider, set aside until it was looked at", rupees(after["parked"]))
    paper.line("merchant", f"{rupees(merchant['wallet'])}, held {rupees(merchant['held'])}")
    entries = [
        row
        for row in shop.call("GET", "/api/transactions?limit=20")
        if row["handshakeId"] == handshake_id
    ]
    paper.step("Ledger entries of this handshake")
    for row in entries:
        paper.line(f"{row['type']:<16}{row['userName']}", rupees(row["amount"]))
    total = round(sum(row["amount"] for row in entries), 2)
    require(total == amounts["merchantDebit"], "The entries are not what the merchant paid.")
    newest = rider.call("GET", "/api/user/transactions?limit=1")[0]
    require(
        newest["balance"] == after["balance"], "The rider's statement does not end at the balance."
    )
    return after
