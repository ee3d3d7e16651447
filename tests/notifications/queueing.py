"""A broker and a worker of a test's own, pushes that wait in its queue, and what became of each."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.notifications import tasks
from apps.notifications.models import InboxMessage
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import make_device, make_message, make_person
from tests.notifications.worker import Worker
from uma.celery import app
from uma.kernel import queue
from uma.stack.valkey import Valkey

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
    send(valkey, signal.SIGCONT)
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


def tell_and_enqueue(count: int) -> set[str]:
    """Write `count` messages to one person's phone and hand each to the queue; return their ids."""
    person = make_person()
    make_device(person)
    now = timezone.now()
    ids = {str(make_message(person, now=now).pk) for _ in range(count)}
    for pk in ids:
        queue.enqueue(tasks.push_message, message_id=pk)
    return ids


def message_id_of(sent: dict[str, Any]) -> str:  # Any: the JSON that reached FCM
    message_id: str = sent["message"]["data"]["messageId"]
    return message_id


def until(fact: Callable[[], bool], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not fact():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def send(valkey: Valkey, number: signal.Signals) -> None:
    assert valkey.process is not None
    if valkey.process.ended() is None:
        valkey.process.popen.send_signal(number)
