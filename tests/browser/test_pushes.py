"""A browser that is notified: switched on and off at its own press, and what it shows and opens."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, CDPSession, Page, Request, Route, expect

from apps.handshake.management import demo_city
from apps.notifications import push
from tests.browser.chromium import PATIENCE_MS, Visit, visiting
from tests.browser.people import sign_in
from tests.faults.conftest import Platform

SETTINGS = "/app/notifications"
# A profile that leaves no traces, as tests have, is given no subscription by Chromium; what Firebase's library
# does with one is its own code.
SUBSCRIBES = """
  const made = {
    endpoint: "https://push.example/1", getKey: () => new Uint8Array(65).buffer,
    unsubscribe: async () => delete localStorage.subscribed,
  };
  PushManager.prototype.getSubscription = async () => (localStorage.subscribed ? made : null);
  PushManager.prototype.subscribe = async () => { localStorage.subscribed = "1"; return made; };
"""
NO_PUSHES = "delete window.PushManager;"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
SHOWN = """async (body) => {
  const registration = await navigator.serviceWorker.ready;
  const until = performance.now() + 15_000;
  let found = [];
  while (!found.some((one) => one.body === body) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    found = await registration.getNotifications();
  }
  return found.map(({ title, tag, icon, badge }) => ({ title, tag, icon, badge }));
}"""
# A press that a test makes opens no window: the browser's own doors say where they would have led.
CLICKED = """async () => {
  const [one] = await self.registration.getNotifications();
  const done = new Promise((resolve) => {
    self.clients.openWindow = async (where) => resolve(`opened ${where}`);
    WindowClient.prototype.focus = async function () { resolve(`looked at ${this.url}`); };
  });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: one }));
  const late = new Promise((resolve) => setTimeout(resolve, 15_000, "nothing opened"));
  return Promise.race([done, late]);
}"""

SUBSCRIBED = """() => {
  self.gone = new Promise((resolve) => {
    PushManager.prototype.getSubscription = async () => ({ unsubscribe: () => resolve(true) });
  });
}"""
# Counted from the question: on a busy machine a sign-in takes as long as it takes.
GONE = """() => Promise.race([
  self.gone, new Promise((resolve) => setTimeout(resolve, 20_000, false)),
])"""


class Google:
    """Firebase's endpoints for browsers, as far as its library asks them; and all that was asked of anybody."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self._fid = ""
        page.context.route(re.compile(r"https://[a-z]+\.googleapis\.com/"), self._answer)
        page.on("request", self._hear)

    def _hear(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if "googleapis" in request.url or path.startswith("/api/user/devices"):
            self.asked.append(f"{request.method} {path.rpartition('/')[2]}")

    def _answer(self, route: Route) -> None:
        host, body = urlsplit(route.request.url).hostname, route.request.post_data_json
        told: dict[str, Any] = {}  # Any: JSON
        if host == "firebaseinstallations.googleapis.com" and body:
            self._fid = body["fid"]
            token = {"token": "a.b.c", "expiresIn": "604800s"}
            told = {"fid": self._fid, "refreshToken": "r", "authToken": token}
        elif host == "fcmregistrations.googleapis.com" and body:
            assert body["web"]["endpoint"] == "https://push.example/1"
            told = {"name": f"projects/uma-pushes/registrations/{self._fid}"}
        route.fulfill(
            body=json.dumps(told),
            content_type="application/json",
            headers={"Access-Control-Allow-Origin": "*"},
        )


@pytest.fixture(scope="module")
def state(browser: Browser, platform: Platform) -> dict[str, Any]:  # Any: Playwright's
    """The cookies of a rider who is signed in."""
    with visiting(browser, platform.url) as visit:
        sign_in(visit.page, demo_city.rider_phone(7), to="/app/me")
        return dict(visit.context.storage_state())


@contextmanager
def settings(
    browser: Browser, platform: Platform, state: dict[str, Any], *, script: str = "", **wishes: Any
) -> Iterator[tuple[Visit, Google]]:  # Any: Playwright's
    with visiting(browser, platform.url, storage_state=state, **wishes) as visit:
        if script:
            visit.page.add_init_script(script)
        google = Google(visit.page)
        visit.page.goto(SETTINGS)
        yield visit, google


def registered(platform: Platform) -> list[tuple[str, str]]:
    """Return each browser's address and why nothing is pushed there any more."""
    with psycopg.connect(platform.cluster.url) as connection:
        rows = connection.execute(
            "SELECT fid, revoked_reason FROM notifications_device WHERE platform = 'WEB'"
            " ORDER BY last_seen_at"
        ).fetchall()
    return [(str(fid), str(reason)) for fid, reason in rows]


def test_a_browser_is_switched_on_by_a_press_stays_on_and_is_switched_off(
    browser: Browser, platform: Platform, state: dict[str, Any]
) -> None:
    with settings(browser, platform, state, script=SUBSCRIBES, permissions=["notifications"]) as (
        visit,
        google,
    ):
        page = visit.page
        expect(page.get_by_text("this device is told nothing")).to_be_visible()
        assert google.asked == []

        page.get_by_role("button", name="Notify me on this device").click()
        expect(page.get_by_text("This device is notified")).to_be_visible()
        assert google.asked == ["POST installations", "POST registrations", "POST devices"]
        ((fid, reason),) = registered(platform)
        assert (len(fid), reason) == (22, "")

        with page.expect_response("**/api/user/devices") as said:
            page.reload()
        assert said.value.status == 201
        # What Firebase knows is not asked for anew.
        assert google.asked[3:] == ["POST devices"]
        assert registered(platform) == [(fid, "")]

        page.get_by_role("button", name="Stop on this device").click()
        expect(page.get_by_text("this device is told nothing")).to_be_visible()
        assert registered(platform) == [(fid, "switched_off")]
        assert page.evaluate("localStorage.subscribed") is None

        page.get_by_role("button", name="Notify me on this device").click()
        expect(page.get_by_text("This device is notified")).to_be_visible()
        assert google.asked[5].startswith("DELETE "), "the old address is given back"
        assert [reason for _, reason in registered(platform)] == ["switched_off", ""]

        # Whoever takes the permission back in the browser's settings is not asked by a look at this page.
        visit.context.clear_permissions()
        with page.expect_response("**/api/user/devices/*") as said:
            page.reload()
        assert said.value.status == 204
        expect(page.get_by_text("this device is told nothing")).to_be_visible()
        page.wait_for_function("!localStorage.subscribed")
        assert {reason for _, reason in registered(platform)} == {"switched_off"}


def test_somebody_who_says_no_is_told_how_to_change_it_and_nobody_else_is_asked(
    browser: Browser, platform: Platform, state: dict[str, Any]
) -> None:
    with settings(browser, platform, state) as (visit, google):
        visit.page.get_by_role("button", name="Notify me on this device").click()

        expect(visit.page.get_by_text("Your browser blocks notifications")).to_be_visible()
        expect(visit.page.locator("[data-turn]:visible")).to_have_count(0)
        assert google.asked == []


def test_a_browser_without_pushes_says_so_and_offers_none(
    browser: Browser, platform: Platform, state: dict[str, Any]
) -> None:
    with settings(browser, platform, state, script=NO_PUSHES, user_agent=IPHONE) as (visit, google):
        expect(visit.page.get_by_text("Add to Home Screen")).to_be_visible()
        expect(visit.page.locator("[data-turn]:visible")).to_have_count(0)

        # On the home screen already, and too old for pushes there.
        visit.page.add_init_script("navigator.standalone = true;")
        visit.page.reload()
        expect(visit.page.get_by_text("This browser cannot be notified")).to_be_visible()
        expect(visit.page.locator("[data-turn]:visible")).to_have_count(0)
        assert google.asked == []


def sent(message_id: str, link: str, body: str) -> str:
    """Return what FCM hands to the browser for a message of our server's."""
    parcel = push.Parcel(
        message_id=message_id, kind="handshake", title="Your visit is verified", body=body, data={},
        urgent=True, fid="f", fcm_token="", in_browser=True, link=link,
    )  # fmt: skip
    return json.dumps({"from": "2", "fcmMessageId": "1", "data": push._message(parcel).data})


def registration_of(devtools: CDPSession, page: Page, scope: str) -> str:
    """Return what DevTools calls the service worker of a scope."""
    known: dict[str, str] = {}
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: known.update(
            {one["scopeURL"]: one["registrationId"] for one in event["registrations"]}
        ),
    )
    devtools.send("ServiceWorker.enable")
    until = time.monotonic() + PATIENCE_MS / 1_000
    while scope not in known:
        assert time.monotonic() < until, known
        # Lets the event in; the worker is ready, so that it comes.
        page.wait_for_timeout(10)
    return known[scope]


def test_a_push_is_shown_once_and_opens_a_page_of_ours(
    browser: Browser, platform: Platform, state: dict[str, Any]
) -> None:
    with settings(browser, platform, state, permissions=["notifications"]) as (visit, _):
        page = visit.page
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        devtools = visit.context.new_cdp_session(page)
        registration = registration_of(devtools, page, f"{platform.url}/app/")

        def deliver(data: str, body: str) -> list[dict[str, Any]]:  # Any: as the page has it
            # A browser may lose one, as networks do; a second one of a message is the same notification.
            for _ in range(3):
                devtools.send(
                    "ServiceWorker.deliverPushMessage",
                    {"origin": platform.url, "registrationId": registration, "data": data},
                )
                shown: list[dict[str, Any]] = page.evaluate(SHOWN, body)
                if shown:
                    return shown
            raise AssertionError(f"nothing is shown of {data}")

        (worker,) = visit.context.service_workers
        deliver(sent("m-1", "/app/tickets/1", "₹150"), "₹150")
        (shown,) = deliver(sent("m-1", "/app/tickets/1", "₹150 again"), "₹150 again")
        assert (shown["title"], shown["tag"]) == ("Your visit is verified", "m-1")
        for sign in (shown["icon"], shown["badge"]):
            assert page.request.get(sign).headers["content-type"] == "image/png"
        assert worker.evaluate(CLICKED) == f"opened {platform.url}/app/tickets/1"
        assert worker.evaluate("self.registration.getNotifications()") == [], (
            "a press takes it away"
        )

        for link in ("https://elsewhere.example/app/", "//elsewhere.example", "javascript:1", ""):
            # A name of its own each time: what closes the one before may come after the next is there.
            deliver(sent(f"m-2 {link}", link, link or "none"), link or "none")
            assert worker.evaluate(CLICKED) == f"opened {platform.url}/app/inbox"
        deliver(sent("m-3", SETTINGS, "here"), "here")
        assert worker.evaluate(CLICKED) == f"looked at {platform.url}{SETTINGS}"
        (odd,) = deliver("no JSON", "")
        assert odd["title"] == "UMA"

        # Nobody signed out: the session ran out.
        worker.evaluate(SUBSCRIBED)
        visit.context.clear_cookies()
        sign_in(page, demo_city.rider_phone(8), to="/app/me")
        assert worker.evaluate(GONE), "the next one here is told nothing of the last one's"
