"""
Other participants' JSON: read strictly as JSON, leniently as Beckn.

One meaning or none: duplicate keys, broken text and bottomless nesting are refused. Beyond that what
the network really sends is taken: numbers as numbers or as text, ids of any form, places with or without
a space, codes nobody knows, keys nobody asked for.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, NoReturn

from apps.ondc.beckn import NotReadable
from uma.kernel.geo import Point

MOST_DEPTH = 64
MOST_KEYS = 20_000
LONGEST_NUMBER = 40
LONGEST_TEXT = 255

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_AMOUNT = re.compile(r"(-?)([0-9]{1,10})(?:\.([0-9]{1,6}))?", re.ASCII)
_DURATION = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?",
    re.ASCII,
)
_GPS = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*", re.ASCII)
_DAYS = (365, 30, 7, 1)
_HOLDERS = (dict, list)

# Any: a JSON document is a union that would need a cast at every use.
Node = Any


def read_json(raw: bytes, *, most_keys: int = MOST_KEYS) -> dict[str, Node]:
    """
    Return the JSON object in a body; numbers with a fraction come as their text.

    Raises:
        NotReadable
    """
    try:
        body = raw.decode("utf-8")
        found = _DECODER.decode(body)
    except UnicodeDecodeError:
        raise NotReadable("The body is not UTF-8.") from None
    except RecursionError:
        raise NotReadable("The body is nested too deeply.") from None
    except ValueError:
        raise NotReadable("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise NotReadable("The body is no JSON object.")
    # Written as it is, a text holds neither NUL nor half a character: JSON and UTF-8 forbid it.
    _check(found, most_keys, texts="\\u" in body)
    return found


def _unique(pairs: list[tuple[str, Node]]) -> dict[str, Node]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise NotReadable("A key appears twice in one object.")
    return whole


def _number(digits: str) -> str:
    return digits[:LONGEST_NUMBER]


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise NotReadable("A number has too many digits.")
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise NotReadable(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_number, parse_int=_whole, parse_constant=_constant
)


def _check(document: Node, most_keys: int, *, texts: bool) -> None:
    """Walk without recursion: how deep, how many keys, and with `texts` no half characters."""
    keys, depth = 0, 0
    level: list[Node] = [document]
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise NotReadable(f"The body is nested deeper than {MOST_DEPTH} levels.")
        keys += sum(map(len, level))
        if keys > most_keys:
            raise NotReadable(f"The body has more than {most_keys} members.")
        if texts:
            for node in level:
                _check_texts(node)
        inside = (node.values() if type(node) is dict else node for node in level)
        level = [child for child in chain.from_iterable(inside) if type(child) in _HOLDERS]


def _check_texts(node: Node) -> None:
    found = chain(node, node.values()) if isinstance(node, dict) else node
    for one in found:
        if isinstance(one, str) and (
            "\x00" in one or (not one.isascii() and _SURROGATE.search(one))
        ):
            raise NotReadable("A text holds NUL or half a character.")


def at(node: Node, *path: str | int) -> Node:
    """Return what lies at the path, or None."""
    for step in path:
        if isinstance(node, dict) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and -len(node) <= step < len(node):
            node = node[step]
        else:
            return None
    return node


def text(node: Node, *path: str | int, most: int = LONGEST_TEXT) -> str:
    """Return the text or number at the path as text on one line, cut to `most`; "" when there is none."""
    found = at(node, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return _CONTROLS.sub(" ", str(found)).strip()[:most]


def word(node: Node, *path: str | int, most: int = LONGEST_TEXT) -> str:
    """Return an enumerated word in one spelling: capitals, underscores for hyphens."""
    return text(node, *path, most=most).upper().replace("-", "_").replace(" ", "_")


def exact(node: Node, *path: str | int, most: int = LONGEST_TEXT) -> str:
    """Return an id to be repeated byte for byte: what is longer or not printable is none."""
    found = at(node, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    whole = str(found)
    return "" if len(whole) > most or _CONTROLS.search(whole) else whole


def several(node: Node, *path: str | int) -> Sequence[Node]:
    """Return the objects of the list at the path."""
    found = at(node, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def paise(node: Node, *path: str | int) -> int | None:
    """Return rupees as whole paise, a third decimal rounded half up; None for what is no amount."""
    found = at(node, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    one = _AMOUNT.fullmatch(str(found).strip())
    if one is None:
        return None
    sign, rupees, part = one[1], one[2], (one[3] or "").ljust(3, "0")
    amount = int(rupees) * 100 + int(part[:2]) + (part[2] >= "5")
    return -amount if sign else amount


def moment(node: Node, *path: str | int) -> datetime | None:
    """Return a moment as the network's participants write it: with a space for the T as well."""
    found = at(node, *path)
    if not isinstance(found, str) or len(found) > LONGEST_NUMBER:
        return None
    try:
        when = datetime.fromisoformat(found.strip())
        # Past the last day of the calendar there is no UTC.
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def span(node: Node, *path: str | int) -> timedelta | None:
    """Return an ISO 8601 duration; months are thirty days, and a year is the most there is."""
    found = at(node, *path)
    one = _DURATION.fullmatch(found.strip()) if isinstance(found, str) else None
    if one is None or not any(one.groups()):
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in one.groups())
    whole = years * _DAYS[0] + months * _DAYS[1] + weeks * _DAYS[2] + days * _DAYS[3]
    if whole > _DAYS[0]:
        return timedelta(days=_DAYS[0])
    found_span = timedelta(days=whole, hours=hours, minutes=minutes, seconds=seconds)
    return min(found_span, timedelta(days=_DAYS[0]))


def place(node: Node, *path: str | int) -> Point | None:
    """Return a place written `lat, lon`, with or without the space; None beyond the globe."""
    found = at(node, *path)
    one = _GPS.fullmatch(found) if isinstance(found, str) else None
    try:
        return Point(float(one[1]), float(one[2])) if one else None
    except ValueError:
        return None


def tagged(node: Node, group: str, code: str, *, most: int = LONGEST_TEXT) -> str:
    """Return the value of a tag by its group and code, whatever case and shape they come in."""
    for entry in _entries(node, group):
        if group_code(entry) == code:
            return text(entry, "value", most=most)
    return ""


def tag_group(node: Node, group: str) -> Mapping[str, Node] | None:
    """Return a group of tags as it came."""
    return next((one for one in several(node, "tags") if group_code(one) == group), None)


def group_code(node: Node) -> str:
    """Return the code of a group or an entry: older domains have it without a descriptor."""
    return word(node, "descriptor", "code") or word(node, "code")


def _entries(node: Node, group: str) -> Iterator[Node]:
    for one in several(node, "tags"):
        if group_code(one) == group:
            yield from several(one, "list")
