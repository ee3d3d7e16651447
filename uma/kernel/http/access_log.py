"""One line for each request: which route, what came of it, how long it took, as whom and about what."""

import os
import time
from contextlib import suppress
from functools import lru_cache
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject, empty

from uma.kernel import context
from uma.kernel.logs import one_line

STDERR = 2
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


@lru_cache(maxsize=2)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


@lru_cache(maxsize=2048)
def _facts(method: str, route: str, status: int, actor: str) -> str:
    facts = {"method": method, "route": route, "status": status, "actor": actor}
    return orjson.dumps(facts).decode()[1:-1]


def write(request: HttpRequest, *, request_id: str, status: int, seconds: float) -> None:
    """
    Write the line of an answered request: the route's pattern, never its address or query.

    Past the logging machinery, which costs ten times as much, in the same form; every part of the
    line is ours, and the id has a harmless shape.
    """
    if not settings.ACCESS_LOG:
        return
    now = time.time()
    stamp = f"{_second(int(now))}.{int(now % 1 * 1_000):03d}"
    facts = _facts(_method(request), _route(request), status, actor_kind(request))
    known = {**_who(request), **context.facts()}
    if known:
        facts = f"{facts},{orjson.dumps(known).decode()[1:-1]}"
    ms = round(seconds * 1_000, 1)
    if settings.DEBUG:
        line = f"{stamp} INFO uma.access [{request_id}] {ms} ms {facts}"
        line = one_line(line) + "\n"
    else:
        line = (
            f'{{"timestamp":"{stamp}+00:00","level":"info","logger":"uma.access",'
            f'"event":"request","request_id":"{request_id}",{facts},"ms":{ms}}}\n'
        )
    # A log that nobody takes must not cost anybody an answer.
    with suppress(OSError):
        os.write(STDERR, line.encode())


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match is not None else "unmatched"


def _method(request: HttpRequest) -> str:
    return request.method if request.method in _METHODS else "OTHER"


def facts_of(request: HttpRequest) -> dict[str, object]:
    """Return what may be said of a request that failed: its route, and by whom it was made as an id of ours."""
    return {
        "method": _method(request),
        "route": _route(request),
        "actor": actor_kind(request),
        **_who(request),
    }


def _who(request: HttpRequest) -> dict[str, UUID | str]:
    """Return by whom a request was made as an id of ours: a person's, or a merchant's key's."""
    if actor_kind(request) == "stranger":
        return {}
    user = request.__dict__["user"]
    for key, attribute in (("user_id", "user_id"), ("key_id", "key_id"), ("user_id", "pk")):
        if (known := getattr(user, attribute, None)) is not None:
            return {key: known}
    return {}


def actor_kind(request: HttpRequest) -> str:
    """Return as whom a request was answered, without asking the database who that is."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        known = user.__dict__.get("_wrapped") is not empty
        return "operator" if known and user.is_authenticated else "stranger"
    return getattr(user, "role", "stranger")
