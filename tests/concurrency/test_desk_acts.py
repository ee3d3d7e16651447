"""Files, plans and merchants' systems: two who change one row at the same moment."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.exports import services as exports
from apps.exports.models import Export
from apps.merchants import services as merchants
from apps.merchants.models import PlanFeature
from apps.notifications import services as notifications
from apps.notifications import webhooks
from apps.notifications.models import WebhookDelivery, WebhookEndpoint
from tests.accounts.making import make_operator
from tests.concurrency.meeting import at_once, beside, one_after_the_other, paused
from tests.exports.making import ask
from tests.factories import NOON
from uma.kernel.http.outward import Answer

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def test_an_export_that_is_cancelled_while_its_worker_ends_stays_cancelled() -> None:
    analyst = make_operator("analyst", "MNP")
    export = ask(analyst)
    exports.claim(export_id=export.pk, now=NOON)

    def cancel() -> None:
        exports.cancel_export(export_id=export.pk, actor_id=analyst.pk, reason="", now=NOON)

    def finish() -> bool:
        return exports.finish(
            export_id=export.pk, attempt=1, file="x", size_bytes=1, manifest={"rows": 9}, now=NOON
        )

    assert one_after_the_other(cancel, finish) == (None, False)
    export.refresh_from_db()
    assert (export.state, export.file) == (Export.State.CANCELLED, "")


def test_the_trail_of_a_limit_that_two_set_at_once_says_what_was_before() -> None:
    row = PlanFeature.objects.get(plan="BASIC", feature="staff")

    def set_to(most: int | None) -> None:
        merchants.set_plan_feature(
            plan="BASIC", feature="staff", most=most, actor_id=uuid4(), reason="a trial", now=NOON
        )

    try:
        one_after_the_other(lambda: set_to(71), lambda: set_to(72))
    finally:
        # What a migration laid down is kept from test to test.
        row.save(update_fields=["most"])

    trail = AuditEvent.objects.filter(action="plan.feature-set").order_by("pk")
    assert [(event.before["most"], event.after["most"]) for event in trail] == [
        (row.most, 71),
        (71, 72),
    ]


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return notifications.add_endpoint(
        merchant_id=uuid4(),
        url="https://pos.example.in/",
        events=["handshake.success"],
        secret=notifications.new_secret(),
        now=NOON,
    )


def test_of_two_secrets_made_at_once_both_sign(endpoint: WebhookEndpoint) -> None:
    def rotate() -> str:
        made = notifications.rotate_endpoint_secret(endpoint_id=endpoint.pk, old_until=NOON + HOUR)
        secret: str = made.secret
        return secret

    first, second = one_after_the_other(rotate, rotate)

    endpoint.refresh_from_db()
    assert (endpoint.old_secret, endpoint.secret) == (first, second)


def test_an_endpoint_that_two_stop_at_once_says_why_it_stopped_first(
    endpoint: WebhookEndpoint,
) -> None:
    def stop(reason: str) -> None:
        notifications.disable_endpoint(endpoint_id=endpoint.pk, now=NOON, reason=reason)

    one_after_the_other(lambda: stop("gone"), lambda: stop("owner"))

    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == "gone"


def owe(endpoint: WebhookEndpoint) -> None:
    notifications.queue_webhook(
        merchant_id=endpoint.merchant_id,
        event_id=uuid4(),
        type="handshake.success",
        payload={},
        now=NOON,
    )


def test_two_workers_who_find_one_event_send_it_once(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(endpoint)
    rows, sent = WebhookDelivery.objects, []
    monkeypatch.setattr(rows, "bulk_update", paused(rows.bulk_update))

    def send(url: str, body: bytes, headers: dict[str, str]) -> Answer:
        assert body
        sent.append((url, headers["webhook-id"]))
        return Answer(200, "", 1)

    outcomes = at_once(*[lambda: webhooks.deliver(send=send, now=NOON)] * 2)

    assert sorted(map(str, outcomes)) == ["0", "1"]
    assert len(sent) == 1


def test_two_events_that_a_system_refuses_at_once_are_two_failures_of_it(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(endpoint)
    owe(endpoint)
    (one,), (other,) = webhooks._claim(now=NOON), webhooks._claim(now=NOON)
    refused = Answer(500, "", 1)

    beside(
        lambda: webhooks._record(one, refused, now=NOON),
        lambda: webhooks._record(other, refused, now=NOON),
        at=(WebhookEndpoint, "save"),
        monkeypatch=monkeypatch,
    )

    endpoint.refresh_from_db()
    assert endpoint.failures == 2
