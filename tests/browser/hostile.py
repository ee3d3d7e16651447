"""A hundred and twenty strings that run where nothing escapes them, and a browser that counts whether they did."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Page, Route, sync_playwright

from tests.browser.chromium import launch

HOST = "http://uma.test"
_VECTORS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video src=x onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<iframe src=javascript:parent.alert(1)>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<template><script>alert(1)</script></template>",
    "<select autofocus onfocus=alert(1)>",
    "<img src=x hx-on:load=alert(1)>",
    "<b hx-get=/x hx-trigger=load>x</b>",
    "<a href=javascript:alert(1) autofocus onfocus=alert(1)>x</a>",
    "<form action=javascript:alert(1)>",
    "<style>@keyframes x{}</style><b style=animation-name:x onanimationstart=alert(1)>",
    "<base href=javascript:alert(1)//>",
    "<link rel=import href='data:text/html,<script>alert(1)</script>'>",
    "<meta http-equiv=refresh content='0;javascript:alert(1)'>",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
)
_AROUND = ("{}", "'>{}", '">{}', "</title></textarea></script>{}")
HOSTILE = [around.format(vector)[:120] for vector in _VECTORS for around in _AROUND]
STIR = """() => { for (const one of document.querySelectorAll('*'))
  for (const name of ['mouseover', 'focus', 'toggle', 'load', 'error'])
    one.dispatchEvent(new Event(name)); }"""


def put(page: Page, html: str) -> None:
    """Show a page that the tests' own server rendered, with its styles and scripts."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif path.startswith("/static/") and (file := finders.find(path.removeprefix("/static/"))):
            route.fulfill(path=file)
        else:
            route.fulfill(status=404, body="")

    # What the page before asked for late is nobody's.
    page.unroute_all(behavior="ignoreErrors")
    page.route("**/*", answer)
    page.goto(f"{HOST}/")


def leafed(client: Client, path: str) -> str:
    """Return a list of the console with all its pages; the page of anything else is alone."""
    found, at = [], path
    while at:
        answer = client.get(at)
        assert answer.status_code == 200, at
        found.append(answer.content.decode())
        following = re.search(r'<a href="([^"]*)" rel="next"', found[-1])
        at = path.partition("?")[0] + unescape(following[1]) if following else ""
    return "".join(found)


def executions(page: Page, html: str) -> int:
    """Return how often a page called `alert`, wherever its scripts and its elements were stirred."""
    put(page, html)
    page.evaluate(STIR)
    page.wait_for_timeout(50)
    found: int = page.evaluate("window.hits ?? 0")
    return found


def folded(pages: Sequence[str], *, each: int = 30) -> list[str]:
    """
    Return pages, each whole or a part of one, as fewer documents that hold them all.

    Under the head of the first, whose scripts look at what they find; a page then costs no document of its own.
    """
    first = next((page for page in pages if "<head>" in page), "")
    head = first.partition("<head>")[2].partition("</head>")[0]
    bodies = [page.partition("</head>")[2] or page for page in pages]
    return [
        f"<!doctype html><html><head>{head}</head>{''.join(bodies[at : at + each])}</html>"
        for at in range(0, len(bodies), each)
    ]


def ran(pages: Mapping[str, str]) -> dict[str, int]:
    """Return the pages in which one of the strings ran, and how often."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        # Without the policy, which would stop what slipped through: the pages must hold by themselves.
        page.add_init_script("window.alert = () => { window.hits = (window.hits ?? 0) + 1; };")
        control = executions(page, f"<!doctype html><body>{''.join(HOSTILE[4:8])}</body>")
        found = {path: executions(page, html) for path, html in pages.items()}
        browser.close()
    assert control > 0, "these strings run where nothing escapes them"
    return {path: hits for path, hits in found.items() if hits}
