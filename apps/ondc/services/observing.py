"""
The network is told of each message of a journey and of its answer: from what is on record, never in a request.

A job finds what was not told yet, takes the people out of it (`redacting`) and keeps the report; another sends
it and tries for a day. A journey neither waits for this nor fails by it.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.ondc import beckn
from apps.ondc.models import Dispatch, InboundMessage, OutboundMessage
from apps.ondc.reading import read_json
from apps.ondc.redacting import redacted
from apps.ondc.voice import Voice
from uma.kernel.ids import new_id

Kind = Dispatch.Kind
# What is older was not told because nobody was to be told then.
LOOK_BACK = timedelta(days=2)
# A catalogue of shops is told of by its envelope alone.
LARGEST = 256 * 1024
_MOST_KEYS = 500_000


def collect_observations(*, voice: Voice, now: datetime, limit: int = 300) -> int:
    """Keep a report of each message that was not told of yet; return how many messages."""
    if voice.observer is None:
        return 0
    url = voice.observer.url
    found = 0
    for ours in OutboundMessage.objects.filter(_untold(now)).order_by("pk")[:limit]:
        found += _keep(_of_ours(ours, url, now=now), outbound=ours)
    theirs = InboundMessage.objects.filter(_untold(now), transaction__isnull=False)
    for row in theirs.order_by("pk")[:limit]:
        found += _keep(_of_theirs(row, url, now=now), inbound=row)
    return found


def _untold(now: datetime) -> Q:
    """Return what is settled, recent and not told; searches are not asked for (ondc.md 12)."""
    # Ids are in the order of time.
    since = UUID(int=int((now - LOOK_BACK).timestamp() * 1000) << 80)
    told_of = Q(pk__gte=since, dispatches__isnull=True)
    return told_of & ~Q(state="WAITING") & ~Q(action="search")


def _of_ours(row: OutboundMessage, url: str, *, now: datetime) -> Iterator[Dispatch]:
    body = json.loads(row.body) if row.body else {}
    yield _report(Kind.MESSAGE, url, row.action, body, now=now)
    if row.state == OutboundMessage.State.TAKEN:
        yield _report(Kind.ANSWER, url, f"{row.action}_response", _answer(body, ""), now=now)
    elif row.state == OutboundMessage.State.REFUSED:
        answer = _answer(body, row.error_code or "unknown")
        yield _report(Kind.ANSWER, url, f"{row.action}_response", answer, now=now)


def _of_theirs(row: InboundMessage, url: str, *, now: datetime) -> Iterator[Dispatch]:
    refused = row.outcome if row.state == InboundMessage.State.REFUSED else ""
    body = read_json(row.raw.encode(), most_keys=_MOST_KEYS) if row.raw else {}
    if len(row.raw) > LARGEST:
        body = {"context": body.get("context", {}), "message": {}}
    yield _report(Kind.MESSAGE, url, row.action, body, now=now)
    yield _report(Kind.ANSWER, url, f"{row.action}_response", _answer(body, refused), now=now)


def _answer(body: dict[str, object], code: str) -> dict[str, object]:
    context = {"context": body.get("context", {})}
    if not code:
        return context | beckn.ACK
    error = {"code": code, "message": "refused"}
    return context | {"message": {"ack": {"status": "NACK"}}, "error": error}


def _report(kind: str, url: str, name: str, body: dict[str, object], *, now: datetime) -> Dispatch:
    told = {"type": name, "data": redacted(body)}
    return Dispatch(
        id=new_id(),
        kind=kind,
        url=url,
        body=json.dumps(told, ensure_ascii=False, separators=(",", ":")),
        next_attempt_at=now,
        made_at=now,
    )


@transaction.atomic
def _keep(
    reports: Iterator[Dispatch],
    *,
    inbound: InboundMessage | None = None,
    outbound: OutboundMessage | None = None,
) -> bool:
    rows = list(reports)
    for row in rows:
        row.inbound, row.outbound = inbound, outbound
    # Of two jobs at one message the constraint lets the first one in.
    return bool(Dispatch.objects.bulk_create(rows, ignore_conflicts=True))
