"""Django's middlewares for pages, out of the way of the API, which has no cookies and no forms."""

import time

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django_otp.middleware import OTPMiddleware

API = "/api/"
CONSOLE = "/admin/"
DOCS = "/api/docs"
BEGAN = "began"


class _PagesOnly(MiddlewareMixin):
    """Steps aside for /api/: layers of sessions would cost more than the routing does."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API):
            return self.get_response(request)  # type: ignore[return-value]  # sync only
        return super().__call__(request)  # type: ignore[return-value]  # sync only


class ContentSecurity(CSPMiddleware):
    """What a page may load and do, with a nonce for each answer; the documentation is a page."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API) and request.path_info != DOCS:
            return self.get_response(request)  # type: ignore[return-value]  # sync only
        return super().__call__(request)  # type: ignore[return-value]  # sync only


class Sessions(_PagesOnly, SessionMiddleware):
    """
    Sessions of the pages and the admin.

    Each request prolongs one by SESSION_COOKIE_AGE, none beyond SESSION_LONGEST_S.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            _end_overdue(request.session, now=time.time())


def _end_overdue(session: SessionBase, *, now: float) -> None:
    if SESSION_KEY not in session:
        return
    if now - session.setdefault(BEGAN, now) > settings.SESSION_LONGEST_S:
        session.flush()


class People(_PagesOnly, AuthenticationMiddleware):
    """`request.user` of the pages and the admin."""


def view_cookie() -> str:
    """Return what the cookie is called of an operator who looks at an app as somebody sees it."""
    # Only this host can have set a cookie of that prefix, and only over TLS (RFC 6265bis).
    return "__Host-uma_view" if settings.SESSION_COOKIE_SECURE else "uma_view"


class SecondFactors(OTPMiddleware):  # type: ignore[misc]  # the library has no types
    """
    `request.user.is_verified()` of the console: whether this session showed a second factor.

    Whoever looks at an app as somebody sees it is still the operator of that session.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        inside = request.path_info.startswith(CONSOLE) or (
            view_cookie() in request.COOKIES and not request.path_info.startswith(API)
        )
        answer: HttpResponseBase = (
            super().__call__(request) if inside else self.get_response(request)
        )
        return answer


class Messages(_PagesOnly, MessageMiddleware):
    """One-time messages of the pages and the admin."""
