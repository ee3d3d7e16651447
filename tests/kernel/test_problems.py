import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import psycopg_pool
import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings
from rest_framework import serializers

from uma.kernel.errors import DomainError
from uma.kernel.http import errors
from uma.kernel.http.problems import problem_headers, refusal_of

pytestmark = pytest.mark.urls("tests.kernel.urls")
JSON = "application/json"
MEMBERS = {"type", "title", "status", "detail", "success", "message", "code", "applied"}


def post(client: Client, path: str, body: dict[str, Any]) -> Any:  # Any: the client's response
    return client.post(path, body, content_type=JSON)


def test_a_problem_has_every_member_and_the_requests_id(client: Client) -> None:
    response = client.get("/api/nowhere", headers={"X-Request-ID": "support-case-42"})

    problem = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert response["X-Request-ID"] == problem["requestId"] == "support-case-42"
    assert set(problem) == MEMBERS | {"requestId"}
    assert problem["type"] == "/problems/not_found"
    assert problem["status"] == response.status_code == 404
    assert problem["success"] is False
    assert problem["message"] == problem["detail"]
    assert problem["applied"] == "definitely_not"


@pytest.mark.parametrize("offered", ["short", "a" * 65, "white space", "new\nline", "é" * 10])
def test_an_id_that_could_spoil_the_log_is_replaced(client: Client, offered: str) -> None:
    response = client.get("/api/open", headers={"X-Request-ID": offered})

    assert response["X-Request-ID"] != offered
    assert len(response["X-Request-ID"]) == 32


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_unknown_path_is_not_found_by_any_method(client: Client, method: str) -> None:
    response = client.generic(method, "/api/nowhere/at/all")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO"])
def test_a_method_that_is_not_served_is_refused(client: Client, method: str) -> None:
    response = client.generic(method, "/api/open")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_a_method_override_is_ignored(client: Client) -> None:
    response = client.post("/api/open", headers={"X-HTTP-Method-Override": "GET"})

    assert response.status_code == 405


def test_validation_points_at_each_field_by_its_wire_name(client: Client) -> None:
    body = {
        "billAmount": -1,
        "seatCount": "3",
        "isNew": "yes",
        "place": {"position": {"latitude": 91, "longitude": 1}},
        "places": [{"labelText": "ok"}, {"labelText": 5}],
    }

    response = post(client, "/api/echo", body)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert {error["pointer"] for error in response.json()["errors"]} == {
        "/billAmount",
        "/seatCount",
        "/isNew",
        "/place/labelText",
        "/place/position/latitude",
        "/places/1/labelText",
    }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"zzz": 1}, "/zzz"),
        ({"place": {"labelText": "x", "isStaff": True}}, "/place/isStaff"),
        ({"places": [{"labelText": "x", "more": 1}]}, "/places/more"),
        ({"bill_amount": 1}, "/bill_amount"),
    ],
)
def test_a_field_that_nobody_reads_is_refused_at_any_depth(
    client: Client, body: dict[str, Any], pointer: str
) -> None:
    response = post(client, "/api/echo", body)

    assert (response.status_code, response.json()["code"]) == (400, "unknown_field")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize("text", ["a\u202eb", "a\u0007b", "a\u2066b", "\ufeffa", "\u2028"])
def test_text_that_lies_about_its_direction_is_refused(client: Client, text: str) -> None:
    assert post(client, "/api/echo", {"place": {"labelText": text}}).status_code == 422


@pytest.mark.parametrize("text", ["ಮಣಿಪಾಲ", "क्‍ष", "👩‍👩‍👧", "two\nlines", "Café ₹5"])
def test_text_in_any_script_is_accepted(client: Client, text: str) -> None:
    assert post(client, "/api/echo", {"place": {"labelText": text}}).status_code == 200


def test_a_bug_tells_its_story_to_the_log_only(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False

    with caplog.at_level(logging.ERROR):
        response = client.get("/api/bug")

    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert b"hunter2" not in response.content
    assert b"RuntimeError" not in response.content
    assert b"Traceback" not in response.content
    assert response.json()["applied"] == "maybe"
    assert response.json()["requestId"] == response["X-Request-ID"]
    assert "hunter2" in caplog.text


def test_debug_shows_no_trace_in_the_api_either(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    client.raise_request_exception = False

    response = client.get("/api/bug")

    assert response.status_code == 500
    assert b"hunter2" not in response.content


def test_a_request_that_is_still_running_is_told_when_to_return(client: Client) -> None:
    response = post(client, "/api/running", {})

    assert (response.status_code, response["Retry-After"]) == (409, "1")
    assert response.json()["code"] == "request_in_progress"


def test_a_strange_host_is_refused_as_a_problem(client: Client) -> None:
    response = client.get("/api/list?limit=1", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert b"evil" not in response.content


def test_an_answer_of_the_api_is_not_stored_anywhere(client: Client) -> None:
    assert client.get("/api/open")["Cache-Control"] == "no-store"


# --- what PostgreSQL says ------------------------------------------------------------------------


@pytest.fixture
def locked_row(transactional_db: None) -> Iterator[None]:  # noqa: ARG001  # rows must be committed
    """A row that another session holds."""
    Group.objects.create(name="locked")
    parameters = connection.get_connection_params()
    names = {"dbname", "user", "password", "host", "port"}
    address = {name: parameters[name] for name in names & parameters.keys()}
    with psycopg.connect(**address) as holder:
        holder.execute("SELECT 1 FROM auth_group WHERE name = 'locked' FOR UPDATE")
        yield


@pytest.mark.usefixtures("locked_row")
def test_a_row_held_by_another_is_busy(client: Client) -> None:
    response = post(client, "/api/lock", {})

    assert (response.status_code, response.json()["code"]) == (409, "busy")
    assert response["Retry-After"] == "1"
    assert response.json()["applied"] == "definitely_not"


def raising(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("state", "status", "code", "applied"),
    [
        ("55P03", 409, "busy", "definitely_not"),
        ("40P01", 409, "busy", "definitely_not"),
        ("40001", 409, "busy", "definitely_not"),
        ("53300", 503, "unavailable", "definitely_not"),
        ("25006", 503, "unavailable", "definitely_not"),
        ("22003", 422, "validation_failed", "definitely_not"),
        ("57014", 503, "maybe_applied", "maybe"),
        ("57P01", 503, "maybe_applied", "maybe"),
        ("08006", 503, "maybe_applied", "maybe"),
    ],
)
def test_what_the_database_says_is_what_the_client_learns(
    client: Client, state: str, status: int, code: str, applied: str
) -> None:
    response = post(client, "/api/sql", {"sql": raising(state)})

    problem = response.json()
    assert (response.status_code, problem["code"], problem["applied"]) == (status, code, applied)


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_too_long_may_have_been_applied(client: Client) -> None:
    slow = "SET statement_timeout = 50; SELECT pg_sleep(5)"
    try:
        response = post(client, "/api/sql", {"sql": slow})
    finally:
        connection.close()

    assert (response.status_code, response.json()["applied"]) == (503, "maybe")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_leaves_the_outcome_open(client: Client) -> None:
    try:
        response = post(client, "/api/dying", {})
    finally:
        connection.close()

    assert (response.status_code, response.json()["code"]) == (503, "maybe_applied")
    assert response["Retry-After"] == "2"
    assert post(client, "/api/sql", {"sql": "SELECT 1"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_driver_that_lost_its_place_leaves_the_outcome_open(client: Client) -> None:
    response = post(client, "/api/out-of-step", {})

    assert (response.status_code, response.json()["code"]) == (503, "maybe_applied")
    assert response["Retry-After"] == "2"


@pytest.mark.django_db(transaction=True)
def test_what_the_server_itself_calls_an_internal_error_stays_a_bug(client: Client) -> None:
    client.raise_request_exception = False

    assert post(client, "/api/sql", {"sql": raising("XX000")}).status_code == 500


@pytest.mark.django_db(transaction=True)
def test_a_mistake_in_our_sql_stays_a_bug(client: Client) -> None:
    client.raise_request_exception = False

    response = post(client, "/api/sql", {"sql": "SELECT nonsense"})

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")


def test_a_pool_without_a_connection_left_changed_nothing() -> None:
    error = OperationalError("no connection")
    error.__cause__ = psycopg_pool.PoolTimeout("30 s")

    assert isinstance(refusal_of(error), errors.Unavailable)


def test_a_refusal_is_its_own_problem() -> None:
    class Closed(DomainError):
        code = "closed_for_this_test"
        title = "Closed"
        status = 503
        retry_after_s = 7

    refusal = Closed("Not now.", until="2026-11-23")

    assert refusal_of(refusal) is refusal
    assert problem_headers(refusal) == {"Retry-After": "7"}


def test_a_validation_error_of_a_whole_object_points_at_the_object() -> None:
    refusal = refusal_of(serializers.ValidationError({"non_field_errors": ["No."]}))

    assert refusal is not None
    assert refusal.extra["errors"] == [{"pointer": "", "detail": "No."}]


def test_a_pointer_escapes_what_rfc_6901_escapes() -> None:
    refusal = refusal_of(serializers.ValidationError({"a/b~c": ["No."]}))

    assert refusal is not None
    assert refusal.extra["errors"] == [{"pointer": "/a~1b~0c", "detail": "No."}]


# --- the pages that explain ----------------------------------------------------------------------


def test_the_page_of_a_problem_says_what_to_do(client: Client) -> None:
    page = client.get("/problems/busy", headers={"Accept": "text/html"})
    document = client.get("/problems/busy", headers={"Accept": "application/json"})

    assert page["Content-Type"].startswith("text/html")
    assert "Somebody else is changing this right now" in page.content.decode()
    assert "Retry-After" in page.content.decode()
    assert document.json()["status"] == 409
    assert document.json()["advice"]


def test_a_problem_that_does_not_exist_has_no_page(client: Client) -> None:
    assert client.get("/problems/none_such").status_code == 404
