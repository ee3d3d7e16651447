"""The id under which a request can be found again: in the answer, in problems and in the log."""

import logging
import re
from contextvars import ContextVar
from uuid import uuid4

from django.http import HttpRequest

HEADER = "X-Request-ID"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")

current: ContextVar[str] = ContextVar("uma_request_id", default="-")


def assign(request: HttpRequest) -> str:
    """Give the request its id: the caller's when it is harmless, or a fresh one."""
    offered = request.META.get("HTTP_X_REQUEST_ID", "")
    request_id = offered if _ACCEPTABLE.fullmatch(offered) else uuid4().hex
    request.request_id = request_id  # type: ignore[attr-defined]  # read back by `id_of`
    current.set(request_id)
    return request_id


def id_of(request: object) -> str:
    """Return the id of this request, or of the one that the thread works on."""
    found: str = getattr(request, "request_id", "") or current.get()
    return found


class RequestIdFilter(logging.Filter):
    """Puts the id on every log record as `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get()
        return True
