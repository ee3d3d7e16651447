"""How a Python answer becomes JSON on the wire."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer

from uma.kernel.http.names import camel

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _wire(value: Any) -> Any:  # Any: a JSON document has every type
    """Return `value` with camelCase keys and times in UTC."""
    if isinstance(value, dict):
        return {
            camel(key) if type(key) is str else str(key): _wire(item) for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_wire(item) for item in value]
    if isinstance(value, datetime):
        assert value.tzinfo is not None, "an instant without a zone has no place on the wire"
        return value.astimezone(UTC)
    return value


def _default(value: object) -> object:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    # Decimal on purpose not: money is integer paise and goes through RupeesField.
    raise TypeError(f"{type(value).__name__} has no form on the wire")


def to_wire(value: Any) -> bytes:  # Any: a JSON document has every type
    """Return `value` as JSON: camelCase keys, RFC 3339 times ending in Z, UUIDs as text."""
    return orjson.dumps(_wire(value), default=_default, option=OPTIONS)


class CamelCaseJSONRenderer(BaseRenderer):
    """JSON with camelCase keys; the only renderer of most endpoints."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    # Any: DRF's signature.
    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        return b"" if data is None else to_wire(data)
