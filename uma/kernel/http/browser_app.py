"""What the apps in the browser share: language, policy, sign-in by phone, the manifest and the worker."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import trans_real

from uma.kernel.templatetags.web import asset

LANGUAGE_AGE_S = 400 * 86_400
GOOGLE = "https://identitytoolkit.googleapis.com"
# Where reCAPTCHA's script is, and what it loads and frames itself: developers.google.com/recaptcha/docs/faq,
# under Content-Security-Policy. The page that has the script reports to the first of them as well.
RECAPTCHA = "https://www.google.com/recaptcha/"
RECAPTCHA_SCRIPTS = "https://www.gstatic.com/recaptcha/"
RECAPTCHA_FRAMES = "https://recaptcha.google.com/recaptcha/"
# What the browser may load beyond the policy of all pages.
PAGE_POLICY: Mapping[str, list[str]] = {"manifest-src": ["'self'"], "worker-src": ["'self'"]}


def with_policy(response: HttpResponse, more: Mapping[str, list[str]]) -> HttpResponse:
    """Let a page load what it needs beyond the policy of all pages."""
    # What django-csp's decorator leaves for its middleware; the values differ from answer to answer.
    response._csp_update = {**PAGE_POLICY, **more}  # type: ignore[attr-defined]  # noqa: SLF001
    if "connect-src" in more:
        # Google refuses a key that is limited to our site to whoever does not say which site asks; the
        # page stays between us.
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return response


def language_of(request: HttpRequest) -> str:
    """Return the visitor's language: chosen, or the first of the browser's that we speak."""
    if chosen := kept_language(request):
        return chosen
    wanted: Any = trans_real.parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    spoken = (_spoken(full.partition("-")[0]) for full, _ in wanted)
    return next((code for code in spoken if code), "en")


def kept_language(request: HttpRequest) -> str:
    """Return the language that was chosen in this browser, or nothing."""
    return _spoken(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))


def chosen_language(request: HttpRequest) -> str:
    """Return the language that a form chooses, or nothing."""
    return _spoken(request.POST.get("language", ""))


def _spoken(code: str) -> str:
    return code if code in {ours for ours, _ in settings.LANGUAGES} else ""


def keep_language(response: HttpResponse, language: str) -> None:
    """Keep the language for this browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=LANGUAGE_AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def next_within(request: HttpRequest, *, prefix: str, home: str) -> str:
    """Return where somebody wanted to go before they signed in, if it is a page of this app."""
    wanted = request.GET.get("next", "")
    is_ours = wanted.startswith(prefix) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if is_ours else home


def _identity_server() -> str:
    """Return who sends the codes."""
    return settings.FIREBASE_AUTH_URL or GOOGLE


def _recaptcha() -> str:
    """Return the folder of the script that tells people from programs."""
    return f"{settings.RECAPTCHA_URL}/recaptcha/" if settings.RECAPTCHA_URL else RECAPTCHA


def phone_sign_in() -> dict[str, object]:
    """Return what the page that asks for a number and a code says and asks."""
    return {
        "firebase": _identity_server(),
        "recaptcha": f"{_recaptcha()}api.js",
        "key": settings.FIREBASE_WEB_KEY,
        "words": _words(),
    }


def sign_in_policy() -> dict[str, list[str]]:
    """Return what a sign-in page alone may load: who sends the codes, and the script that it asks for."""
    script = [_recaptcha()]
    theirs = not settings.RECAPTCHA_URL
    return {
        "connect-src": [_identity_server(), *script],
        "script-src": [*script, *([RECAPTCHA_SCRIPTS] if theirs else [])],
        "frame-src": [*script, *([RECAPTCHA_FRAMES] if theirs else [])],
    }


def _words() -> dict[str, object]:
    """Return what the script says: Firebase's own words for what went wrong are for programmers."""
    too_often = _("Too many tries. Wait a few minutes, then ask for a new code.")
    not_passed = _("Google could not confirm that you are a person. Try again.")
    return {
        "unreachable": _("The server cannot be reached. Check your connection and try again."),
        "failed": _("That did not work. Try again."),
        "unchecked": _(
            "Google's check for robots did not load. Check your connection and ad blocker, then try again."
        ),
        "refusals": {
            "INVALID_PHONE_NUMBER": _("This is not a phone number. Write all its digits."),
            "MISSING_PHONE_NUMBER": _("This is not a phone number. Write all its digits."),
            "INVALID_CODE": _("This is not the code that we sent. Look at the newest message."),
            "MISSING_CODE": _("Write the six digits that we sent."),
            "SESSION_EXPIRED": _("This code is too old. Ask for a new one."),
            "INVALID_SESSION_INFO": _("This code is too old. Ask for a new one."),
            "TOO_MANY_ATTEMPTS_TRY_LATER": too_often,
            "QUOTA_EXCEEDED": too_often,
            "CAPTCHA_CHECK_FAILED": not_passed,
            "INVALID_APP_CREDENTIAL": not_passed,
            "INVALID_RECAPTCHA_TOKEN": not_passed,
        },
    }


def manifest(
    *,
    prefix: str,
    name: str,
    description: str,
    language: str,
    shortcuts: Sequence[tuple[str, str]],
) -> HttpResponse:
    """Tell a phone how to install the app; a shortcut is a name and an address."""
    described = {
        "id": prefix,
        "name": name,
        "short_name": "UMA",
        "description": description,
        "lang": language,
        "start_url": prefix,
        "scope": prefix,
        "display": "standalone",
        "background_color": "#f4f5f1",
        "theme_color": "#0b6b4f",
        "shortcuts": [{"name": title, "url": url} for title, url in shortcuts],
        "icons": [
            {"src": asset("icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {
                "src": asset("icon-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "any maskable",
            },
        ],
    }
    return HttpResponse(json.dumps(described), content_type="application/manifest+json")


def worker(name: str) -> HttpResponse:
    """Serve an app's service worker; from the app's own path, which is as far as it may reach."""
    built = settings.BASE_DIR / "static" / "web" / name
    # A browser asks at each visit, and the answer must be today's.
    return HttpResponse(
        built.read_bytes(), content_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )
