"""
What a plain request needs of DRF, and nothing else, for the one view that runs at every counter.

`read_plainly` answers only when nothing about a request is unusual; whatever is in doubt, and every
request that must be refused for its sender or its shape, DRF reads and answers. So each rule has one
meaning, and `tests/handshake/test_both_doors.py` compares the answers byte for byte.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException

from uma.kernel import context
from uma.kernel.errors import DomainError
from uma.kernel.http import limits
from uma.kernel.http.authentication import Principal, remembered
from uma.kernel.http.idempotency import IdempotencyKey, key_of
from uma.kernel.http.problems import problem_response, refusal_of
from uma.kernel.http.renderers import to_wire
from uma.kernel.http.revocation import watch
from uma.kernel.http.strict_json import parse_strict

JSON = "application/json"
_BEARER = "Bearer "
# A body longer than any that the shape could fill is not plain.
_LONGEST = 4_096


@dataclass(frozen=True, slots=True)
class Plain:
    """A request whose sender is known to this process and whose body has the right shape."""

    caller: Principal
    data: dict[str, Any]  # Any: what the serializer made of the fields
    key: IdempotencyKey | None


def read_plainly(
    request: HttpRequest, *, role: str, shape: serializers.Serializer[Any]
) -> Plain | None:
    """
    Read a POST of JSON by a person in this role; `None` when DRF has to look.

    One instance of the serializer serves every request: it only reads.
    """
    caller = _caller(request, role)
    if caller is None or not _is_plain(request):
        return None
    try:
        body = parse_strict(request.body, JSON)
        data: dict[str, Any] = shape.run_validation(body)
        key = key_of(request.META, request.method or "", request.path, body)
    except (DomainError, APIException, OSError):
        return None
    return Plain(caller, data, key)


def _caller(request: HttpRequest, role: str) -> Principal | None:
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    caller = remembered(header.removeprefix(_BEARER)) if header.startswith(_BEARER) else None
    if caller is None or caller.role != role:
        return None
    try:
        watch().check(caller.session_id, writes=True)
    except DomainError:
        return None
    return caller


def _is_plain(request: HttpRequest) -> bool:
    meta = request.META
    length: str = meta.get("CONTENT_LENGTH") or ""
    return (
        request.method == "POST"
        and meta.get("CONTENT_TYPE") == JSON
        and "HTTP_CONTENT_ENCODING" not in meta
        and length.isdecimal()
        and 0 < int(length) <= _LONGEST
    )


def answer_plainly(
    request: HttpRequest,
    plain: Plain,
    work: Callable[[Plain], tuple[dict[str, object], dict[str, str]]],
) -> HttpResponse:
    """
    Answer with the document and headers that `work` returns, or with the problem it raises.

    The request is counted in the scanner's lane, as `limits.RateLimit` does.
    """
    # Where the access log looks; DRF leaves it there too.
    request.user = plain.caller  # type: ignore[assignment]  # Django means its own users
    context.about(user_id=plain.caller.user_id)
    try:
        limits.count_scan(request, plain.caller)
        document, headers = work(plain)
    except (DomainError, DatabaseFailure) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        response = problem_response(refusal, request)
    else:
        response = HttpResponse(to_wire(document), content_type=JSON, headers=headers)
    response.headers["Allow"] = "POST, OPTIONS"
    return response
