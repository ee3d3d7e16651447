"""What the trail knows of an act without being told, and how it tells it again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.accounts import selectors, services
from apps.accounts.models import AuditEvent
from uma.kernel import context

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def record(**given: object) -> AuditEvent:
    object_id = str(uuid4())
    services.record(
        action="thing.done", object_type="thing", object_id=object_id, actor_id=None, at=NOON,
        **given,  # type: ignore[arg-type]  # facts of the trail
    )  # fmt: skip
    return AuditEvent.objects.get(object_id=object_id)


def test_where_an_act_was_asked_from_is_known_without_being_passed_on() -> None:
    context.begin(context.Origin("request-0001", lambda: "2001:db8::7"))
    try:
        asked, passed, odd = record(), record(address="198.51.100.7"), record(address="unknown")
    finally:
        context.end()
    by_a_job = record()

    assert (asked.address, asked.request_id) == ("2001:db8::7", "request-0001")
    assert passed.address == "198.51.100.7"
    assert odd.address == "2001:db8::7"
    assert (by_a_job.address, by_a_job.request_id) == (None, "")


def test_a_trail_shows_the_newest_first_and_only_what_changed() -> None:
    object_id = str(uuid4())
    done: list[tuple[dict[str, object], dict[str, object]]] = [
        ({}, {"state": "DRAFT"}),
        ({"state": "DRAFT", "zone": "MNP"}, {"state": "LIVE", "zone": "MNP"}),
        ({}, {"amount": 1500.5, "fee_paise": 20_00, "count": 7}),
    ]
    for hour, (before, after) in enumerate(done):
        services.record(
            action=f"thing.{hour}", object_type="thing", object_id=object_id, actor_id=None,
            at=NOON + timedelta(hours=hour), before=before, after=after,
        )  # fmt: skip

    sums, newest, oldest = selectors.trail(object_ids=[object_id])

    assert {c.fact: c.after for c in sums.changes} == {
        "amount": "₹1,500.50",
        "fee": "₹20.00",
        "count": 7,
    }
    assert [(c.fact, c.before, c.after) for c in newest.changes] == [("state", "DRAFT", "LIVE")]
    assert [(c.fact, c.before, c.after) for c in oldest.changes] == [("state", "—", "DRAFT")]
    assert (newest.actor, newest.action) == ("a job", "thing.1")
    assert len(selectors.trail(object_ids=[object_id], limit=1)) == 1
