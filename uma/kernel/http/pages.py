"""Django's middlewares for pages, out of the way of the API, which has no cookies and no forms."""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

API = "/api/"


class _PagesOnly(MiddlewareMixin):
    """Steps aside for /api/: layers of sessions would cost more than the routing does."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API):
            return self.get_response(request)  # type: ignore[return-value]  # sync only
        return super().__call__(request)  # type: ignore[return-value]  # sync only


class Sessions(_PagesOnly, SessionMiddleware):
    """Sessions of the pages and the admin."""


class People(_PagesOnly, AuthenticationMiddleware):
    """`request.user` of the pages and the admin."""


class Messages(_PagesOnly, MessageMiddleware):
    """One-time messages of the pages and the admin."""
