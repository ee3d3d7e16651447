"""What every request passes first and every answer last: id, edge rules, headers, generic 500s."""

import logging
import time
from collections.abc import Callable

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from uma.kernel.errors import DomainError
from uma.kernel.http import errors, metrics
from uma.kernel.http.problems import problem_response, refusal_of
from uma.kernel.http.request_id import HEADER, assign

logger = logging.getLogger("django.request")

API = "/api/"


def _edge_refusal(request: HttpRequest) -> DomainError | None:
    """
    Refuse what would fail somewhere deeper: odd charsets, NUL in the address, bodies without
    length.
    """
    meta = request.META
    charset = (request.content_params or {}).get("charset")
    if charset is not None and charset.lower() != "utf-8":
        return errors.UnsupportedMediaType("The charset must be UTF-8.")
    if "\x00" in request.path_info or "%00" in meta.get("QUERY_STRING", ""):
        return errors.InvalidParameter("An address does not contain NUL.")
    if "HTTP_TRANSFER_ENCODING" in meta and not meta.get("CONTENT_LENGTH"):
        return errors.LengthRequired()
    return None


class EdgeMiddleware:
    """The outermost layer of ours; it stands first in the list."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = assign(request)
        refusal = _edge_refusal(request)
        response = (
            self.get_response(request) if refusal is None else problem_response(refusal, request)
        )
        headers = response.headers
        headers[HEADER] = request_id
        verdict = getattr(request, "rate_limit", None)
        if verdict is not None:
            for name, value in verdict.headers().items():
                headers[name] = value
        if request.path_info.startswith(API) and "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        metrics.observe(request, response.status_code, time.perf_counter() - started)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a bug with a generic problem; the trace goes to the log, never to the client."""
        if not request.path_info.startswith(API):
            return None
        refusal = refusal_of(exception)
        if refusal is None:
            logger.error("%s %s failed", request.method, request.path, exc_info=exception)
            got_request_exception.send(sender=type(self), request=request)
            refusal = errors.InternalError()
        return problem_response(refusal, request)
