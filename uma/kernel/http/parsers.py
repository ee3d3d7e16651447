"""How a request's body becomes `request.data`."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from uma.kernel.http.errors import BodyTooLarge, MalformedBody, UnsupportedMediaType
from uma.kernel.http.strict_json import MAX_BYTES, parse_strict

__all__ = ["StrictJSONParser", "parse_strict"]


class StrictJSONParser(BaseParser):
    """JSON as `parse_strict` reads it; anything else is a 4xx problem."""

    media_type = "application/json"
    max_bytes = MAX_BYTES
    max_depth = 32

    # Any: DRF's signature; a JSON document has every type.
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        request: Request | None = (parser_context or {}).get("request")
        if request is not None and request.META.get("HTTP_CONTENT_ENCODING", "identity") not in (
            "identity",
            "",
        ):
            raise UnsupportedMediaType("A compressed body is not accepted.")
        try:
            # One byte more than allowed tells "too long" without reading all of it.
            raw = stream.read(self.max_bytes + 1)
        except OSError:
            raise MalformedBody("The body ended early.") from None
        if len(raw) > self.max_bytes:
            raise BodyTooLarge(f"The body is longer than {self.max_bytes} bytes.")
        return parse_strict(
            raw, media_type or "", max_depth=self.max_depth, max_bytes=self.max_bytes
        )
