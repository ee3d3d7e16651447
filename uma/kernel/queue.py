"""Handing messages to the broker without waiting: the sweep is the guarantee, this is speed."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any, Protocol

from celery import Celery
from kombu.exceptions import EncodeError
from prometheus_client import Counter, Gauge

from uma.kernel import context

logger = logging.getLogger(__name__)

CAPACITY = 10_000
SOCKET_TIMEOUT_S = 1.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
LAST_CALL_S = 0.5
# The message's header that names the request behind it.
REQUEST_ID = "uma_request_id"
# Ids that come within this time travel in one message: publishing one cost as much processor time as
# all else that a scan does.
GATHER_S = 0.05
IDS_IN_A_MESSAGE = 100

DROPPED = Counter("uma_queue_dropped_total", "Messages given up before the broker took them.")
PUBLISHED = Counter("uma_queue_published_total", "Messages that the broker took.")
WAITING = Gauge("uma_queue_waiting", "Messages that wait in this process for the broker.")


class Task(Protocol):
    """What `enqueue` needs of a Celery task."""

    name: str

    @property
    def app(self) -> Celery: ...

    # Any: Celery's own signature of keyword arguments and options.
    def apply_async(self, *, kwargs: dict[str, Any], **options: Any) -> object: ...


@dataclass(frozen=True, slots=True)
class _Message:
    task: Any  # Any: Celery's task objects are made at run time
    kwargs: dict[str, object]
    # What `enqueue_id` was given: it may travel with others, as `ids`.
    id: str | None = None
    # Which request it comes from; the worker's lines carry the same id.
    request_id: str = field(default_factory=context.request_id)


class _Outbound:
    """
    A bounded queue in this process and the one daemon thread that empties it.

    Order: a message leaves the deque only after the broker took it, so a broker that dies between
    two messages loses neither. A broker that froze after the bytes reached its socket gets the
    message twice; every task is safe to run twice. Neighbours that `enqueue_id` left for one task
    leave as one message.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._messages: deque[_Message] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process = 0
        self._connections: dict[Celery, Any] = {}  # Any: kombu has no types

    def put(self, message: _Message) -> bool:
        """Take the message, or say no when the queue is full; never waits for the broker."""
        with self._wake:
            if self._process != os.getpid():
                self._begin()
            if len(self._messages) >= self._capacity:
                return False
            self._messages.append(message)
            if len(self._messages) == 1:
                self._wake.notify()
        WAITING.set(len(self._messages))
        return True

    def flush(self, timeout_s: float) -> bool:
        """Wait until the queue is empty, at most `timeout_s`; tell whether it is."""
        deadline = time.monotonic() + timeout_s
        with self._wake:
            while self._messages and time.monotonic() < deadline:
                self._wake.wait(deadline - time.monotonic())
            return not self._messages

    def after_fork(self) -> None:
        """Forget the parent's lock and messages: the parent's thread publishes them."""
        self._wake = threading.Condition()
        self._messages = deque()
        self._connections = {}
        self._process = 0

    def _begin(self) -> None:
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="uma-queue", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            with self._wake:
                while not self._messages:
                    self._wake.wait()
                gather = self._messages[0].id is not None
            if gather:
                time.sleep(GATHER_S)
            together = self._next()
            if self._publish(together):
                pause_s = FIRST_PAUSE_S
                self._forget(together)
            else:
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _next(self) -> list[_Message]:
        """Return the oldest message, with those right behind it that may travel along."""
        with self._wake:
            first = self._messages[0]
            if first.id is None:
                return [first]
            along = takewhile(
                lambda message: message.task is first.task and message.id is not None,
                self._messages,
            )
            return list(islice(along, IDS_IN_A_MESSAGE))

    def _forget(self, together: list[_Message]) -> None:
        with self._wake:
            # A child that was forked meanwhile began with an empty queue of its own.
            if self._messages and self._messages[0] is together[0]:
                for _ in together:
                    self._messages.popleft()
            WAITING.set(len(self._messages))
            if not self._messages:
                self._wake.notify_all()

    def _publish(self, together: list[_Message]) -> bool:
        """Tell whether the messages are done with: taken, or impossible to send at all."""
        task, kwargs = together[0].task, together[0].kwargs
        if together[0].id is not None:
            kwargs = {"ids": [message.id for message in together]}
        try:
            task.apply_async(
                kwargs=kwargs,
                headers={REQUEST_ID: _request_id_of(together)},
                connection=self._connection(task.app),
                retry=False,
            )
        except (EncodeError, TypeError):
            # It can never be sent; the sweep finds the row behind it, and the log finds the
            # mistake.
            logger.exception("a message cannot be encoded", extra={"task": task.name})
            DROPPED.inc(len(together))
            return True
        except Exception:  # noqa: BLE001  # a broker must not veto what is committed
            logger.warning("the broker did not take a message", extra={"task": task.name})
            self._disconnect(task.app)
            return False
        PUBLISHED.inc(len(together))
        return True

    def _connection(self, app: Celery) -> Any:  # Any: kombu has no types
        connection = self._connections.get(app)
        if connection is None:
            connection = self._connections[app] = app.connection_for_write(
                connect_timeout=SOCKET_TIMEOUT_S,
                transport_options={
                    "socket_timeout": SOCKET_TIMEOUT_S,
                    "socket_connect_timeout": SOCKET_TIMEOUT_S,
                    "max_retries": 0,
                    "retry_on_timeout": False,
                },
            )
        return connection

    def _disconnect(self, app: Celery) -> None:
        connection = self._connections.pop(app, None)
        if connection is not None:
            try:
                connection.release()
            except Exception:  # it is broken; that is why it is closed
                logger.debug("closing a broken broker connection failed", exc_info=True)


_outbound = _Outbound()
os.register_at_fork(after_in_child=_outbound.after_fork)


def _request_id_of(together: Sequence[_Message]) -> str:
    """Return the id of the request that left a message; of several, the first and how many more."""
    ids = list(dict.fromkeys(message.request_id for message in together))
    return ids[0] if len(ids) == 1 else f"{ids[0]}+{len(ids) - 1}"


def enqueue(task: Any, **kwargs: object) -> None:  # Any: Celery's tasks are made at run time
    """
    Hand a message to the broker soon, without waiting and without failing.

    Call it after the commit. The message may be lost (a full queue, a killed process) or arrive
    twice; the sweep behind every task makes up for the first and the task's own check for the
    second.
    """
    _put(_Message(task, kwargs))


def enqueue_id(task: Any, row_id: object) -> None:  # Any: as above
    """
    Hand over the id of one row, as `enqueue` does; what comes within a moment travels together.

    The task takes `ids`, a list of texts, and does for each what one message would have done.
    """
    _put(_Message(task, {}, id=str(row_id)))


def _put(message: _Message) -> None:
    if not _outbound.put(message):
        DROPPED.inc()
        logger.warning(
            "the queue is full: a message is left to the sweep", extra={"task": message.task.name}
        )


def flush(timeout_s: float) -> bool:
    """Wait until this process has handed over its messages; tell whether it has."""
    return _outbound.flush(timeout_s)


# A command that enqueues and ends gives its messages a moment; a broker that is away costs no more.
atexit.register(flush, LAST_CALL_S)
