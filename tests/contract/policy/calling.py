"""One request of the table, sent and taken back."""

import json
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.contract.policy.row import Objects, Row
from tests.contract.policy.scene import Scene
from uma.kernel.http import keys


def call(
    row: Row, scene: Scene, actor: str, objects: Objects, *, body: object = ..., **ids: object
) -> Any:  # Any: a response
    """Send a row's request as an actor and take back whatever it did."""
    path = row.path
    for name in parameters(row):
        held = ids.get(name, objects[row.at.get(name, name)] if name not in ids else None)
        path = path.replace(f"{{{name}}}", str(held))
    sent = row.sent(objects) if body is ... else body
    before = transaction.savepoint()
    try:
        response: Any = Client().generic(
            row.method,
            path,
            b"" if sent is None and body is ... else json.dumps(sent, default=str),
            content_type="application/json",
            headers=scene.headers(actor) | {"Accept": f"{row.media}, application/json"},
        )
        # A stream reads its rows while it is read: before they are taken back.
        return _read(response) if response.streaming else response
    finally:
        transaction.savepoint_rollback(before)
        keys.memory.forget()


def parameters(row: Row) -> list[str]:
    return [part[1:-1] for part in row.path.split("/") if part.startswith("{")]


def _read(stream: Any) -> HttpResponse:  # Any: a response
    headers = dict(stream.headers)
    return HttpResponse(stream.getvalue(), status=stream.status_code, headers=headers)
