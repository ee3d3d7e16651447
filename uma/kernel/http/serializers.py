"""The base of every request body: a field that nobody reads is refused."""

import re
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from rest_framework import serializers

from uma.kernel.http.errors import MalformedBody, UnknownField
from uma.kernel.http.names import camel

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)


def _shown(name: str) -> str:
    """Return a field's name as it was sent; what is no name may be a value, and is not repeated."""
    return camel(name) if _NAME.fullmatch(name) else "…"


class StrictSerializer(serializers.Serializer[T], Generic[T]):
    """
    A serializer that refuses unknown fields (400 `unknown_field`), at every depth.

    Shape only: no rule of the domain lives here.
    """

    def to_internal_value(self, data: Any) -> Any:  # Any: DRF's signature
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in data if name not in known)
            if unknown:
                where, names = self._pointer(), [_shown(name) for name in unknown[:20]]
                raise UnknownField(
                    f"Nobody reads {', '.join(names[:5])}.",
                    errors=[
                        {"pointer": f"{where}/{name}", "detail": "This field is not known."}
                        for name in names
                    ],
                )
        elif self.parent is None:
            raise MalformedBody("The body must be a JSON object.")
        return super().to_internal_value(data)

    def _pointer(self) -> str:
        names: list[str] = []
        field: serializers.BaseSerializer[Any] | None = self
        while field is not None and field.parent is not None:
            if field.field_name:
                names.append(camel(field.field_name))
            field = field.parent
        return "".join(f"/{name}" for name in reversed(names))


class EmptyRequest(StrictSerializer[Any]):
    """The body of a request that says everything by its address: none, or an empty object."""
