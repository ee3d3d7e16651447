"""The id under which a request can be found again: in the answer, in problems and in the log."""

import re
from functools import partial
from uuid import uuid4

from django.http import HttpRequest

from uma.kernel import context
from uma.kernel.http.addresses import exact_address

HEADER = "X-Request-ID"
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def assign(request: HttpRequest) -> str:
    """Give the request its id: the caller's when it is harmless, or a fresh one."""
    offered = request.META.get("HTTP_X_REQUEST_ID", "")
    request_id = offered if _ACCEPTABLE.fullmatch(offered) else uuid4().hex
    request.request_id = request_id  # type: ignore[attr-defined]  # read back by `id_of`
    context.begin(context.Origin(request_id, partial(exact_address, request)))
    return request_id


def id_of(request: object) -> str:
    """Return the id of this request, or of the one that the thread works on."""
    found: str = getattr(request, "request_id", "") or context.request_id()
    return found
