"""Every failure as `application/problem+json` (RFC 9457): one handler, one shape."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import psycopg
import psycopg_pool
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpResponse
from prometheus_client import Counter
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from uma.kernel.connections import look_at_the_pool
from uma.kernel.errors import DomainError
from uma.kernel.http import errors, limits
from uma.kernel.http.authentication import AccessTokenAuthentication
from uma.kernel.http.names import camel
from uma.kernel.http.renderers import to_wire
from uma.kernel.http.request_id import id_of

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
NON_FIELD = "non_field_errors"
TOLD = Counter("uma_problems_total", "Problems told to clients.", ["route", "code"])

_BY_DRF: tuple[tuple[type[Exception], type[DomainError]], ...] = (
    (exceptions.ParseError, errors.MalformedBody),
    (exceptions.UnsupportedMediaType, errors.UnsupportedMediaType),
    (exceptions.NotAuthenticated, errors.NotAuthenticated),
    (exceptions.AuthenticationFailed, errors.NotAuthenticated),
    (exceptions.PermissionDenied, errors.PermissionDenied),
    (DjangoPermissionDenied, errors.PermissionDenied),
    (exceptions.NotFound, errors.NotFound),
    (Http404, errors.NotFound),
    (exceptions.MethodNotAllowed, errors.MethodNotAllowed),
    (exceptions.NotAcceptable, errors.NotAcceptable),
    (exceptions.Throttled, errors.RateLimited),
    (RequestDataTooBig, errors.BodyTooLarge),
    (SuspiciousOperation, errors.InvalidParameter),
)

# SQLSTATEs after which the transaction is certainly rolled back.
_CONTENDED = frozenset({"55P03", "40P01", "40001"})  # lock timeout, deadlock, serialization
_CLOSED = frozenset(
    {"53300", "57P03", "25006", "25P03", "25P04"}
)  # full, starting, read-only, idle
_CANCELLED = "57014"
_LOST = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_OUT_OF_RANGE = frozenset({"22003", "22021", "22P05", "22008"})  # number, encoding, instant


def problem(refusal: DomainError, *, request_id: str) -> dict[str, object]:
    """Return the problem document, its members in snake_case."""
    return {
        **refusal.extra,
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "success": False,
        "message": refusal.detail,
        "code": refusal.code,
        "applied": refusal.applied,
        "request_id": request_id,
    }


def problem_headers(refusal: DomainError) -> dict[str, str]:
    """Return Retry-After where the refusal names one, per instance or per class."""
    wait_s = refusal.extra.get("retry_after_s", refusal.retry_after_s)
    return {} if wait_s is None else {"Retry-After": str(wait_s)}


def problem_response(refusal: DomainError, request: object) -> HttpResponse:
    """Answer a refusal outside of DRF: middleware, pages, health."""
    _count(refusal, request)
    return HttpResponse(
        to_wire(problem(refusal, request_id=id_of(request))),
        status=refusal.status,
        content_type=CONTENT_TYPE,
        headers=problem_headers(refusal),
    )


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Render what a view raised; `None` for a bug, which the middleware answers."""
    refusal = refusal_of(exc)
    if refusal is None:
        return None
    request: Request = context["request"]
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        try:
            limits.count_refused(request, refusal, context.get("view"))
        except errors.RateLimited as limited:
            refusal = limited
    _count(refusal, request)
    headers = problem_headers(refusal)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = AccessTokenAuthentication().authenticate_header(request)
    if isinstance(exc, exceptions.MethodNotAllowed):
        view = context["view"]
        headers["Allow"] = ", ".join(view.allowed_methods)
    return Response(
        problem(refusal, request_id=id_of(request)),
        status=refusal.status,
        headers=headers,
        content_type=CONTENT_TYPE,
    )


def _count(refusal: DomainError, request: object) -> None:
    match = getattr(request, "resolver_match", None)
    TOLD.labels("unmatched" if match is None else match.route, refusal.code).inc()


def refusal_of(exc: Exception) -> DomainError | None:
    """Return the refusal that an exception means, `None` when it is a bug."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, exceptions.ValidationError):
        return errors.ValidationFailed(
            "Some fields are not acceptable.", errors=list(_flatten(exc.detail, ""))
        )
    for source, target in _BY_DRF:
        if isinstance(exc, source):
            return target()
    if isinstance(exc, (DatabaseError, InterfaceError, psycopg.Error)):
        return _database_refusal(exc)
    return None


def _database_refusal(exc: Exception) -> DomainError | None:
    cause = exc if isinstance(exc, psycopg.Error) else exc.__cause__
    state = getattr(cause, "sqlstate", None)
    if state in _CONTENDED:
        return errors.Busy()
    if state in _CLOSED or isinstance(cause, psycopg_pool.PoolTimeout):
        logger.warning("the database refused work", extra=_facts(cause))
        return errors.Unavailable()
    if state in _OUT_OF_RANGE and isinstance(exc, (DataError, psycopg.DataError)):
        logger.warning("a value passed validation and not the database", extra=_facts(cause))
        return errors.ValidationFailed("A value is out of range.")
    # An internal error without a state is the driver's own: it lost its place in what the server said.
    out_of_step = state is None and isinstance(exc, (InternalError, psycopg.InternalError))
    if out_of_step or isinstance(exc, _LOST):
        # A cancelled statement or a lost connection: the commit may or may not have happened.
        logger.error("the outcome in the database is not known", extra=_facts(cause))
        if state != _CANCELLED:
            look_at_the_pool()
        return errors.MaybeApplied()
    return None


def _facts(cause: object) -> dict[str, object]:
    """Return what a log may say of a database's refusal: never its text, which repeats values."""
    return {"cause": type(cause).__name__, "sqlstate": getattr(cause, "sqlstate", None)}


def _flatten(detail: Any, pointer: str) -> Iterator[dict[str, str]]:  # Any: DRF nests freely
    """Yield one {pointer, detail} per message, the pointer as RFC 6901 on wire names."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            if name == NON_FIELD:
                yield from _flatten(inner, pointer)
            else:
                step = camel(str(name)).replace("~", "~0").replace("/", "~1")
                yield from _flatten(inner, f"{pointer}/{step}")
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _flatten(inner, f"{pointer}/{place}" if nested else pointer)
    else:
        # DRF repeats what was sent; it may be somebody's name, and problems are kept in logs of apps.
        echoes = getattr(detail, "code", "") == "invalid_choice"
        text = "This is not one of the choices." if echoes else str(detail)
        yield {"pointer": pointer, "detail": text}
