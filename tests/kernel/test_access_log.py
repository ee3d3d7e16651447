import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from uma.kernel import context
from uma.kernel.http.authentication import issue_access_token

pytestmark = pytest.mark.urls("tests.kernel.urls")
Lines = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def written(settings: Settings) -> None:
    """As production writes."""
    settings.ACCESS_LOG = True
    settings.DEBUG = False


def test_a_request_is_one_line_with_its_route_and_without_its_query(
    client: Client, capfd: Lines
) -> None:
    person_id = uuid4()
    token = issue_access_token(
        user_id=person_id, role="merchant", session_id=uuid4(), now=datetime.now(UTC)
    )

    answer = client.get(
        "/problems/busy?phone=919876543210", headers={"Authorization": f"Bearer {token}"}
    )
    client.get("/api/who", headers={"Authorization": f"Bearer {token}"})

    first, second = map(json.loads, capfd.readouterr().err.splitlines())
    assert first["route"] == "problems/<slug:code>"
    assert first["request_id"] == answer["X-Request-ID"]
    assert (second["route"], second["status"], second["actor"]) == ("api/who", 200, "merchant")
    assert ("user_id" in first, second["user_id"]) == (False, str(person_id))


def test_what_a_caller_invents_stands_in_no_line(client: Client, capfd: Lines) -> None:
    client.generic("FORGED\n{}", "/api/none/919876543210")

    line = json.loads(capfd.readouterr().err)
    assert (line["method"], line["route"]) == ("OTHER", "unmatched")


def test_after_the_answer_nothing_belongs_to_the_request(client: Client) -> None:
    client.get("/api/open", headers={"X-Request-ID": "support-case-42"})

    context.about(zone="MNP")
    client.get("/api/open", headers={"X-Request-ID": "support-case-42"})

    assert context.request_id() == "-"
    assert context.address() is None
    assert context.facts() == {}


def test_the_line_can_be_left_out(client: Client, settings: Settings, capfd: Lines) -> None:
    settings.ACCESS_LOG = False

    client.get("/api/open")

    assert capfd.readouterr().err == ""
