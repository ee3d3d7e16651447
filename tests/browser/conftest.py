"""The platform with its pretended clouds, and a real browser in front of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from apps.ondc import signing
from tests.browser.chromium import PATIENCE_MS, Visit, launch, visiting
from tests.browser.guests import film, merchant_id
from tests.browser.people import OWNER, sign_in
from tests.city import copy_city
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.notifications.test_web_push import WHOLE
from tests.sandbox.pretended_ondc import NetworkProcess, buyer_settings
from tests.sandbox.pretended_razorpay import (
    KEY_ID,
    KEY_SECRET,
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_X,
    RazorpayProcess,
)
from uma.stack import ports

Counter = Callable[..., Any]  # Any: of a code and wishes makes a context manager over a visit


@pytest.fixture(scope="session")
def firebase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The pretended Firebase that pages ask for codes."""
    process = SandboxProcess(tmp_path_factory.mktemp("firebase"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def network_keys() -> signing.NewKeys:
    return signing.new_keys()


@pytest.fixture(scope="session")
def network(network_keys: signing.NewKeys) -> Iterator[NetworkProcess]:
    """The pretended network of ride sellers."""
    process = NetworkProcess(keys=network_keys, pace_s=0.4)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def platform(
    tmp_path_factory: pytest.TempPathFactory,
    firebase: SandboxProcess,
    network: NetworkProcess,
    network_keys: signing.NewKeys,
) -> Iterator[Platform]:
    """The running platform with the demo city, a pretended Razorpay and a network of rides beside it."""
    # Each must know the other's address before it starts.
    port = ports.any_free()
    razorpay = RazorpayProcess(webhooks=f"http://{ports.HOST}:{port}")
    more = {
        **firebase.settings,
        **{f"UMA_FIREBASE_{name}": told for name, told in WHOLE.items()},
        **buyer_settings(network, keys=network_keys, web_port=port),
        "UMA_RAZORPAY_KEY_ID": KEY_ID,
        "UMA_RAZORPAY_KEY_SECRET": KEY_SECRET,
        "UMA_RAZORPAY_URL": razorpay.url,
        "UMA_RAZORPAY_WEBHOOK_SECRETS": WEBHOOK_SECRET,
        "UMA_RAZORPAYX_WEBHOOK_SECRETS": WEBHOOK_SECRET_X,
    }
    folder = tmp_path_factory.mktemp("platform")
    copy_city(folder / "postgres")
    platform = Platform(folder, more=more, port=port)
    platform.web.start()
    platform.worker.start()
    yield platform
    platform.stop()
    razorpay.stop()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not for the session: its event loop would be the running one for tests that come after.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def signed(browser: Browser, platform: Platform) -> dict[str, Any]:  # Any: Playwright's
    """The cookies of somebody who is signed in at the counter."""
    with visiting(browser, platform.url) as visit:
        sign_in(visit.page, to="/business/scan")
        state: dict[str, Any] = dict(visit.context.storage_state())
        return state


@pytest.fixture(scope="session")
def shop_id(platform: Platform, firebase: SandboxProcess) -> str:
    """The merchant whose owner stands at the counter."""
    return merchant_id(platform, firebase, OWNER)


@pytest.fixture
def counter(
    playwright: Playwright, platform: Platform, signed: dict[str, Any], tmp_path: Path
) -> Counter:
    """A browser at the counter, whose camera sees this code; somebody else's with their `storage_state`."""

    @contextmanager
    def at(code: str | bytes, **wishes: Any) -> Iterator[Visit]:  # Any: Playwright's
        browser = launch(playwright, film=film(code, tmp_path))
        wishes = {"storage_state": signed, "permissions": ["camera"], **wishes}
        try:
            with visiting(browser, platform.url, **wishes) as visit:
                yield visit
        finally:
            browser.close()

    return at
