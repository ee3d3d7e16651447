"""One strict reading of a JSON body: what two parsers could read in two ways is refused."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from uma.kernel.http.errors import (
    BodyTooLarge,
    MalformedBody,
    UnknownField,
    UnsupportedMediaType,
)
from uma.kernel.http.names import snake

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
INT_BOUND = 1 << 63
LONGEST_NUMBER = 40
LARGEST_EXPONENT = 100

_CONTENT_TYPE = re.compile(
    r'application/json[ \t]*(;[ \t]*charset=("utf-8"|utf-8)[ \t]*)?', re.IGNORECASE
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# A string (skipped as a whole, so that brackets inside it do not count) or one bracket.
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)

# Any: a JSON document is a union that would need a cast at every use.
Document = Any


class _Suspicious(Exception):
    """The quick reading met something that only the careful one may judge."""


def check_content_type(content_type: str) -> None:
    """
    Accept `application/json`, alone or with `charset=utf-8`, and nothing that merely resembles it.

    Raises:
        UnsupportedMediaType
    """
    if content_type != "application/json" and not _CONTENT_TYPE.fullmatch(content_type):
        raise UnsupportedMediaType("The body must be application/json in UTF-8.")


def parse_strict(
    raw: bytes, content_type: str, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES
) -> Document:
    """
    Return the JSON document in `raw`, its keys as snake_case names.

    Numbers with a fraction or an exponent come as Decimal, whole ones as int below 2^63. Two
    readings with one verdict: a quick one (orjson) that answers only when nothing is in doubt, and
    a careful one that judges everything else.

    Raises:
        UnsupportedMediaType, BodyTooLarge, MalformedBody, UnknownField
    """
    check_content_type(content_type)
    if len(raw) > max_bytes:
        raise BodyTooLarge(f"The body is longer than {max_bytes} bytes.")
    # An escape is where NUL, surrogates and disguised duplicates hide.
    if b"\\u" not in raw:
        try:
            keys = [0]
            document = _read_quickly(orjson.loads(raw), max_depth, keys)
        except (orjson.JSONDecodeError, _Suspicious, ValueError):
            pass
        else:
            # Every key brings one colon. As many keys as colons: none was swallowed as a duplicate.
            if keys[0] == raw.count(b":"):
                return document
    return _read_carefully(raw, max_depth)


def _read_quickly(value: Document, depth: int, keys: list[int]) -> Document:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        if depth <= 0:
            raise _Suspicious
        keys[0] += len(value)
        return {snake(key): _read_quickly(item, depth - 1, keys) for key, item in value.items()}
    if kind is list:
        if depth <= 0:
            raise _Suspicious
        return [_read_quickly(item, depth - 1, keys) for item in value]
    # A float here may be a rounded Decimal, or an integer too large for 64 bits.
    if kind is int and -INT_BOUND < value < INT_BOUND:
        return value
    raise _Suspicious


def _read_carefully(raw: bytes, max_depth: int) -> Document:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise MalformedBody("The body starts with a byte order mark.")
    try:
        text = raw.decode("utf-8", errors="strict")
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    _check_depth(raw, max_depth)
    try:
        document = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as wrong:
        raise MalformedBody(
            f"The body is not JSON: {wrong.msg} at character {wrong.pos}."
        ) from None
    except RecursionError:
        raise MalformedBody("The body is nested too deeply.") from None
    if isinstance(document, str):
        _check_text(document)
    elif isinstance(document, list):
        _check_items(document)
    return document


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Refuse deep nesting before a recursive parser sees it."""
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return
    depth = 0
    for found in _BRACKETS.finditer(raw):
        token = found[0]
        if token in (b"[", b"{"):
            depth += 1
            if depth > max_depth:
                raise MalformedBody(f"The body is nested deeper than {max_depth} levels.")
        elif token in (b"]", b"}"):
            depth -= 1


def _unique(pairs: list[tuple[str, Document]]) -> dict[str, Document]:
    whole: dict[str, Document] = {}
    for key, value in pairs:
        _check_text(key)
        try:
            name = snake(key)
        except ValueError:
            raise UnknownField(
                "Keys are camelCase.",
                errors=[{"pointer": f"/{key[:60]}", "detail": "This field is not known."}],
            ) from None
        if name in whole:
            raise MalformedBody(f"The key {key[:40]!r} appears twice.")
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, list):
            _check_items(value)
        whole[name] = value
    return whole


def _check_items(items: list[Document]) -> None:
    for item in items:
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, list):
            _check_items(item)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedBody("A text contains U+0000.")
    if not text.isascii() and _SURROGATE.search(text):
        raise MalformedBody("A text contains half a surrogate pair.")


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER or not -INT_BOUND < (number := int(digits)) < INT_BOUND:
        raise MalformedBody("A number does not fit into 64 bits.")
    return number


def _number(digits: str) -> Decimal:
    if len(digits) > LONGEST_NUMBER:
        raise MalformedBody("A number has too many digits.")
    number = Decimal(digits)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        raise MalformedBody("A number is too large or too small.")
    return number


def _constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON.")
