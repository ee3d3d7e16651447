"""Three of five providers answer a search at once: their offers are there while two still hold back."""

import time

import pytest
import requests

from tests.e2e.riding import search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess

pytestmark = pytest.mark.timeout(240)
JOINED = ("coast", "hills", "night")
SLOW = ("hills", "night")
# What a rider is promised; and far beyond it: what is there before was not waited for.
FIRST_WITHIN_S, HELD_BACK_S = 2.0, 8.0


def test_three_of_five_are_shown_before_the_others_could_have_answered(
    platform: Platform,
    firebase: SandboxProcess,
    network: NetworkProcess,
    capsys: pytest.CaptureFixture[str],
) -> None:
    network.order("reset")
    network.order("join", names=JOINED)
    rider = App(platform, firebase, "phone-of-who-does-not-wait")
    rider.sign_in("+919000012377")
    for name in SLOW:
        network.order(
            "scenario",
            seller=name,
            name="slow",
            changed={"slow_ack_s": 0.0, "slow_callback_s": HELD_BACK_S},
        )

    begun = time.monotonic()
    ride = search(rider)
    first = ride.until(lambda view: view["offers"] and view, "an offer")
    first_s = time.monotonic() - begun
    seen = ride.until(
        lambda view: (view["answered"], view["asked"]) == (3, 5) and view, "three of five"
    )
    three_s = time.monotonic() - begun
    page = requests.get(
        f"{platform.url}/app/rides/{ride.id}",
        cookies={"uma_rider_access": rider.signed["access"]},
        timeout=10,
    )
    network.order("join", names=())

    assert first["answered"] >= 1
    assert first_s < FIRST_WITHIN_S
    assert seen["status"] == "open"
    assert {one["bppId"] for one in seen["offers"]}.isdisjoint(
        f"{name}.sandbox.example.in" for name in SLOW
    )
    assert len({one["bppId"] for one in seen["offers"]}) == 3
    assert three_s < HELD_BACK_S, "nobody waited for the slowest"
    assert page.status_code == 200
    assert "3 of 5 providers answered" in page.text
    with capsys.disabled():
        print(f" [first offers after {first_s:.2f} s, three of five after {three_s:.2f} s]", end="")
