"""Handing messages to the broker without waiting: the sweep is the guarantee, this is speed."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from celery import Celery
from kombu.exceptions import EncodeError
from prometheus_client import Counter, Gauge

logger = logging.getLogger(__name__)

CAPACITY = 10_000
SOCKET_TIMEOUT_S = 1.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
LAST_CALL_S = 0.5

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


class _Outbound:
    """
    A bounded queue in this process and the one daemon thread that empties it.

    Order: a message leaves the deque only after the broker took it, so a broker that dies between
    two messages loses neither. A broker that froze after the bytes reached its socket gets the
    message twice; every task is safe to run twice.
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
                message = self._messages[0]
            if self._publish(message):
                pause_s = FIRST_PAUSE_S
                self._forget(message)
            else:
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _forget(self, message: _Message) -> None:
        with self._wake:
            if self._messages and self._messages[0] is message:
                self._messages.popleft()
            WAITING.set(len(self._messages))
            if not self._messages:
                self._wake.notify_all()

    def _publish(self, message: _Message) -> bool:
        """Tell whether the message is done with: taken, or impossible to send at all."""
        app = message.task.app
        try:
            message.task.apply_async(
                kwargs=message.kwargs, connection=self._connection(app), retry=False
            )
        except (EncodeError, TypeError):
            # It can never be sent; the sweep finds the row behind it, and the log finds the
            # mistake.
            logger.exception("message for %s cannot be encoded", message.task.name)
            DROPPED.inc()
            return True
        except Exception:  # noqa: BLE001  # a broker must not veto what is committed
            logger.warning("broker did not take a message for %s", message.task.name)
            self._disconnect(app)
            return False
        PUBLISHED.inc()
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


def enqueue(task: Any, **kwargs: object) -> None:  # Any: Celery's tasks are made at run time
    """
    Hand a message to the broker soon, without waiting and without failing.

    Call it after the commit. The message may be lost (a full queue, a killed process) or arrive
    twice; the sweep behind every task makes up for the first and the task's own check for the
    second.
    """
    if not _outbound.put(_Message(task, kwargs)):
        DROPPED.inc()
        logger.warning("queue is full: a message for %s is left to the sweep", task.name)


def flush(timeout_s: float) -> bool:
    """Wait until this process has handed over its messages; tell whether it has."""
    return _outbound.flush(timeout_s)


# A command that enqueues and ends gives its messages a moment; a broker that is away costs no more.
atexit.register(flush, LAST_CALL_S)
