"""What the platform writes in production: JSON on every line, one id from request to worker."""

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery

from tests.kernel.test_checks import PRODUCTION
from tests.kernel.test_error_reports import events
from tests.kernel.test_tracing import said, spans
from tests.kernel.valkey import OwnValkey
from tests.sink import Sink, sink
from uma.kernel import context, queue
from uma.stack import ports, programs
from uma.stack.folder import ROOT

PHONE = "+919876543210"
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLW5vYm9keQ"
Until = Callable[[Callable[[], bool], float], None]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[OwnValkey]:
    server = OwnValkey(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def production(valkey: OwnValkey, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a production process, on this test's own Valkey."""
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    stores = {"REDIS_URL": valkey.url}
    ours = {name: value for name, value in PRODUCTION.items() if not name.endswith("_URL")}
    hosts = {"UMA_ALLOWED_HOSTS": ports.HOST, "UMA_CONSOLE_HOST": ports.HOST}
    return ours | stores | hosts | {"UMA_SSL_REDIRECT": "0"}


def lines(log: Path) -> list[dict[str, Any]]:
    """Every line of a log; each must be a JSON object, but for Celery's last words."""
    said = [line for line in log.read_text().splitlines() if line]
    return [json.loads(line) for line in said if not line.startswith("worker: Warm shutdown")]


def test_every_line_of_a_web_process_is_json_and_no_secret_is_in_it(
    production: dict[str, str], tmp_path: Path
) -> None:
    port = ports.any_free()
    server = programs.web(
        host=ports.HOST,
        port=port,
        workers=1,
        environment={
            **production,
            "GRANIAN_LOG_CONFIG": str(ROOT / "deploy" / "granian-log.json"),
        },
        logs=tmp_path,
    )
    server.start()
    try:
        connection = http.client.HTTPConnection(ports.HOST, port, timeout=20)
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "X-Request-ID": "support-case-42",
            "User-Agent": f"phone {PHONE}",
        }
        connection.request("GET", f"/api/campaigns?phone={PHONE}", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["X-Request-ID"]) == (401, "support-case-42")
        answer.read()
        connection.request("GET", f"/admin/login/{PHONE}")
        connection.getresponse().read()
        connection.close()
    finally:
        server.stop()

    log = tmp_path / "web.log"
    written = lines(log)
    text = log.read_text()
    assert PHONE not in text
    assert TOKEN not in text
    (line,) = (line for line in written if line["request_id"] == "support-case-42")
    assert line["ms"] > 0
    del line["ms"], line["timestamp"]
    assert line == {
        "level": "info",
        "logger": "uma.access",
        "event": "request",
        "request_id": "support-case-42",
        "method": "GET",
        "route": "api/campaigns",
        "status": 401,
        "actor": "stranger",
    }
    assert "_granian" in {line["logger"] for line in written}


def test_a_workers_lines_carry_the_id_of_the_request_that_left_the_message_and_so_do_its_errors(
    production: dict[str, str], valkey: OwnValkey, tmp_path: Path, until: Until
) -> None:
    outbound = queue._Outbound()
    sender = Celery("sender", broker=valkey.url, set_as_current=False)

    @sender.task(name="apps.handshake.tasks.announce")
    def task(**_: object) -> None:
        raise AssertionError("the worker's own runs instead")

    with sink() as sentry, sink() as traces:
        production |= {
            "UMA_SENTRY_DSN": f"http://a-key@{sentry.address}/1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{traces.address}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        worker = programs.worker(concurrency=1, environment=production, logs=tmp_path)
        worker.start()
        context.begin(context.Origin("support-case-43"))
        try:
            assert outbound.put(queue._Message(task, {}, id=str(uuid4())))
            log = tmp_path / "worker.log"
            until(lambda: "support-case-43" in log.read_text(), 20)
            sender.send_task(
                "uma.run_job",
                # No job of ours: it fails with this very text.
                kwargs={"job": f"call {PHONE}"},
                headers={queue.REQUEST_ID: "support-case-45"},
                queue="jobs",
            )
            until(lambda: bool(came("AssertionError", sentry)), 20)
            until(lambda: "uma.run_job" in {one.name for one in spans(traces.came)}, 20)
        finally:
            context.end()
            worker.stop()

        (failed,) = came("AssertionError", sentry)
    assert failed["transaction"] == "uma.run_job"
    assert failed["tags"]["request_id"] == "support-case-45"
    assert {line["request_id"] for line in lines(log)} >= {"support-case-43", "-"}
    (traced,) = (one for one in spans(traces.came) if one.name == "uma.run_job")
    assert said(traced)["uma.request_id"] == "support-case-45"
    assert PHONE not in str(traces.came)


def came(kind: str, sentry: Sink) -> list[dict[str, Any]]:
    """The errors of a kind that arrived; what the missing stores cause may be among the others."""
    return [
        event
        for event in events(sentry.came, without=[PHONE])
        if event.get("exception", {"values": [{"type": ""}]})["values"][-1]["type"] == kind
    ]
