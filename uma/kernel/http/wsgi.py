"""How a WSGI environment becomes a request, before any middleware can guard it."""

from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """
    A request whose text is UTF-8, whatever its Content-Type claims.

    Django decodes the query with the body's charset while it builds the request; with a codec that
    is no text (`charset=hex`) that fails outside of every handler, and with `utf-7` it means
    something else than the proxy in front of us read.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:  # Any: a WSGI environment
        self.content_type, self.content_params = parse_header_parameters(
            meta.get("CONTENT_TYPE", "")
        )


class Handler(WSGIHandler):
    """Django's handler over requests of ours."""

    request_class = Request
