"""Every hostile body on every route that takes one: a problem of the client, never ours."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.test import Client

from tests.contract.policy.rows import ROWS as TABLE
from tests.contract.routes import Route
from tests.kernel.json_cases import ODD, REFUSED
from uma.kernel.http.authentication import issue_access_token

PERSON = UUID("01932e4a-0000-7000-8000-000000000001")
SIDES = {"merchant": "owner", "rider": "rider", "operator": "operator"}
TAKES_A_BODY = {"POST", "PUT", "PATCH"}
ROWS = {Route(row.method, row.path): row.who for row in TABLE if row.method in TAKES_A_BODY}


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(ROWS), ids=str)
def test_no_body_makes_a_route_fail(client: Client, route: Route) -> None:
    role = next((role for role, actor in SIDES.items() if actor in ROWS[route]), "rider")
    token = issue_access_token(user_id=PERSON, role=role, session_id=uuid4(), now=datetime.now(UTC))
    address = re.sub(r"{[^}]+}", str(PERSON), route.path)
    wrong: list[str] = []

    for name, case in (REFUSED | ODD).items():
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
        if case.encoding:
            headers["Content-Encoding"] = case.encoding
        response = client.generic(
            route.method, address, case.body, content_type=case.content_type, headers=headers
        )
        is_problem = response.headers.get("Content-Type") == "application/problem+json"
        if not (400 <= response.status_code < 500 and is_problem):
            wrong.append(f"{name}: {response.status_code}")

    assert wrong == []
