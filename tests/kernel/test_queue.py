import base64
import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery import Celery

from tests.kernel.valkey import OwnValkey
from uma.kernel import context, queue
from uma.kernel.queue import IDS_IN_A_MESSAGE, enqueue, enqueue_id, flush

# Handing over takes microseconds; the bound only has to be below one time-out of a socket.
AT_ONCE_S = 0.9 * queue.SOCKET_TIMEOUT_S


def make_task(url: str) -> Any:  # Any: Celery's tasks are made at run time
    app = Celery("tests", broker=url, set_as_current=False)
    app.conf.task_ignore_result = True

    @app.task(name="tests.remember", bind=False)
    def remember(*, ride_id: UUID) -> None:
        raise AssertionError(f"nobody runs this: {ride_id}")

    return remember


def make_gathering_task(url: str) -> Any:  # Any: as above
    app = Celery("tests", broker=url, set_as_current=False)
    app.conf.task_ignore_result = True

    @app.task(name="tests.remember_all", bind=False)
    def remember_all(*, ids: list[str]) -> None:
        raise AssertionError(f"nobody runs this: {ids}")

    return remember_all


def ids_in(message: dict[str, Any]) -> list[str]:
    _, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    found: list[str] = kwargs["ids"]
    return found


def messages(valkey: OwnValkey) -> list[dict[str, Any]]:
    return [json.loads(raw) for raw in reversed(valkey.client.lrange("celery", 0, -1))]


def wait_for(valkey: OwnValkey, number: int, *, within_s: float = 15) -> list[dict[str, Any]]:
    deadline = time.monotonic() + within_s
    while len(found := messages(valkey)) < number and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@pytest.fixture(autouse=True)
def own_outbound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue of the test's own: a broker that stays dead must not hold up the next test."""
    monkeypatch.setattr(queue, "_outbound", queue._Outbound())


def elapsed(task: Any, number: int = 1) -> float:
    started = time.perf_counter()
    for _ in range(number):
        enqueue(task, ride_id=uuid4())
    return time.perf_counter() - started


def test_a_message_arrives_with_its_arguments(valkey: OwnValkey) -> None:
    ride_id = uuid4()

    enqueue(make_task(valkey.url), ride_id=ride_id)

    (message,) = wait_for(valkey, 1)
    assert message["headers"]["task"] == "tests.remember"
    assert str(ride_id) in message["headers"]["kwargsrepr"]


def test_messages_keep_their_order(valkey: OwnValkey) -> None:
    task = make_task(valkey.url)
    rides = [uuid4() for _ in range(20)]

    for ride_id in rides:
        enqueue(task, ride_id=ride_id)

    found = wait_for(valkey, 20)
    assert [str(ride) in m["headers"]["kwargsrepr"] for ride, m in zip(rides, found, strict=True)]
    assert flush(5)


def test_a_frozen_broker_is_not_waited_for_and_gets_the_message_later(valkey: OwnValkey) -> None:
    task = make_task(valkey.url)
    elapsed(task)
    wait_for(valkey, 1)
    valkey.freeze()

    took = elapsed(task, number=50)
    assert took < AT_ONCE_S
    assert not flush(0.05)
    valkey.thaw()

    # A time-out may have sent one twice: at least once is the promise.
    found = wait_for(valkey, 51, within_s=30)
    assert len({message["headers"]["id"] for message in found}) >= 51
    assert flush(10)


def test_a_broker_frozen_from_the_start_is_not_waited_for_either(valkey: OwnValkey) -> None:
    valkey.freeze()

    assert elapsed(make_task(valkey.url), number=50) < AT_ONCE_S
    valkey.thaw()

    assert len(wait_for(valkey, 50, within_s=30)) >= 50


def test_a_dead_broker_never_raises_and_gets_the_message_when_it_is_back(
    valkey: OwnValkey,
) -> None:
    task = make_task(valkey.url)
    valkey.kill()

    assert elapsed(task, number=50) < AT_ONCE_S
    time.sleep(0.3)
    valkey.start()

    assert len(wait_for(valkey, 50, within_s=30)) >= 50


def test_a_full_queue_drops_and_counts_and_does_not_raise(
    valkey: OwnValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_outbound", queue._Outbound(capacity=10))
    valkey.freeze()
    before = queue.DROPPED._value.get()

    elapsed(make_task(valkey.url), number=25)

    assert queue.DROPPED._value.get() - before == 15
    assert len(queue._outbound._messages) == 10


def test_what_cannot_be_encoded_is_dropped_and_holds_up_nobody(valkey: OwnValkey) -> None:
    task = make_task(valkey.url)

    enqueue(task, ride_id=object())
    enqueue(task, ride_id=uuid4())

    assert len(wait_for(valkey, 1)) == 1
    assert flush(5)


def test_ids_that_come_together_travel_together_and_in_their_order(valkey: OwnValkey) -> None:
    task = make_gathering_task(valkey.url)
    rides = [uuid4() for _ in range(IDS_IN_A_MESSAGE + 20)]

    for ride_id in rides:
        enqueue_id(task, ride_id)
    assert flush(5)

    found = [ids_in(message) for message in messages(valkey)]
    assert [len(ids) for ids in found] == [IDS_IN_A_MESSAGE, 20]
    assert [one for ids in found for one in ids] == [str(ride_id) for ride_id in rides]


def test_an_id_never_overtakes_a_message_nor_travels_with_another_tasks(valkey: OwnValkey) -> None:
    single, one, other = (
        make_task(valkey.url),
        make_gathering_task(valkey.url),
        make_gathering_task(valkey.url),
    )
    first, second, third = uuid4(), uuid4(), uuid4()

    enqueue_id(one, first)
    enqueue_id(other, second)
    enqueue(single, ride_id=third)
    enqueue_id(one, third)
    assert flush(5)

    found = messages(valkey)
    assert [message["headers"]["task"] for message in found] == [
        "tests.remember_all",
        "tests.remember_all",
        "tests.remember",
        "tests.remember_all",
    ]
    assert [ids_in(found[place]) for place in (0, 1, 3)] == [
        [str(first)],
        [str(second)],
        [str(third)],
    ]


def test_ids_for_a_frozen_broker_are_not_waited_for_and_none_is_lost(valkey: OwnValkey) -> None:
    task = make_gathering_task(valkey.url)
    enqueue_id(task, uuid4())
    wait_for(valkey, 1)
    rides = [str(uuid4()) for _ in range(250)]
    valkey.freeze()

    started = time.perf_counter()
    for ride_id in rides:
        enqueue_id(task, ride_id)
    assert time.perf_counter() - started < AT_ONCE_S
    assert not flush(0.2)
    valkey.thaw()

    assert flush(15)
    # A time-out may have sent some twice: at least once is the promise.
    assert {one for message in messages(valkey) for one in ids_in(message)} >= set(rides)


def test_a_message_names_the_request_behind_it(valkey: OwnValkey) -> None:
    task, gathering = make_task(valkey.url), make_gathering_task(valkey.url)
    context.begin(context.Origin("request-0001"))
    enqueue(task, ride_id=uuid4())
    enqueue_id(gathering, uuid4())
    context.begin(context.Origin("request-0002"))
    enqueue_id(gathering, uuid4())
    context.end()
    enqueue(task, ride_id=uuid4())

    found = [message["headers"]["uma_request_id"] for message in wait_for(valkey, 3)]

    assert found == ["request-0001", "request-0001+1", "-"]
