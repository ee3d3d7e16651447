"""Work waits in several lines, and a worker takes from each in turn."""

from uuid import uuid4

import pytest
from django.utils import timezone

from apps.notifications.models import InboxMessage
from apps.ondc import tasks
from apps.ondc.models import InboundMessage
from tests.notifications.queueing import State, broker, firebase, tell_and_enqueue, until, worker
from tests.notifications.worker import Worker
from uma.kernel import queue

__all__ = ["broker", "firebase", "worker"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
PUSHES = 200


@pytest.mark.usefixtures("broker", "firebase")
def test_a_callback_of_the_network_is_not_behind_a_rush_of_pushes(worker: Worker) -> None:
    tell_and_enqueue(PUSHES)
    now = timezone.now()
    callback = InboundMessage.objects.create(
        sender="seller.example.in", unique_key_id="k", action="on_nothing", raw="{}",
        message_id=uuid4().hex, transaction_text="t", digest=uuid4().hex, header="h",
        state="WAITING", next_attempt_at=now, received_at=now,
    )  # fmt: skip
    queue.enqueue_id(tasks.process_inbound, callback.pk)
    assert queue.flush(10)

    worker.start()

    until(lambda: InboundMessage.objects.get().state != "WAITING")
    waiting = InboxMessage.objects.filter(push_state=State.PENDING).count()
    assert waiting > PUSHES / 2
