"""
Where a request's time goes: traces told to a collector by OpenTelemetry (decisions/0056).

Off without an address, and then nothing of it is loaded. A span holds names of code, ids of ours and times:
never a value of a statement, an address, a header, or what an exception says. The SDK's own variables steer
the rest (OTEL_TRACES_SAMPLER and the like).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from django.db.backends.signals import connection_created
from django.http import HttpRequest

from uma.kernel import context
from uma.kernel.http.access_log import facts_of

Facts = Mapping[str, str | int]
POSTGRESQL: Facts = {"db.system.name": "postgresql"}
_LONGEST = 1_000
_WRITTEN_OUT = re.compile(r"'(?:[^']|'')*'")
_NOTHING: AbstractContextManager[Any] = nullcontext()  # Any: a span of the SDK's
_tracer: Any = None  # Any: the SDK is loaded when it is wanted
_running: dict[str, ExitStack] = {}


def begin() -> Any:  # Any: as above
    """Tell traces from here on and return who does: a thread sends them, and drops what it cannot send in time."""
    # Not at the top: nothing of it where nobody wants traces.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    global _tracer  # noqa: PLW0603  # one for the process
    # A process that ends does not wait for a collector.
    provider = TracerProvider(
        resource=Resource.create({"service.name": "uma"}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("uma")
    connection_created.connect(_watch, dispatch_uid="uma.tracing")
    return provider


def span(name: str, facts: Facts | None = None) -> AbstractContextManager[Any]:  # Any: as above
    """Return a block whose time is told, with the request's id; it yields `None` when nothing is."""
    return _NOTHING if _tracer is None else _told(name, facts or {})


def answered(one: Any, request: HttpRequest, status: int) -> None:  # Any: as above
    """Say of a request's span which route it was, as whom, and what came of it."""
    if one is None:
        return
    facts = facts_of(request)
    one.update_name(f"{facts['method']} {facts['route']}")
    one.set_attributes(
        {
            "http.request.method": facts["method"],
            "http.route": facts["route"],
            "http.response.status_code": status,
            "uma.actor": facts["actor"],
            # The middleware began the span before it knew the id.
            "uma.request_id": context.request_id(),
        }
    )


def task_begins(task_id: str, name: str) -> None:
    """Open a task's span; Celery tells beginning and end apart."""
    if _tracer is not None:
        _running[task_id] = stack = ExitStack()
        stack.enter_context(span(name))


def task_ends(task_id: str) -> None:
    """Close it."""
    stack = _running.pop(task_id, None)
    if stack is not None:
        stack.close()


@contextmanager
def _told(name: str, facts: Facts) -> Iterator[Any]:  # Any: as above
    attributes = {"uma.request_id": context.request_id(), **facts}
    # What an exception says may hold a value, so only that there was one is told.
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as one:
        try:
            yield one
        except BaseException as failure:
            one.set_attribute("error.type", type(failure).__name__)
            raise


def _watch(connection: Any, **_: object) -> None:  # Any: Django's connection
    # Django tells of every connection that its pool gives out.
    if _statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_statement)


def _statement(
    execute: Callable[..., object], sql: object, params: object, many: object, facts: object
) -> object:
    """Run a statement of the ORM's; what it is given stays out, and so does what stands in it in quotes."""
    text = _WRITTEN_OUT.sub("?", sql if isinstance(sql, str) else "")[:_LONGEST]
    with span(text.partition(" ")[0] or "statement", {**POSTGRESQL, "db.query.text": text}):
        return execute(sql, params, many, facts)
