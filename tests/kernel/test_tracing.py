"""Traces that arrive at a real collector's address through the real SDK, and what is in none of them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from apps.accounts.models import User
from tests.factories import bearer, code_of, make_booking, make_shop
from tests.sink import Sink, sink
from uma.kernel import tracing
from uma.stack.folder import ROOT

PHONE = "+919876543210"


def spans(came: list[tuple[str, bytes]]) -> list[Any]:  # Any: the protocol's generated classes
    assert {path for path, _ in came} <= {"/v1/traces"}
    return [
        span
        for _, body in came
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def said(span: Any) -> dict[str, Any]:  # Any: as above
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


@contextmanager
def traced(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{address}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    provider = tracing.begin()
    tracing._watch(connection)
    try:
        yield
    finally:
        tracing._tracer = None
        connection.execute_wrappers.remove(tracing._statement)
        provider.shutdown()


@pytest.fixture
def collector() -> Iterator[Sink]:
    with sink() as one:
        yield one


def scan(client: Client) -> int:
    now = timezone.now()
    shop = make_shop(now=now)
    booking = make_booking(shop, now=now)
    headers = bearer(shop.owner_id, "merchant", now=now) | {"X-Request-ID": "support-case-46"}
    answer = client.post(
        "/api/handshake/execute",
        {"qrData": code_of(booking, at=now)},
        content_type="application/json",
        headers=headers,
    )
    return answer.status_code


@pytest.mark.django_db(transaction=True)
def test_a_scans_trace_has_its_request_and_its_statements_and_no_value(
    client: Client, collector: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traced(collector.address, monkeypatch):
        assert scan(client) == 200
    came = spans(collector.came)

    (request,) = (one for one in came if one.name.startswith("POST "))
    assert request.name == "POST api/handshake/execute"
    assert said(request) == {
        "uma.request_id": "support-case-46",
        "http.request.method": "POST",
        "http.route": "api/handshake/execute",
        "http.response.status_code": 200,
        "uma.actor": "merchant",
    }
    inside = [one for one in came if one.parent_span_id == request.span_id]
    assert {one.name for one in inside} >= {"scan_lock", "scan_settle"}
    assert {said(one)["db.system.name"] for one in inside} == {"postgresql"}
    assert {said(one)["uma.request_id"] for one in inside} == {"support-case-46"}
    assert {one.trace_id for one in inside} == {request.trace_id}


@pytest.mark.django_db
def test_what_a_statement_is_given_or_fails_with_is_not_told(
    collector: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with traced(collector.address, monkeypatch):
        assert not Group.objects.filter(name=PHONE).exists()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT '{PHONE}', 'it''s'")
        with pytest.raises(ValueError, match="9876"), tracing.span("failing"):
            raise ValueError(PHONE)
    found, written, failed = spans(collector.came)

    assert PHONE not in str(collector.came)
    assert "%s" in said(found)["db.query.text"]
    assert said(written)["db.query.text"] == "SELECT ?, ?"
    assert said(failed)["error.type"] == "ValueError"
    assert not failed.events


@pytest.mark.django_db
def test_a_frozen_collector_slows_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
        with traced(f"127.0.0.1:{deaf.getsockname()[1]}", monkeypatch):
            began = time.monotonic()
            # More than its queue takes.
            for _ in range(3_000):
                with tracing.span("one"):
                    pass
            assert time.monotonic() - began < 2
            began = time.monotonic()
            assert User.objects.count() == 0
            assert time.monotonic() - began < 0.5


def test_without_an_address_nothing_of_it_is_loaded() -> None:
    # redis-py loads of OpenTelemetry what it finds, so these are loaded without it.
    say = (
        "import sys, uma.settings, uma.kernel.tracing, uma.kernel.logs;"
        " print([m for m in ('sentry_sdk', 'opentelemetry') if m in sys.modules])"
    )
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "", "UMA_SENTRY_DSN": ""}

    done = subprocess.run(
        [sys.executable, "-c", say], cwd=ROOT, env=environment, check=True, capture_output=True,
    )  # fmt: skip

    assert done.stdout.strip() == b"[]"
