"""What a web process keeps: its memory after many requests, against a few."""

from collections.abc import Sequence
from datetime import UTC, datetime

import psutil

from apps.rides import qr
from benchmarks import load, scans
from benchmarks.data import Visit
from benchmarks.servers import Web

FEW = 1_000
# A plan of this many requests is sent by one generator.
_PLAN = 4_800


def growth(
    visits: Sequence[Visit], web: Web, *, many: int, keys: qr.Keyring, scanners: scans.Tokens
) -> float:
    """
    Return the memory of the web processes after `many` requests ÷ after a thousand.

    The requests repeat scans of settled visits: they pass every layer and answer from the tables, so
    the database does not grow meanwhile. Each has an Idempotency-Key of its own.
    """
    _send(visits, web, 0, FEW, keys=keys, scanners=scanners)
    before = _memory(web)
    for start in range(FEW, many, _PLAN):
        _send(visits, web, start, min(_PLAN, many - start), keys=keys, scanners=scanners)
    return _memory(web) / before


def _memory(web: Web) -> int:
    """Return the bytes that the server's processes have to themselves."""
    family = [psutil.Process(web.pid), *psutil.Process(web.pid).children(recursive=True)]
    return sum(int(member.memory_full_info().uss) for member in family)


def _send(
    visits: Sequence[Visit],
    web: Web,
    start: int,
    count: int,
    *,
    keys: qr.Keyring,
    scanners: scans.Tokens,
) -> None:
    step = qr.step_at(datetime.now(UTC))
    sent = [
        scans.Sent(visits[number % len(visits)], f"repeat-{number}")
        for number in range(start, start + count)
    ]
    requests = [scans.request_of(one, keys=keys, step=step, scanners=scanners) for one in sent]
    done = load.send(requests, port=web.port, connections=scans.CLIENTS)
    wrong = [answer for answer in done.answers if answer.status != 200]
    if wrong:
        raise scans.BrokenBenchError(f"{wrong[0].status}: {wrong[0].body[:500]!r}")
