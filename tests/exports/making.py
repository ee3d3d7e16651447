"""Exports for tests: asked for by an operator, and made as a worker does."""

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.exports import making, services
from apps.exports.models import Export
from tests.factories import NOON


def ask(person: User, dataset: str = "handshakes", zone: str = "MNP", **more: Any) -> Export:
    # Any: whatever the service takes.
    facts: dict[str, Any] = {"since": None, "until": None, "filters": {}, "now": NOON} | more
    return services.request_export(dataset=dataset, zone_code=zone, person=person, **facts)


def make(export: Export, *, now: datetime = NOON) -> Export:
    assert making.make(export_id=export.pk, clock=lambda: now)
    export.refresh_from_db()
    return export
