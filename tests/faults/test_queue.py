"""The queue under violence: killed workers, a frozen and a killed broker. Every push arrives."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django.fixtures import Settings

from apps.notifications import delivery, push, selectors, services, tasks
from apps.notifications.models import InboxMessage
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import make_device, make_message, make_person
from tests.notifications.worker import Worker
from uma.celery import SOCKET_S, app, run_job
from uma.kernel import queue
from uma.stack.valkey import Valkey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

MESSAGES = 240
KILLS = 24
SEED = 20261123
SWEEP = "apps.notifications.tasks.push_forgotten"

State = InboxMessage.PushState


@pytest.fixture
def firebase(tmp_path: Path, settings: Settings) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path)
    settings.FIREBASE_CREDENTIALS = str(process.credentials)
    settings.FCM_URL = process.url
    yield process
    process.stop()


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A Valkey of this test's own, and this process publishing to it as the web server does."""
    valkey = Valkey(folder=tmp_path / "valkey")
    valkey.start()
    monkeypatch.setattr(app.conf, "broker_write_url", valkey.url)
    # Its own queue and thread: connections of other tests lead to another broker.
    monkeypatch.setattr(queue, "_outbound", queue._Outbound())
    yield valkey
    _signal(valkey, signal.SIGCONT)
    valkey.stop()


@pytest.fixture
def worker(tmp_path: Path, broker: Valkey, firebase: SandboxProcess) -> Iterator[Worker]:
    worker = Worker(
        log=tmp_path / "worker.log",
        environment={
            "REDIS_URL": broker.url,
            "UMA_FIREBASE_CREDENTIALS": str(firebase.credentials),
            "UMA_FCM_URL": firebase.url,
        },
    )
    yield worker
    worker.kill_all()


@pytest.fixture
def transitions() -> Iterator[Callable[[], Counter[str]]]:
    """Let the database count how often each message became SENT, whoever wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TABLE test_became_sent (message text NOT NULL);
            CREATE FUNCTION test_note_sent() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO test_became_sent VALUES (NEW.id::text);
                RETURN NULL;
            END $$;
            CREATE TRIGGER test_note_sent AFTER UPDATE ON notifications_inboxmessage
                FOR EACH ROW WHEN (NEW.push_state = 'SENT') EXECUTE FUNCTION test_note_sent();
            """
        )

    def count() -> Counter[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT message FROM test_became_sent")
            return Counter(message for (message,) in cursor.fetchall())

    yield count
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER test_note_sent ON notifications_inboxmessage;"
            "DROP FUNCTION test_note_sent(); DROP TABLE test_became_sent"
        )


def test_workers_killed_again_and_again_lose_no_push_and_record_each_once(
    broker: Valkey,
    firebase: SandboxProcess,
    worker: Worker,
    transitions: Callable[[], Counter[str]],
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same murders every time
    firebase.order("fcm/delay", {"seconds": 0.2})
    ids = _tell_and_enqueue(MESSAGES)
    assert queue.flush(10)

    worker.start()
    worker.wait_ready()
    kills, restarts = 0, 0
    while kills < KILLS:
        time.sleep(chance.uniform(0.3, 1.0))
        if kills % 6 == 5:
            # Alternately the main process alone, and the whole group at once.
            if kills % 12 == 5:
                worker.kill_main()
                time.sleep(0.2)
            worker.kill_all()
            kills += 1
        else:
            kills += worker.kill_child(chance)
        if not worker.is_alive:
            # What a process manager does.
            worker.kill_all()
            worker.start()
            worker.wait_ready()
            restarts += 1
    firebase.order("fcm/delay", {"seconds": 0})
    with redis.Redis.from_url(broker.url) as client:
        _until(lambda: client.llen("celery") == 0, within=90)
    worker.kill_all()
    # The murders met work in hand, or they proved nothing.
    left = InboxMessage.objects.filter(push_state=State.PENDING)
    interrupted, untouched = left.filter(attempts__gt=0).count(), left.filter(attempts=0).count()
    assert interrupted > 0
    _sweep(after=delivery.LEASE)

    assert set(transitions()) == ids
    assert set(transitions().values()) == {1}
    assert InboxMessage.objects.filter(push_state=State.SENT).count() == MESSAGES
    arrived = Counter(_message_id(sent) for sent in firebase.pushes)
    assert set(arrived) == ids
    # A worker killed between FCM's answer and its own record: a second copy, which replaces the
    # first in the phone's shade because both carry the message's tag.
    attempts = {str(m.pk): m.attempts for m in InboxMessage.objects.all()}
    assert all(copies <= attempts[pk] for pk, copies in arrived.items())
    assert len({sent["message"]["android"]["notification"]["tag"] for sent in firebase.pushes}) == (
        MESSAGES
    )
    print(
        f"\n{kills} kills ({restarts} restarts), {MESSAGES} messages: 0 missing,"
        f" {sum(arrived.values()) - MESSAGES} second copies; the sweep finished {interrupted}"
        f" interrupted and {untouched} whose message was lost"
    )


def test_a_broker_frozen_then_killed_delays_pushes_and_neither_loses_nor_doubles_one(
    broker: Valkey,
    firebase: SandboxProcess,
    worker: Worker,
    transitions: Callable[[], Counter[str]],
) -> None:
    worker.start()
    worker.wait_ready()
    before = _tell_and_enqueue(20)
    _until(lambda: InboxMessage.objects.filter(push_state=State.SENT).count() == 20)

    _signal(broker, signal.SIGSTOP)
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
    _until(lambda: queue.flush(0.1))
    queue.enqueue(run_job, job=SWEEP)
    _until(lambda: not InboxMessage.objects.filter(push_state=State.PENDING).exists())

    assert transitions() == dict.fromkeys(ids, 1)
    assert Counter(_message_id(sent) for sent in firebase.pushes) == dict.fromkeys(ids, 1)
    # The web process never waited for the broker: one wait is a whole time-out of its socket.
    assert slowest_frozen_s < SOCKET_S
    assert slowest_dead_s < SOCKET_S
    print(f"\nslowest enqueue: frozen {slowest_frozen_s:.6f} s, dead {slowest_dead_s:.6f} s")


def test_a_publisher_waits_a_quarter_of_a_second_for_a_frozen_broker_and_no_longer(
    broker: Valkey,
) -> None:
    _signal(broker, signal.SIGSTOP)
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


def _tell_and_enqueue(count: int) -> set[str]:
    """Write `count` messages to one person's phone and hand each to the queue; return their ids."""
    person = make_person()
    make_device(person)
    now = timezone.now()
    ids = {str(make_message(person, now=now).pk) for _ in range(count)}
    for pk in ids:
        queue.enqueue(tasks.push_message, message_id=pk)
    return ids


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


def _sweep(*, after: timedelta) -> None:
    """Do what the periodic job does, once every lease has run out."""
    while services.push_due(now=timezone.now() + after) == push.BATCH:
        pass


def _message_id(sent: dict[str, Any]) -> str:  # Any: the JSON that reached FCM
    message_id: str = sent["message"]["data"]["messageId"]
    return message_id


def _until(fact: Callable[[], bool], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not fact():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def _signal(valkey: Valkey, number: signal.Signals) -> None:
    assert valkey.process is not None
    if valkey.process.ended() is None:
        valkey.process.popen.send_signal(number)
