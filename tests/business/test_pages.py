"""The pages of the business app: who sees which, in which language, and what a page may load."""

import re
from contextlib import closing
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver
from pytest_django.fixtures import Settings

from apps.business.urls import urlpatterns
from apps.merchants.models import Staff
from tests.business.browsing import signed_in
from tests.factories import Shop, make_rider, make_shop
from tests.kernel.test_headers import Active
from tests.merchants.making import make_staff
from uma.kernel.templatetags.web import rupees, signed_rupees

pytestmark = pytest.mark.django_db
# Page, and the posts that it is for.
PAGES = {
    "/business/": "OMSA",
    "/business/more": "OMSA",
    "/business/inbox": "OMSA",
    "/business/inbox/messages": "OMSA",
    "/business/scan": "OMS",
    "/business/wallet": "OMA",
    "/business/wallet/balance": "OMA",
    "/business/wallet/lines": "OMA",
    "/business/wallet/low": "OM",
    "/business/events": "OMA",
    "/business/deals": "OMSA",
    "/business/guests": "OMA",
    "/business/team": "OM",
    "/business/outlets": "OM",
    "/business/outlets/new": "OM",
    "/business/join": "OMSA",
    "/business/invoices": "OMA",
    "/business/keys": "O",
    "/business/webhooks": "O",
    "/business/deals/new": "OM",
    "/business/figures": "OMA",
    "/business/figures/now": "OMA",
    "/business/figures/rows": "OMA",
    "/business/figures/funnel": "OMA",
    "/business/figures/check-ins": "OMA",
    "/business/figures/again": "OMA",
    "/business/figures/refusals": "OMA",
    "/business/figures/visits": "OMA",
    "/business/figures/visits/now": "OMA",
    "/business/figures/visits/file": "OMA",
}
POSTS = {
    "O": Staff.Role.OWNER,
    "M": Staff.Role.MANAGER,
    "S": Staff.Role.SCANNER,
    "A": Staff.Role.ACCOUNTANT,
}


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.mark.parametrize("post", POSTS)
def test_each_post_sees_its_pages_and_no_others(shop: Shop, post: str) -> None:
    client = signed_in(make_staff(shop.merchant, POSTS[post]))

    seen = {path for path in PAGES if client.get(path).status_code in {200, 302}}

    assert seen == {path for path, posts in PAGES.items() if post in posts}


def test_a_page_that_is_not_ones_own_says_so(shop: Shop) -> None:
    client = signed_in(make_staff(shop.merchant, Staff.Role.SCANNER))

    answer = client.get("/business/wallet")

    assert answer.status_code == 403
    assert "Your post does not allow this." in answer.content.decode()


def test_somebody_without_a_post_is_told_what_to_do() -> None:
    answer = signed_in(make_rider().pk).get("/business/wallet")

    assert answer.status_code == 403
    assert "This number works for no business" in answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_signs_in_first_and_comes_back(path: str) -> None:
    answer = Client().get(f"{path}?a=b")

    assert answer.status_code == 302
    wanted = path.replace("/", "%2F")
    assert answer["Location"] == f"/business/sign-in?next={wanted}%3Fa%3Db"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in() -> None:
    answer = Client().get("/business/wallet/balance", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/business/sign-in")


@pytest.mark.parametrize(
    "wanted",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:1",
     "/admin/", "business/wallet", ""],
)  # fmt: skip
def test_after_sign_in_nobody_is_sent_elsewhere(shop: Shop, wanted: str) -> None:
    answer = signed_in(shop.owner_id).get("/business/sign-in", {"next": wanted})

    assert answer["Location"] == "/business/"


def test_nothing_of_a_page_with_money_is_kept_by_caches(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    for path in PAGES:
        assert client.get(path)["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/business/wallet",
        "/business/figures",
        "/business/figures/rows",
        "/business/scan",
        "/business/more",
        "/business/sign-in",
    ],
)
def test_a_page_has_no_script_or_style_of_its_own(shop: Shop, path: str) -> None:
    client = Client() if path.endswith("sign-in") else signed_in(shop.owner_id)
    answer = client.get(path)

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy.replace("wasm-unsafe-eval", "")
    assert ("wasm-unsafe-eval" in policy) == (path == "/business/scan")
    assert "script-src 'self'" in policy
    assert "manifest-src 'self'" in policy
    reader = Active("")
    reader.feed(answer.content.decode())
    assert reader.found == []


def test_only_the_scanner_may_use_the_camera(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    assert "camera=(self)" in client.get("/business/scan")["Permissions-Policy"]
    assert "camera=()" in client.get("/business/wallet")["Permissions-Policy"]


def test_only_the_sign_in_page_may_speak_to_firebase(shop: Shop, settings: Settings) -> None:
    settings.FIREBASE_AUTH_URL = "http://127.0.0.1:9"

    sign_in = Client().get("/business/sign-in")["Content-Security-Policy"]
    assert "http://127.0.0.1:9" in sign_in
    assert "frame-src https://www.google.com/recaptcha/" in sign_in
    page = signed_in(shop.owner_id).get("/business/wallet")["Content-Security-Policy"]
    assert "127.0.0.1" not in page
    assert "google" not in page


@pytest.mark.parametrize(
    ("headers", "cookie", "word"),
    [
        ({}, "", "Wallet"),
        ({"Accept-Language": "hi-IN,hi;q=0.9,en;q=0.8"}, "", "वॉलेट"),
        ({"Accept-Language": "ta,kn;q=0.9"}, "", "ವಾಲೆಟ್"),
        ({"Accept-Language": "hi"}, "kn", "ವಾಲೆಟ್"),
        ({"Accept-Language": "hi"}, "xx", "वॉलेट"),
        ({"Accept-Language": "a" * 3_000 + ";q=9"}, "", "Wallet"),
    ],
)
def test_a_page_speaks_the_visitors_language(
    shop: Shop, headers: dict[str, str], cookie: str, word: str
) -> None:
    page = signed_in(shop.owner_id, language=cookie).get("/business/wallet", headers=headers)

    assert f"<h1>{word}</h1>" in page.content.decode()


def test_a_language_is_chosen_for_this_browser(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    client.post("/business/language", {"language": "kn", "back": "more"})

    assert '<html lang="kn">' in client.get("/business/more").content.decode()


def test_every_path_of_the_app_is_written_down_here_or_open() -> None:
    named = {f"/business/{pattern.pattern}" for pattern in urlpatterns}
    others = {
        "/business/sign-in", "/business/sign-out", "/business/language", "/business/offline",
        "/business/app.webmanifest", "/business/service-worker.js", "/business/wallet/add",
        "/business/team/<uuid:staff_id>", "/business/team/<uuid:staff_id>/dismiss",
        "/business/team/invitations/<uuid:invitation_id>/withdraw",
        "/business/invoices/<uuid:document_id>", "/business/keys/<uuid:key_id>",
        "/business/webhooks/<uuid:endpoint_id>", "/business/deals/preview", "/business/deals/<uuid:campaign_id>",
        "/business/deals/<uuid:campaign_id>/edit", "/business/deals/<uuid:campaign_id>/revisions",
        "/business/deals/<uuid:campaign_id>/<str:act>", "/business/deals/<uuid:campaign_id>/boost",
        "/business/figures/visits/<uuid:handshake_id>",
        "/business/figures/visits/<uuid:handshake_id>/take-back",
        "/business/join/<uuid:invitation_id>/<str:answer>", "/business/outlets/<uuid:outlet_id>",
        "/business/outlets/<uuid:outlet_id>/<str:act>",
        "/business/wallet/top-ups/<uuid:top_up_id>/pay", "/business/wallet/top-ups/<uuid:top_up_id>",
        "/business/wallet/paid/<uuid:top_up_id>",
    }  # fmt: skip

    assert named == set(PAGES) | others
    assert get_resolver().resolve("/business/wallet").url_name == "business-wallet"


def test_an_app_can_be_installed_and_its_worker_reaches_no_further_than_the_app() -> None:
    manifest = Client().get("/business/app.webmanifest")
    worker = Client().get("/business/service-worker.js")

    assert manifest["Content-Type"] == "application/manifest+json"
    described = manifest.json()
    assert described["start_url"] == described["scope"] == "/business/"
    assert {icon["sizes"] for icon in described["icons"]} == {"192x192", "512x512"}
    for icon in described["icons"]:
        with closing(Client().get(icon["src"])) as file:
            assert file.status_code == 200
    assert worker["Cache-Control"] == "no-cache"
    assert "Service-Worker-Allowed" not in worker
    shell = re.findall(r"/static/web/[\w.-]+", worker.content.decode())
    assert len(shell) > 4
    for path in shell:
        with closing(Client().get(path)) as file:
            assert "immutable" in file["Cache-Control"]


@pytest.mark.parametrize(
    ("paise", "shown"),
    [
        (0, "₹0"),
        (5, "₹0.05"),
        (99_99, "₹99.99"),
        (1_000_00, "₹1,000"),
        (1_23_456_50, "₹1,23,456.50"),
        (12_34_56_789_00, "₹12,34,56,789"),
        (-232_60, "\N{MINUS SIGN}₹232.60"),
    ],
)
def test_rupees_are_written_as_in_india(paise: int, shown: str) -> None:
    assert rupees(paise) == shown
    assert signed_rupees(paise) == (shown if paise < 0 else f"+{shown}")


def test_an_address_that_names_nothing_is_no_page(shop: Shop) -> None:
    client = signed_in(shop.owner_id)

    assert client.get(f"/business/wallet/top-ups/{uuid4()}").status_code == 404
    assert client.get(f"/business/wallet?top_up={uuid4()}").status_code == 404
    assert client.get("/business/wallet?top_up=%00").status_code == 400
    assert client.get("/business/wallet?top_up=x").status_code == 200
    assert client.post("/business/wallet").status_code == 405
