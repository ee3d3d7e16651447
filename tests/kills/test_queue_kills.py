"""The queue whose workers are killed: no push is lost, and each is recorded once."""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from apps.notifications import delivery, push, services
from apps.notifications.models import InboxMessage
from tests.notifications.clouds import SandboxProcess
from tests.notifications.queueing import (
    State,
    broker,
    firebase,
    message_id_of,
    tell_and_enqueue,
    transitions,
    until,
    worker,
)
from tests.notifications.worker import Worker
from uma.kernel import queue
from uma.stack.valkey import Valkey

__all__ = ["broker", "firebase", "transitions", "worker"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

MESSAGES = 240
KILLS = 24
SEED = 20261123


def test_workers_killed_again_and_again_lose_no_push_and_record_each_once(
    broker: Valkey,
    firebase: SandboxProcess,
    worker: Worker,
    transitions: Callable[[], Counter[str]],
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same murders every time
    firebase.order("fcm/delay", {"seconds": 0.2})
    ids = tell_and_enqueue(MESSAGES)
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
        until(lambda: client.llen("celery") == 0, within=90)
    worker.kill_all()
    # The murders met work in hand, or they proved nothing.
    left = InboxMessage.objects.filter(push_state=State.PENDING)
    interrupted, untouched = left.filter(attempts__gt=0).count(), left.filter(attempts=0).count()
    assert interrupted > 0
    _sweep(after=delivery.LEASE)

    assert set(transitions()) == ids
    assert set(transitions().values()) == {1}
    assert InboxMessage.objects.filter(push_state=State.SENT).count() == MESSAGES
    arrived = Counter(message_id_of(sent) for sent in firebase.pushes)
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


def _sweep(*, after: timedelta) -> None:
    """Do what the periodic job does, once every lease has run out."""
    while services.push_due(now=timezone.now() + after) == push.BATCH:
        pass
