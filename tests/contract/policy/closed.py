"""Whether an answer is what OpenAPI says, to the last property."""

import copy
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from uma.kernel.http.views import described

Fragment = dict[str, Any]  # Any: a piece of a JSON Schema


def _multiple_of(_: Any, step: Any, value: Any, __: Any) -> Iterator[ValidationError]:  # Any: JSON
    # As the text says it: in binary 1178.82 is no multiple of 0.01, on the wire it is.
    if isinstance(value, int | float) and Decimal(str(value)) % Decimal(str(step)):
        yield ValidationError(f"{value} is not a multiple of {step}")


# Of the package's own class, with numbers read as they are written.
Validator: Any = extend(Draft202012Validator, {"multipleOf": _multiple_of})


@lru_cache(maxsize=1)
def document() -> Fragment:
    """Return the description with every object closed but the problems, which name facts."""
    whole = copy.deepcopy(described())
    for name, schema in whole["components"]["schemas"].items():
        if name != "Problem":
            _close(schema)
    for item in whole["paths"].values():
        for operation in item.values():
            for status, answer in operation.get("responses", {}).items():
                if status.startswith("2"):
                    _close(answer)
    return whole


def _close(node: Any) -> None:  # Any: as above
    if isinstance(node, list):
        for one in node:
            _close(one)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
        for one in node.values():
            _close(one)


@lru_cache(maxsize=2000)
def _answer(method: str, path: str, status: int) -> Fragment | None:
    whole = document()
    operation = whole["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return None
    answer: Fragment | None = operation["responses"].get(str(status))
    if answer is not None and "$ref" in answer:
        name = answer["$ref"].rpartition("/")[2]
        answer = whole["components"]["responses"][name]
    return answer


@lru_cache(maxsize=2000)
def _validator(method: str, path: str, status: int, media: str) -> Any:  # Any: a validator
    answer = _answer(method, path, status)
    shape = (answer or {}).get("content", {}).get(media, {}).get("schema")
    if shape is None:
        return None
    return Validator({"components": document()["components"], **shape})


def strayed(method: str, path: str, response: Any) -> str | None:  # Any: Django's test response
    """Return what is not as described in an answer, `None` when all is."""
    if path not in document()["paths"]:
        return None
    status = response.status_code
    if _answer(method, path, status) is None:
        return f"{status} is not described"
    if not response.content:
        return None
    media = response["Content-Type"].partition(";")[0]
    if not media.endswith("json"):
        return None
    validator = _validator(method, path, status, media)
    if validator is None:
        return f"{status} {media} is not described"
    wrong = next(iter(validator.iter_errors(response.json())), None)
    return None if wrong is None else f"{status}: {wrong.message[:200]} at {wrong.json_path}"


def request_schema(method: str, path: str) -> Fragment:
    """Return the object that a route reads, `{}` where it reads none."""
    whole = document()
    operation = whole["paths"].get(path, {}).get(method.lower(), {})
    shape = (
        operation.get("requestBody", {})
        .get("content", {})
        .get("application/json", {})
        .get("schema", {})
    )
    if "$ref" in shape:
        shape = whole["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    found: Fragment = shape
    return found
