"""What every request passes first and every answer last: id, edge rules, headers, generic 500s."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, ResponseHeaders

from uma.kernel import context, tracing
from uma.kernel.errors import DomainError
from uma.kernel.http import access_log, errors, metrics
from uma.kernel.http.problems import problem_response, refusal_of
from uma.kernel.http.request_id import HEADER, assign

logger = logging.getLogger("django.request")

API = "/api/"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# What is no page loads nothing, does nothing, and is shown inside nothing.
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
# Our pages need none of the devices; a page that scans says so itself.
DEVICES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def _edge_refusal(request: HttpRequest) -> DomainError | None:
    """
    Refuse what would fail somewhere deeper: odd charsets, NUL in the address, bodies without
    length.
    """
    if request.method not in METHODS:
        return errors.MethodNotAllowed()
    meta = request.META
    charset = (request.content_params or {}).get("charset")
    if charset is not None and charset.lower() != "utf-8":
        return errors.UnsupportedMediaType("The charset must be UTF-8.")
    if "\x00" in request.path_info or "%00" in meta.get("QUERY_STRING", ""):
        return errors.InvalidParameter("An address does not contain NUL.")
    if "HTTP_TRANSFER_ENCODING" in meta and not meta.get("CONTENT_LENGTH"):
        return errors.LengthRequired()
    return None


def _protect(headers: ResponseHeaders) -> None:
    """Say what Django's own middlewares do not, and on answers that never reached them."""
    if headers.get("Content-Type", "").startswith("text/html"):
        headers.setdefault("Permissions-Policy", DEVICES)
    else:
        headers.setdefault("Content-Security-Policy", NOTHING)
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("X-Content-Type-Options", "nosniff")


class EdgeMiddleware:
    """The outermost layer of ours; it stands first in the list."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with tracing.span("request") as span:
            return self._answer(request, span)

    def _answer(self, request: HttpRequest, span: Any) -> HttpResponseBase:  # Any: see tracing
        started = time.perf_counter()
        request_id = assign(request)
        refusal = _edge_refusal(request)
        response = (
            self.get_response(request) if refusal is None else problem_response(refusal, request)
        )
        headers = response.headers
        headers[HEADER] = request_id
        if isinstance(refusal, errors.MethodNotAllowed):
            headers["Allow"] = ", ".join(METHODS)
        _protect(headers)
        verdict = getattr(request, "rate_limit", None)
        if verdict is not None:
            for name, value in verdict.headers().items():
                headers[name] = value
        if request.path_info.startswith(API) and "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        seconds = time.perf_counter() - started
        metrics.observe(request, response.status_code, seconds)
        access_log.write(
            request, request_id=request_id, status=response.status_code, seconds=seconds
        )
        tracing.answered(span, request, response.status_code)
        # The thread answers others after this one, and works on its own in between.
        context.end()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a bug with a generic problem; the trace goes to the log, never to the client."""
        if not request.path_info.startswith(API):
            return None
        refusal = refusal_of(exception)
        if refusal is None:
            logger.error("a request failed", exc_info=exception, extra=access_log.facts_of(request))
            got_request_exception.send(sender=type(self), request=request)
            refusal = errors.InternalError()
        return problem_response(refusal, request)
