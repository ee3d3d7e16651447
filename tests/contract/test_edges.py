"""What answers without credentials, written down; and that a method is the method that was sent."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.contract.policy.rows import ROWS
from tests.contract.policy.scene import Scene
from tests.contract.routes import CATCH_ALL, api_routes
from uma.kernel.http.permissions import Public

pytestmark = pytest.mark.django_db

# Everything that answers somebody who says nothing about who they are, and why it may.
OPEN = {
    "health": "asked by whoever watches the process; touches nothing",
    "health/live": "likewise",
    "health/ready": "likewise; says whether the database answers",
    "metrics": "open under DEBUG alone, behind a token of its own otherwise",
    "problems/": "what each refusal means, for people",
    "problems/<slug:code>": "likewise",
    "api/schema": "the description of the API",
    "api/docs": "the same as a page",
    "api/auth/refresh": "carries a secret of its own in the body",
    "api/plans": "what the plans cost and unlock, as on the website",
    "api/auth/dev": "exists under DEBUG alone",
    "api/auth/firebase": "carries a signed ID token in the body",
    "api/user/exports/<uuid:export_id>": "carries a signed link that runs out in minutes",
    "api/exports/<uuid:export_id>/file": "carries a signed link that runs out in a day",
    "webhooks/razorpay": "answers whoever signs the bytes; a stranger gets no further",
    "webhooks/razorpayx": "likewise",
    "api/ondc/on_<slug:name>": "answers whoever signs the bytes, in the network's own words",
    "api/ondc/recon": "likewise",
    "api/ondc/on_subscribe": "answers a challenge that only the registry can make",
    "ondc-site-verification.html": "a signature that the registry looks for",
    "api/badges/revocations": "whoever is shown a badge asks whether it still holds",
    "admin/login/": "where operators sign in",
    "business/sign-in": "where the business app's people sign in",
    "business/session": "carries a signed ID token in the body",
    "business/sign-out": "ends whose session there is; a stranger has none",
    "business/language": "keeps a choice in the browser that made it",
    "business/offline": "says what works without a network",
    "business/app.webmanifest": "tells a phone how to install the app",
    "business/service-worker.js": "a file",
    "app/sign-in": "where riders sign in in a browser",
    "app/session": "carries a signed ID token in the body",
    "app/sign-out": "ends whose session there is; a stranger has none",
    "app/language": "keeps a choice in the browser that made it",
    "app/offline": "says what works without a network",
    "app/app.webmanifest": "tells a phone how to install the app",
    "app/service-worker.js": "a file",
    "": "sends whoever knows only the name of the house to the deals",
    "business/wallet/paid/<uuid:top_up_id>": "where Razorpay sends a browser back; changes nothing",
    "app/travel/<uuid:journey_id>/paid": "where Razorpay sends a browser back; changes nothing",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ODD = ("TRACE", "OPTIONS", "CONNECT", "PROPFIND", "MKCOL", "FOO")


def walk(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, str | None]]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, path)
        else:
            yield path, entry.name


def everything() -> list[str]:
    """Return every path pattern of the whole server."""
    return [path for path, name in walk(get_resolver().url_patterns) if name != CATCH_ALL]


def address(pattern: str) -> str:
    """Return a path that the pattern matches."""
    path = re.sub(r"<uuid:[^>]+>", str(uuid4()), pattern)
    path = re.sub(r"<path:[^>]+>", str(uuid4()), path)
    path = re.sub(r"<int:[^>]+>", "1", path)
    path = re.sub(r"<(?:slug:|str:)?[^>]+>", "x", path)
    # Django's own admin has one regular expression: the list of an app.
    path = re.sub(r"\(\?P<[^>]+>([^|)]+)[^)]*\)", r"\1", path)
    return "/" + path.replace("^", "").replace("$", "").replace("\\Z", "")


def _is_sign_in(location: str) -> bool:
    return "/admin/login/" in location or location.startswith(("/business/sign-in", "/app/sign-in"))


def test_nothing_but_the_written_list_answers_a_stranger() -> None:
    answering: set[str] = set()

    for pattern in everything():
        for method in METHODS:
            answer = Client().generic(
                method, address(pattern), b"{}", content_type="application/json"
            )
            turned_away = (
                answer.status_code == 401
                or (answer.status_code == 302 and _is_sign_in(answer["Location"]))
                # A page of one method says so before it asks who is there, and does nothing else.
                or (pattern.startswith(("business/", "app/")) and answer.status_code == 405)
                or (pattern.startswith("admin/") and answer.status_code in {403, 404})
            )
            if not turned_away:
                answering.add(pattern)

    assert answering <= set(OPEN) | {"admin/logout/"}, "answers, and nobody decided that it may"
    assert {"health", "metrics", "api/schema", "admin/login/"} <= answering


def test_every_open_route_of_the_api_says_so_itself() -> None:
    public = {
        route.path.lstrip("/")
        for route, view in api_routes().items()
        if Public in view.permission_classes or not view.authentication_classes
    }

    written = {re.sub(r"<[^:>]+:([^>]+)>", r"{\1}", pattern) for pattern in OPEN}
    assert public <= written


def test_what_is_collected_as_a_file_holds_nothing_but_files() -> None:
    for path in ("/static/", "/static/../uma/settings.py", "/static/%2e%2e/manage.py", "/.env"):
        assert Client().get(path).status_code in {400, 404}


def test_a_method_that_is_not_served_is_405_and_says_which_are(scene: Scene) -> None:
    wrong: list[str] = []

    for path in sorted({row.path for row in ROWS}):
        who = next(row.who for row in ROWS if row.path == path)
        actor = next((one for one in ("owner", "rider", "operator") if one in who), "owner")
        served = {route.method for route in api_routes() if route.path == path}
        where = re.sub(r"{([^}]+)}", lambda found: str(scene.own[found[1]]), path)
        for method in sorted({*METHODS, *ODD} - served):
            answer = Client().generic(
                method, where, b"{}", content_type="application/json", headers=scene.headers(actor)
            )
            told = {one.strip() for one in answer.get("Allow", "").split(",")}
            # A TRACE that echoes would show a script the headers it may not read (CWE-693).
            echoed = "Bearer" in answer.content.decode()
            # What no address of ours takes is refused before the address is looked at.
            named = served <= told if method in ODD else told - {"HEAD", "OPTIONS"} == served
            if answer.status_code != 405 or not named or echoed:
                wrong.append(f"{method} {path}: {answer.status_code}, Allow: {sorted(told)}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "override",
    [
        {"headers": {"X-HTTP-Method-Override": "DELETE"}},
        {"headers": {"X-HTTP-Method": "DELETE"}},
        {"headers": {"X-Method-Override": "DELETE"}},
        {"query_params": {"_method": "DELETE"}},
    ],
    ids=str,
)
def test_a_method_is_the_one_that_was_sent(
    scene: Scene, override: dict[str, dict[str, str]]
) -> None:
    path = f"/api/campaigns/{scene.own['campaign_id']}"
    headers = scene.headers("owner") | override.get("headers", {})

    read = Client().get(path, headers=headers, query_params=override.get("query_params"))
    again = Client().get(path, headers=scene.headers("owner"))
    posted = Client().post(
        path, {}, content_type="application/json", headers=headers,
        query_params=override.get("query_params"),
    )  # fmt: skip

    assert (read.status_code, posted.status_code) == (200, 405)
    assert again.json()["state"] == read.json()["state"] == "active"


def test_head_answers_what_get_does_without_a_body(scene: Scene) -> None:
    headers = scene.headers("owner")

    head = Client().head("/api/merchant/profile", headers=headers)

    assert (head.status_code, head.content) == (200, b"")
    assert Client().head("/api/merchant/profile").status_code == 401
