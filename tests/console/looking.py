"""An operator who looks at somebody's pages; and the URL configuration of a page that writes when it is opened."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, reverse
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import AuditEvent
from uma.urls import urlpatterns as ours

BECAUSE = "the guest says the ticket is gone, ticket 4711"
COOKIE = "uma_view"
_EXAMPLES: dict[str, Callable[[], str]] = {
    "uuid": lambda: str(uuid4()),
    "str": lambda: "x",
    "slug": lambda: "x",
    "int": lambda: "1",
}
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")


def ask(desk: Client, row: Model, *, reason: str = BECAUSE, confirmed: bool = True) -> Any:
    """Press "View as" on a row; Any: a response."""
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist")
    form = {"action": "view_as", "_selected_action": str(row.pk)}
    return desk.post(address, form | ({"confirmed": "yes", "reason": reason} if confirmed else {}))


def looking(desk: Client, row: Model) -> Client:
    """Return the operator's browser as it looks at somebody's pages."""
    answer = ask(desk, row)
    assert answer.status_code == 302, answer.content
    assert answer.headers["Location"] in {"/app/", "/business/"}
    return desk


def events(action: str, kind: str = "view-as") -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action, object_type=kind).order_by("at", "id"))


def why_over() -> list[str]:
    return [event.after["why"] for event in events("view-as.ended")]


def addresses(keys: Mapping[str, UUID] | None = None) -> Iterator[tuple[str, str]]:
    """
    Yield an address of each route that is not the console's, and the route's name.

    `keys` has a row's key by the name that routes have for it; any other key is nobody's.
    """

    def part(found: re.Match[str]) -> str:
        kind, called = found[1] or "str", found[2]
        return str(keys[called]) if keys and called in keys else _EXAMPLES[kind]()

    for text, pattern in _walk(get_resolver().url_patterns, ""):
        if text.startswith("admin/"):
            continue
        if text.startswith("^api"):
            yield "/api/nothing/here", pattern.name or ""
        else:
            yield f"/{_PART.sub(part, text)}", pattern.name or ""


def _walk(
    patterns: list[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, text)
        else:
            yield text, entry


def _writes(request: HttpRequest) -> HttpResponse:
    """Write when it is opened, as no page should."""
    accounts.create_person(
        username=f"made by {request.method}", display_name="", zone_code="", now=timezone.now()
    )
    return HttpResponse("written")


urlpatterns = [path("app/", _writes, name="rider-home"), *ours]
