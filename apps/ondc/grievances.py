"""What a seller's answer to a complaint tells, typed, in both versions; leniently. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from apps.ondc.reading import Node, at, exact, moment, paise, several, text, word

MOST_ACTS = 60
_EMPTY: tuple[Node, ...] = (None, "", [], {})
_SELLERS = ("actors", "respondent_ids", "resolver_ids", "resolutions")
_OURS = frozenset({"CONSUMER", "CUSTOMER", "INTERFACING_NP"})


@dataclass(frozen=True, slots=True)
class ActTold:
    """One thing that the seller did."""

    key: str
    code: str
    text: str
    ref: str
    resolution: str
    refund_paise: int | None
    at: datetime
    told: str


def issue_id_of(body: Node) -> str:
    """Return the id of the complaint that a callback is about."""
    return exact(body, "message", "issue", "id", most=64)


def acts_of(body: Node, *, sent_at: datetime) -> list[ActTold]:
    """Return what the seller says it did, of either version."""
    issue = at(body, "message", "issue")
    found = [*_second(issue, sent_at), *_first(issue, sent_at)]
    return found[:MOST_ACTS]


def sellers_part(body: Node) -> str:
    """Return the seller's people, resolutions and ids as JSON text, to be repeated as they came."""
    issue = at(body, "message", "issue")
    found: dict[str, object] = {}
    for name in _SELLERS:
        rows = at(issue, name)
        if name == "actors":
            rows = [one for one in several(issue, name) if word(one, "type") not in _OURS]
        if isinstance(rows, list) and rows:
            found[name] = rows
    return _again(found)


def _second(issue: Node, sent_at: datetime) -> Iterator[ActTold]:
    ours = {exact(one, "id") for one in several(issue, "actors") if word(one, "type") in _OURS}
    resolutions = {exact(one, "id"): one for one in several(issue, "resolutions")}
    for one in several(issue, "actions"):
        key = exact(one, "id", most=128)
        if not key or exact(one, "action_by") in ours | {""}:
            continue
        ref = exact(one, "ref_id", most=128)
        resolution = resolutions.get(ref)
        yield ActTold(
            key=key,
            code=word(one, "descriptor", "code", most=24),
            text=text(one, "descriptor", "short_desc", most=500)
            or text(resolution, "descriptor", "short_desc", most=500),
            ref=ref,
            resolution=word(resolution, "descriptor", "code", most=24),
            refund_paise=None,
            at=moment(one, "updated_at") or sent_at,
            told=_again(one),
        )


def _first(issue: Node, sent_at: datetime) -> Iterator[ActTold]:
    resolution = at(issue, "resolution")
    for one in several(at(issue, "issue_actions"), "respondent_actions"):
        code = word(one, "respondent_action", most=24)
        is_end = code == "RESOLVED" and isinstance(resolution, Mapping)
        marks = f"{code}|{text(one, 'updated_at')}|{text(one, 'short_desc')}"
        triggered = word(resolution, "action_triggered") or word(resolution, "action_trigerred")
        yield ActTold(
            key=sha256(marks.encode()).hexdigest()[:32],
            code="INFO_REQUESTED" if code == "NEED_MORE_INFO" else code,
            text=(text(resolution, "short_desc", most=500) if is_end else "")
            or text(one, "short_desc", most=500),
            ref="",
            resolution=triggered[:24] if is_end else "",
            refund_paise=paise(resolution, "refund_amount") if is_end else None,
            at=moment(one, "updated_at") or sent_at,
            told=_again(one),
        )


def _again(node: Node) -> str:
    """Return what was told as JSON text that may be said again: without what is empty, which is never said."""
    full = _full(node)
    return "" if full in _EMPTY else json.dumps(full, ensure_ascii=False)


def _full(node: Node) -> Node:
    if isinstance(node, dict):
        kept = {key: _full(value) for key, value in node.items() if key}
        return {key: value for key, value in kept.items() if value not in _EMPTY}
    if isinstance(node, list):
        return [value for value in map(_full, node) if value not in _EMPTY]
    return node
