"""What the URLconf really serves under /api: every method of every path, and the view behind it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

_CONVERTER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
_METHODS = ("get", "post", "put", "patch", "delete")
CATCH_ALL = "unknown-path"
# What other participants of the network call: they speak Beckn, and tests/ondc judges their answers.
NETWORK = "ondc-network-"


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One method of one path, parameters as `{name}`."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _walk(
    patterns: list[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, path)
        else:
            yield path, entry


def api_patterns() -> list[tuple[str, URLPattern]]:
    """Return (path, pattern) of everything under /api but the end of unknown paths."""
    return [
        ("/" + _CONVERTER.sub(r"{\1}", path), pattern)
        for path, pattern in _walk(get_resolver().url_patterns, "")
        if path.startswith("api/")
        and pattern.name != CATCH_ALL
        and not (pattern.name or "").startswith(NETWORK)
    ]


def api_routes() -> dict[Route, type[APIView]]:
    """Return the view class of every route; a plain function under /api is a mistake."""
    found: dict[Route, type[APIView]] = {}
    for path, pattern in api_patterns():
        view = getattr(pattern.callback, "view_class", None)
        assert view is not None, f"{path} is not a class-based view"
        assert issubclass(view, APIView), f"{path} is not an API view"
        for method in _METHODS:
            if hasattr(view, method):
                found[Route(method.upper(), path)] = view
    return found
