"""OpenAPI 3.1 from the code: names as they are on the wire, problems as they are answered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from uma.kernel.errors import DomainError
from uma.kernel.http import errors
from uma.kernel.http.catalogue import advice_for, all_refusals
from uma.kernel.http.fields import DegreesField, RupeesField
from uma.kernel.http.names import camel
from uma.kernel.http.permissions import Public, key_scope_of
from uma.kernel.http.problems import CONTENT_TYPE
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

Fragment = dict[str, Any]  # Any: a piece of a JSON Schema

API_KEY = "apiKey"
_READS = frozenset({"GET", "HEAD"})
_READING = (errors.NotFound,)
_WRITING = (
    errors.MalformedBody,
    errors.UnknownField,
    errors.UnsupportedMediaType,
    errors.BodyTooLarge,
    errors.ValidationFailed,
    errors.Busy,
    errors.MaybeApplied,
)
_KEYED = (
    errors.IdempotencyKeyMalformed,
    errors.IdempotencyKeyReused,
    errors.RequestInProgress,
)


class Schema(AutoSchema):
    """
    The description of one operation, with every problem it can answer.

    A view says what it adds: `refusals` (a tuple of DomainError classes, or one per method in a
    mapping) and `idempotent = True` when its POST reads the Idempotency-Key header.
    """

    def get_override_parameters(self) -> list[Any]:  # Any: drf-spectacular's union of parameters
        parameters = list(super().get_override_parameters())
        if self._reads_key():
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    str,
                    OpenApiParameter.HEADER,
                    description=(
                        "Fresh for each new request, the same when repeating one; the repeat "
                        "answers the same with `Idempotent-Replayed: true`."
                    ),
                )
            )
        return parameters

    def get_auth(self) -> list[Any]:  # Any: drf-spectacular's own
        ways = list(super().get_auth())
        scope = key_scope_of(self.view, self.method)
        return [*ways, {API_KEY: [scope]}] if scope else ways

    def _reads_key(self) -> bool:
        return self.method == "POST" and bool(getattr(self.view, "idempotent", False))

    def _get_response_bodies(self, direction: Any = "response") -> Fragment:  # Any: its Direction
        answers: Fragment = super()._get_response_bodies(direction)
        by_status: dict[int, list[type[DomainError]]] = defaultdict(list)
        for refusal in self._refusals():
            by_status[refusal.status].append(refusal)
        for status, refusals in sorted(by_status.items()):
            answers.setdefault(str(status), _problem_answer(refusals))
        return answers

    def _refusals(self) -> Iterable[type[DomainError]]:
        own = getattr(self.view, "refusals", ())
        if isinstance(own, Mapping):
            own = own.get(self.method, ())
        found: list[type[DomainError]] = [*own, errors.RateLimited]
        if not self._is_public():
            found += [errors.NotAuthenticated, errors.PermissionDenied]
        if key_scope_of(self.view, self.method):
            found.append(errors.InsufficientScope)
        if "{" in self.path:
            found += _READING
        if self.method not in _READS:
            found += _WRITING
        if self._reads_key():
            found += _KEYED
        return sorted(set(found), key=lambda refusal: refusal.code)

    def _is_public(self) -> bool:
        return all(isinstance(permission, Public) for permission in self.view.get_permissions())

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:  # Any: its own types
        """Put the app before the name: two apps may both have a `ProfileResponse`."""
        name: str = super().get_serializer_name(serializer, direction)
        package, _, rest = type(serializer).__module__.partition(".")
        app = rest.partition(".")[0].capitalize()
        # `CampaignRequest` of campaigns says so already.
        if package != "apps" or name.startswith(app.removesuffix("s")):
            return name
        return f"{app}{name}"

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:  # Any: its own types
        shape = super()._map_basic_serializer(  # type: ignore[no-untyped-call]  # has none
            serializer, direction
        )
        if isinstance(serializer, StrictSerializer):
            shape["additionalProperties"] = False
        return shape


def _problem_answer(refusals: list[type[DomainError]]) -> Fragment:
    if len(refusals) == 1:
        return {"$ref": f"#/components/responses/{refusals[0].code}"}
    codes = [refusal.code for refusal in refusals]
    lines = "\n".join(f"* `{refusal.code}`: {refusal.title}" for refusal in refusals)
    return {"description": lines, "content": {CONTENT_TYPE: {"schema": _problem_of(codes)}}}


def _problem_of(codes: list[str]) -> Fragment:
    return {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"type": "object", "properties": {"code": {"type": "string", "enum": codes}}},
        ]
    }


PROBLEM: Fragment = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is for people; other members name facts.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/busy"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "success": {"type": "boolean", "const": False},
        "message": {"type": "string", "description": "The same text as `detail`."},
        "code": {"type": "string"},
        "applied": {
            "type": "string",
            "enum": ["definitely_not", "maybe"],
            "description": "Whether the request can have changed anything.",
        },
        "requestId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901, into the body sent."},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "detail"],
            },
        },
    },
    "required": [
        "type",
        "title",
        "status",
        "detail",
        "success",
        "message",
        "code",
        "applied",
        "requestId",
    ],
}


def _plain_get(summary: str, answers: Mapping[int, str]) -> Fragment:
    return {
        "get": {
            "operationId": summary,
            "tags": ["platform"],
            "responses": {
                str(status): {
                    "description": text,
                    "content": {"application/json": {"schema": {"type": "object"}}},
                }
                for status, text in answers.items()
            },
        }
    }


# Plain Django views, so the generator does not meet them.
_HEALTH = {
    "/health": _plain_get("health", {200: "The service answers: status, timestamp, service."}),
    "/health/live": _plain_get("health_live", {200: "The process runs."}),
    "/health/ready": _plain_get(
        "health_ready",
        {200: "Send requests here.", 503: "The database does not answer; send none."},
    ),
}


# Any: drf-spectacular's hook.
def finish(result: Fragment, generator: Any, request: Any, public: bool) -> Fragment:  # noqa: ARG001, FBT001
    """Write names as they are on the wire and add what no view declares: problems and health."""
    components = result.setdefault("components", {})
    _camelize(components.get("schemas", {}))
    _camelize(result["paths"])
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {
        code: {
            "description": f"{HTTPStatus(refusal.status).value} {refusal.title}. "
            f"{advice_for(refusal)}",
            "content": {CONTENT_TYPE: {"schema": _problem_of([code])}},
        }
        for code, refusal in all_refusals().items()
    }
    components.setdefault("securitySchemes", {})[API_KEY] = {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of a merchant's own system, `uma_live_…`; it needs the named scope.",
    }
    result["paths"].update(_HEALTH)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def _camelize(node: Any) -> None:  # Any: a piece of a JSON Schema
    """Rename properties in place, wherever a schema lists them."""
    if isinstance(node, list):
        for item in node:
            _camelize(item)
    elif isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            node["properties"] = {camel(name): shape for name, shape in properties.items()}
            if isinstance(node.get("required"), list):
                node["required"] = [camel(name) for name in node["required"]]
        node.pop("x-spec-enum-id", None)  # the generator's own note
        for item in node.values():
            _camelize(item)


class AccessToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """How `AccessTokenAuthentication` is written down."""

    target_class = "uma.kernel.http.authentication.AccessTokenAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> Fragment:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class Rupees(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """Money: a number of rupees with at most two decimals."""

    target_class = RupeesField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Fragment:  # noqa: ARG002  # Any: its Direction
        field: RupeesField = self.target
        return {
            "type": "number",
            "multipleOf": 0.01,
            "minimum": rupees(field.min_paise),
            "maximum": rupees(field.max_paise),
        }


class Degrees(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # its metaclass
    """An angle in degrees."""

    target_class = DegreesField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Fragment:  # noqa: ARG002  # Any: its Direction
        field: DegreesField = self.target
        return {
            "type": "number",
            "format": "double",
            "minimum": -field.bound,
            "maximum": field.bound,
        }
