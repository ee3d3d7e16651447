"""Errors that arrive at a real Sentry address through the real SDK, and what never arrives there."""

import json
import logging
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.sink import Sink, sink
from uma.kernel.error_reports import Reporter, last_look
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.http.permissions import IsAuthenticated

pytestmark = pytest.mark.urls(__name__)
PHONE = "+919876543210"
NAME = "Lakshmi Narayanan"
EMAIL = "lakshmi@example.in"
PERSON = uuid4()
PLANTED = (PHONE, PHONE[3:], NAME, EMAIL, "eyJ", "a-cookie", "a-body")


class FailingView(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request: Request) -> Response:  # type: ignore[return]  # it never does
        called: Any = request.data  # a local variable with all of it
        try:
            called[f"{NAME} {PHONE}"]
        except KeyError as cause:
            raise ValueError(NAME, PHONE, called, request.headers["Authorization"]) from cause


def failing_page(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(request.headers["Cookie"], NAME)


urlpatterns = [path("api/failing", FailingView.as_view()), path("failing", failing_page)]


@contextmanager
def told(address: str) -> Iterator[Reporter]:
    """Tell errors to an address, as LOGGING has it done."""
    reporter = Reporter(f"http://a-key@{address}/1", "a-release")
    logging.getLogger().addHandler(reporter)
    try:
        yield reporter
    finally:
        logging.getLogger().removeHandler(reporter)
        reporter.close()


def events(
    came: list[tuple[str, bytes]], without: Sequence[str] = PLANTED
) -> list[dict[str, Any]]:  # Any: Sentry's documents
    """Return what the envelopes carry: a line for it, for each item, and its payload."""
    found = []
    for _, envelope in came:
        assert not [word for word in without if word in envelope.decode()], envelope
        lines = [json.loads(line) for line in envelope.splitlines()]
        assert lines[1]["type"] == "event"
        found.append(lines[2])
    return found


def fail(client: Client) -> int:
    client.raise_request_exception = False
    now = datetime.now(UTC)
    token = issue_access_token(user_id=PERSON, role="rider", session_id=uuid4(), now=now)
    answer = client.post(
        f"/api/failing?phone={PHONE}",
        {"name": NAME, "phone": PHONE, "email": EMAIL, "text": "a-body"},
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {token}",
            "Cookie": "session=a-cookie",
            "X-Request-ID": "support-case-44",
            "X-Name": NAME,
        },
    )
    return answer.status_code


@pytest.fixture
def arriving() -> Iterator[Sink]:
    with sink() as one:
        yield one


def test_a_failed_request_arrives_with_its_id_and_route_and_nothing_of_the_person(
    client: Client, arriving: Sink
) -> None:
    with told(arriving.address):
        assert fail(client) == 500
        arriving.wait()
    (event,) = events(arriving.came)

    assert arriving.came[0][0] == "/api/1/envelope/"
    assert event["transaction"] == "api/failing"
    assert event["tags"] == {
        "request_id": "support-case-44", "method": "POST", "route": "api/failing", "actor": "rider",
    }  # fmt: skip
    assert event["user"] == {"id": str(PERSON)}
    assert event["release"] == "a-release"
    cause, raised = event["exception"]["values"]
    assert (cause["type"], raised["type"]) == ("KeyError", "ValueError")
    last = raised["stacktrace"]["frames"][-1]
    assert last["function"] == "post"
    assert last.keys() == {"filename", "lineno", "function", "in_app"}


def test_a_failed_page_arrives_with_its_route(client: Client, arriving: Sink) -> None:
    client.raise_request_exception = False
    with told(arriving.address):
        answer = client.get("/failing", headers={"Cookie": "session=a-cookie"})
        (event,) = events(arriving.wait())

    assert answer.status_code == 500
    assert event["transaction"] == "failing"
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"


def test_what_nobody_can_vouch_for_is_not_sent(arriving: Sink) -> None:
    assert last_look({"message": NAME, "extra": {"x": NAME}, "level": "error"}, {}) == {
        "level": "error"
    }
    assert last_look({"tags": {"x": f"call {PHONE}"}}, {}) == {"tags": {"x": "call [redacted]"}}
    with pytest.raises(TypeError):
        last_look({"tags": {"x": object()}}, {})  # type: ignore[dict-item]  # that is the point
    with told(arriving.address) as reporter:
        # The control: the same client sends what may be sent, and only that.
        reporter._client.options["before_send"] = lambda *_: 1 / 0
        reporter._client.capture_event({"level": "error"})
        reporter._client.options["before_send"] = last_look
        reporter._client.capture_event({"level": "fatal"})
        (event,) = events(arriving.wait())

    assert event["level"] == "fatal"
    assert len(arriving.came) == 1


def took_s(client: Client) -> float:
    """Return how long more failing requests take than the queue of reports holds."""
    began = time.monotonic()
    assert {fail(client) for _ in range(150)} == {500}
    return time.monotonic() - began


@pytest.mark.parametrize("sentry", ["away", "frozen"])
def test_a_dead_sentry_slows_no_request(client: Client, sentry: str) -> None:
    fail(client)
    plain_s = took_s(client)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if sentry == "frozen":
            deaf.listen()
        with told(f"127.0.0.1:{deaf.getsockname()[1]}"):
            told_s = took_s(client)
            ended = time.monotonic()
        # What is left is given half a second when the process ends.
        assert time.monotonic() - ended < 2

    # One that waited for an answer would take thirty seconds.
    assert told_s < 5 * plain_s + 5
