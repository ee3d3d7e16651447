"""The queue with a frozen and a killed broker: every push arrives, and nobody waits for it."""

import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.notifications import selectors, tasks
from apps.notifications.models import InboxMessage
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import make_device, make_message, make_person
from tests.notifications.queueing import (
    State,
    broker,
    firebase,
    message_id_of,
    send,
    tell_and_enqueue,
    transitions,
    until,
    worker,
)
from tests.notifications.worker import Worker
from uma.celery import SOCKET_S, app, run_job
from uma.kernel import queue
from uma.stack.valkey import Valkey

__all__ = ["broker", "firebase", "transitions", "worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

SWEEP = "apps.notifications.tasks.push_forgotten"


def test_a_broker_frozen_then_killed_delays_pushes_and_neither_loses_nor_doubles_one(
    broker: Valkey,
    firebase: SandboxProcess,
    worker: Worker,
    transitions: Callable[[], Counter[str]],
) -> None:
    worker.start()
    worker.wait_ready()
    before = tell_and_enqueue(20)
    until(lambda: InboxMessage.objects.filter(push_state=State.SENT).count() == 20)

    send(broker, signal.SIGSTOP)
    slowest_frozen_s, during = _timed(100)
    # Wake it dead: whatever it held in memory is gone with it.
    assert broker.process is not None
    broker.process.kill()
    slowest_dead_s, after = _timed(100)
    ids = before | during | after
    assert InboxMessage.objects.filter(push_state=State.PENDING).count() == 200
    assert selectors.push_backlog(now=timezone.now()).due == 200

    # It comes back empty, under the address everybody knows; then what beat says every minute.
    broker.start()
    until(lambda: queue.flush(0.1))
    queue.enqueue(run_job, job=SWEEP)
    until(lambda: not InboxMessage.objects.filter(push_state=State.PENDING).exists())

    assert transitions() == dict.fromkeys(ids, 1)
    assert Counter(message_id_of(sent) for sent in firebase.pushes) == dict.fromkeys(ids, 1)
    # The web process never waited for the broker: one wait is a whole time-out of its socket.
    assert slowest_frozen_s < SOCKET_S
    assert slowest_dead_s < SOCKET_S
    print(f"\nslowest enqueue: frozen {slowest_frozen_s:.6f} s, dead {slowest_dead_s:.6f} s")


def test_a_publisher_waits_a_quarter_of_a_second_for_a_frozen_broker_and_no_longer(
    broker: Valkey,
) -> None:
    send(broker, signal.SIGSTOP)
    started = time.monotonic()

    with app.connection_for_write() as impatient, pytest.raises(OperationalError):
        # The option is Celery's own; its type stubs leave it out.
        tasks.push_message.apply_async(  # type: ignore[call-arg]
            kwargs={"message_id": "x"}, connection=impatient, retry=False
        )

    waited_s = time.monotonic() - started
    print(f"\nwaited {waited_s:.3f} s")
    # One time-out, and the grace of a busy machine; Celery's own is two minutes.
    assert waited_s < 8 * SOCKET_S


def _timed(count: int) -> tuple[float, set[str]]:
    """As above; return also the slowest hand-over in seconds."""
    person = make_person()
    make_device(person)
    ids, slowest_s = set(), 0.0
    for _ in range(count):
        pk = str(make_message(person, now=timezone.now()).pk)
        started = time.perf_counter()
        queue.enqueue(tasks.push_message, message_id=pk)
        slowest_s = max(slowest_s, time.perf_counter() - started)
        ids.add(pk)
    return slowest_s, ids
