"""
Log lines: JSON in production, readable in DEBUG, and nothing in them that was not listed.

What a line may hold is an allow-list: keys by name, arguments of a message by type. A text that
nobody vouched for is shown as `[redacted]`, whoever wrote the line: Django, Celery, a library or
we. So log facts by key, `logger.info("signed in", extra={"sid": session_id})`, and list the key.
"""

import json
import logging
import re
from collections.abc import Mapping, MutableMapping
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog

from uma.kernel import context

REDACTED = "[redacted]"
MOST_CAUSES = 5
MOST_FRAMES = 30
LONGEST = 400

# Facts about the platform, never about a person: ids are ours and say nothing by themselves.
KEYS = frozenset(
    {
        "event", "level", "logger", "timestamp", "request_id", "exceptions",
        "method", "route", "status", "ms", "actor", "lane", "limit",
        "sid", "role", "outcome", "user_id", "key_id", "family_id",
        "task", "job", "attempts", "count", "seconds", "cause", "state",
        "handshake_id", "booking_id", "merchant_id", "outlet_id", "campaign_id", "zone", "export_id", "payout_id",
        "journey_id", "check", "row", "difference", "sqlstate", "constraint", "table", "code", "kid",
    }
)  # fmt: skip
# Celery names its arguments; what a task was given and what it returned are not among these.
CELERY_KEYS = frozenset({"name", "id", "runtime", "hostname", "reason"})
WARNINGS = "py.warnings"
_PLAIN = (bool, int, float, UUID, datetime, date, type(None))
# Exceptions whose text is made of code, not of data.
_WORDED = (
    ImportError, NameError, AttributeError, TypeError, RecursionError, NotImplementedError,
    ConnectionError, TimeoutError,
)  # fmt: skip

# The second line of defence, for texts that libraries put together by themselves.
_SECRETS = re.compile(
    r"eyJ[\w-]{8,}(?:\.[\w-]*)*"  # a JWT
    r"|uma_(?:live|test)_\w+"
    r"|UMA1[.:]\S+"  # a QR code
    r"|(?i:bearer|basic)\s+[\w.~+/=-]+"
    r"|(?<=://)[^/\s@]+:[^/\s@]+(?=@)"  # a password in an address
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|(?<![\w-])\+?\d(?:[ -]?\d){8,}(?![\w-])"  # a phone or card number
    r"|(?<![\w.-])[\w+/-]{41,}={0,2}(?![\w.-])"  # an opaque token; ids of ours are shorter
)
# C0 and C1 controls, line and paragraph separators, and what turns text around.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Return the text with every control character written out, so that it cannot forge a line."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def scrubbed(text: str) -> str:
    """Return the text on one line, without what looks like a secret or a person."""
    return one_line(_SECRETS.sub(REDACTED, text[:LONGEST]))


def _shown(value: object) -> object:
    """Return an argument of a message, if its type cannot carry anybody's data."""
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, BaseException):
        return type(value).__name__
    return REDACTED


def _message(logger: str, text: str, arguments: object) -> str:
    """Return a record's text: the template is code's own, its arguments pass by type."""
    if not arguments:
        return text
    allowed: Any = REDACTED  # Any: what % takes
    if logger == WARNINGS:
        # A warning of Python's: words and places of code.
        allowed = arguments
    elif isinstance(arguments, Mapping):
        known = CELERY_KEYS if logger.startswith("celery") else frozenset[str]()
        allowed = {
            key: value if key in known else _shown(value) for key, value in arguments.items()
        }
    elif isinstance(arguments, tuple):
        allowed = tuple(_shown(value) for value in arguments)
    try:
        said: str = text % allowed
    except (TypeError, ValueError, KeyError):
        # %d of what is no number any more: the template says enough.
        return text
    return said


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        place = code.co_filename.rpartition("site-packages/")[2]
        frames.append(f"{place}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-MOST_FRAMES:]


def told(exception: BaseException | None) -> list[dict[str, object]]:
    """
    Return an exception and its causes: types and places in the code.

    No local variables, and no text that may hold a value: PostgreSQL repeats a row in DETAIL and
    the value itself in many a message, so of its errors the state and the names are kept.
    """
    found: list[dict[str, object]] = []
    while exception is not None and len(found) < MOST_CAUSES:
        facts: dict[str, object] = {"type": type(exception).__name__}
        code = getattr(type(exception), "code", None)
        if isinstance(exception, _WORDED):
            facts["detail"] = scrubbed(str(exception))
        elif isinstance(code, str):
            facts["code"] = code
        state = getattr(exception, "sqlstate", None)
        if isinstance(state, str):
            facts["sqlstate"] = state
            diagnosis = getattr(exception, "diag", None)
            for fact, name in (("constraint", "constraint_name"), ("table", "table_name")):
                value = getattr(diagnosis, name, None)
                if value:
                    facts[fact] = value
        facts["frames"] = _frames(exception.__traceback__)
        found.append(facts)
        exception = exception.__cause__ or exception.__context__
    return found


Line = MutableMapping[str, Any]  # Any: structlog's own type of a line


def _read(logger: object, method: str, line: Line) -> Line:  # noqa: ARG001 — structlog's signature
    """Take from a record of the standard library, or of structlog, what may be shown."""
    record: logging.LogRecord = line["_record"]
    facts = line if line["_from_structlog"] else record.__dict__
    text = _message(record.name, str(line["event"]), line.get("positional_args"))
    stamp = datetime.fromtimestamp(record.created, UTC)
    shown: Line = {
        "timestamp": stamp.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": scrubbed(text),
        "request_id": context.request_id(),
    }
    for key in (KEYS & facts.keys()) - shown.keys() - {"exceptions"}:
        value = facts[key]
        shown[key] = scrubbed(value) if isinstance(value, str) else value
    for key, known in context.facts().items():
        shown.setdefault(key, known)
    hidden = sorted(facts.keys() - _OF_ITSELF - KEYS)
    if hidden and record.name.startswith(("uma", "apps")):
        shown[REDACTED] = hidden
    failure = line.get("exc_info")
    if isinstance(failure, tuple):
        shown["exceptions"] = told(failure[1])
    return shown


# What every record has by itself, and what formatters leave on it.
_OF_ITSELF = logging.makeLogRecord({}).__dict__.keys() | {
    "message", "asctime", "taskName", "event", "_record", "_from_structlog", "positional_args",
    "_logger", "_name", "stack_info",
}  # fmt: skip


def _allow(logger: object, method: str, line: Line) -> Line:  # noqa: ARG001 — as above
    """Drop what is not listed: the last step before the line is written."""
    return {key: value for key, value in line.items() if key in KEYS or key == REDACTED}


def to_json(line: object, **_: object) -> str:
    """Return a line as JSON; it has no line breaks inside."""
    # The standard library's: it takes any number and any half of a surrogate pair.
    return json.dumps(line, default=str)


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """One JSON object a line, by the allow-list."""

    def __init__(self) -> None:
        super().__init__(
            processors=[_read, _allow, structlog.processors.JSONRenderer(serializer=to_json)],
            use_get_message=False,
            pass_foreign_args=True,
        )


class ReadableFormatter(logging.Formatter):
    """For a developer's terminal: whole messages and traces, each message on one line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 — the standard library's
        stamp = datetime.fromtimestamp(record.created, UTC).isoformat(" ", "milliseconds")[:-6]
        facts = " ".join(
            f"{key}={record.__dict__[key]}" for key in sorted(KEYS & record.__dict__.keys())
        )
        text = f"{stamp} {record.levelname} {record.name} [{context.request_id()}] {record.message}"
        return one_line(f"{text} {facts}" if facts else text)


def settings_for(
    *, debug: bool, level: str, sentry: tuple[str, str] = ("", "")
) -> dict[str, Any]:  # Any: of many types
    """Return LOGGING for Django: one form, whoever writes; `sentry` is where errors go as well, and our release."""
    formatter = "ReadableFormatter" if debug else "JsonFormatter"
    handlers: dict[str, dict[str, str]] = {
        "console": {"class": "logging.StreamHandler", "formatter": "line"}
    }
    dsn, release = sentry
    if dsn:
        reporter = "uma.kernel.error_reports.Reporter"
        handlers["sentry"] = {"()": reporter, "dsn": dsn, "release": release}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{formatter}"}},
        "handlers": handlers,
        "loggers": {
            # They bring handlers of their own, which would say everything twice and otherwise.
            **{name: {"handlers": [], "level": "INFO"} for name in ("django", "celery")},
            "_granian": {"handlers": [], "level": "INFO", "propagate": True},
            # The worker's process pool; it passes nothing on by itself.
            "multiprocessing": {"handlers": list(handlers), "propagate": False},
            "django.server": {"handlers": [], "propagate": True},
            # Each of its tries to reach a Sentry that is away.
            "urllib3": {"handlers": [], "level": "ERROR"},
            # The access line has the refusals already.
            "django.request": {"handlers": [], "level": "ERROR"},
        },
        "root": {"handlers": list(handlers), "level": level},
    }
