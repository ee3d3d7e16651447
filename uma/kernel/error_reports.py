"""
Errors told to a Sentry by its address: what the log line says of each, and nothing else (decisions/0056).

An event is made from the line that `logs` allows, so whatever is kept out of the log is kept out of there:
bodies, headers, cookies, local variables, texts of exceptions that may hold a value. Loaded only when an
address is set.
"""

import atexit
import json
import logging
import os
from typing import Any, cast

import sentry_sdk
from django.http import HttpRequest
from sentry_sdk.types import Event, Hint

from uma.kernel import logs
from uma.kernel.http.access_log import facts_of

LAST_CALL_S = 0.5
# Of an event, what may leave; the SDK adds nothing of its own beside these.
KEPT = frozenset(
    {
        "event_id", "timestamp", "platform", "level", "logger", "transaction", "logentry",
        "exception", "tags", "user", "release", "environment", "sdk",
    }
)  # fmt: skip
_SAID_ELSEWHERE = frozenset(
    {"event", "level", "logger", "timestamp", "exceptions", "user_id", logs.REDACTED}
)
# What sending itself logs: an error of that would be sent, and so on.
_SENDING = ("sentry_sdk", "urllib3", "opentelemetry")


def last_look(event: Event, hint: Hint) -> Event | None:  # noqa: ARG001  # the SDK's signature
    """
    Return what may leave of an event; the SDK drops the event when this raises.

    Raises:
        TypeError: something in it is neither text nor number, so nobody can say what it would show.
    """
    kept = {key: _scrubbed(value) for key, value in event.items() if key in KEPT}
    return cast("Event", kept)  # the SDK's own type of a dictionary


def _scrubbed(value: object) -> object:
    if isinstance(value, str):
        return logs.scrubbed(value)
    if isinstance(value, bool | int | float | None):
        return value
    if isinstance(value, dict):
        return {str(key): _scrubbed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_scrubbed(one) for one in value]
    raise TypeError(type(value).__name__)


class Reporter(logging.Handler):
    """Hands each error to a thread that sends it; when Sentry is slow or away, it is dropped."""

    def __init__(self, dsn: str, release: str) -> None:
        super().__init__(logging.ERROR)
        self._dsn, self._release = dsn, release
        self._lines = logs.JsonFormatter()
        self._begin()
        atexit.register(self.close)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_SENDING):
            return
        if record.name == "django.request" and not record.exc_info:
            # Django's word that an answer was a 5xx: a failure was told of before, a store that is away is an alert.
            return
        try:
            if self._process != os.getpid():
                # The parent's queue and thread, and the locks of both, stay the parent's.
                self._begin()
            line = json.loads(self._lines.format(record))
            self._client.capture_event(cast("Event", _event_of(line, record)))
        except (ValueError, TypeError, LookupError, AttributeError, RuntimeError, OSError):
            # Who fails to tell of an error must not make another, and the line itself is in the log.
            return

    def close(self) -> None:
        if self._process == os.getpid():
            self._client.close(timeout=LAST_CALL_S)
        super().close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._client = sentry_sdk.Client(
            dsn=self._dsn,
            release=self._release,
            before_send=last_look,
            # Nothing looks into frameworks by itself, nothing is remembered on the way to an error, and without
            # `data_collection` the SDK's own answer to personal data is no.
            default_integrations=False,
            auto_enabling_integrations=False,
            max_breadcrumbs=0,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            auto_session_tracking=False,
            send_client_reports=False,
            enable_backpressure_handling=False,
            enable_metrics=False,
            server_name="",
            shutdown_timeout=LAST_CALL_S,
        )


def _event_of(
    line: dict[str, Any],  # Any: a log line is of many types
    record: logging.LogRecord,
) -> dict[str, object]:
    request = record.__dict__.get("request")
    if isinstance(request, HttpRequest):
        # Django's own line of a page that failed.
        line = facts_of(request) | line
    task = record.__dict__.get("data")
    name = task.get("name") if isinstance(task, dict) else None
    tags = {key: value for key, value in line.items() if key not in _SAID_ELSEWHERE}
    event: dict[str, object] = {
        "level": {"critical": "fatal"}.get(line["level"], line["level"]),
        "logger": line["logger"],
        "logentry": {"formatted": line["event"]},
        "tags": {key: str(value) for key, value in tags.items()},
        "transaction": str(line.get("route") or name or line["logger"]),
    }
    if "user_id" in line:
        event["user"] = {"id": str(line["user_id"])}
    if "exceptions" in line:
        # Sentry wants the cause first and what was raised last.
        event["exception"] = {"values": [_told(one) for one in reversed(line["exceptions"])]}
    return event


def _told(exception: dict[str, Any]) -> dict[str, object]:  # Any: as above
    facts = {key: value for key, value in exception.items() if key not in {"type", "frames"}}
    return {
        "type": exception["type"],
        "value": ", ".join(f"{key}={value}" for key, value in facts.items()),
        "stacktrace": {"frames": [_frame(frame) for frame in exception["frames"]]},
    }


def _frame(frame: str) -> dict[str, object]:
    place, _, function = frame.rpartition(" ")
    file, _, number = place.rpartition(":")
    ours = "/apps/" in file or "/uma/" in file
    return {"filename": file, "lineno": int(number), "function": function, "in_app": ours}
