import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client

from tests.contract.permission_table import ALLOWED, TABLE
from tests.contract.routes import Route, api_patterns, api_routes
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.http.permissions import DenyAll

CALLERS = ("stranger", "rider", "merchant", "operator")
ROWS = {Route(method, path): who for method, path, who in TABLE}


def headers_of(caller: str) -> dict[str, str]:
    if caller == "stranger":
        return {}
    token = issue_access_token(
        user_id=uuid4(), role=caller, session_id=uuid4(), now=datetime.now(UTC)
    )
    return {"Authorization": f"Bearer {token}"}


def test_the_table_and_the_urlconf_name_the_same_routes() -> None:
    assert len(ROWS) == len(TABLE), "a route stands twice in the table"
    served, named = set(api_routes()), set(ROWS)

    assert sorted(map(str, served - named)) == [], "served, but nobody decided who may call it"
    assert sorted(map(str, named - served)) == [], "in the table, but not served"


def test_every_view_says_who_may_call_it() -> None:
    silent = [
        str(route)
        for route, view in api_routes().items()
        if not view.permission_classes or DenyAll in view.permission_classes
    ]

    assert silent == []


def test_no_path_is_served_twice() -> None:
    paths = [path for path, _ in api_patterns()]

    assert len(paths) == len(set(paths))


@pytest.mark.django_db
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", sorted(ROWS), ids=str)
def test_a_caller_gets_the_status_of_the_table(client: Client, route: Route, caller: str) -> None:
    outside: int | str = 401 if caller == "stranger" else "permission_denied"
    expected = ROWS[route].get(caller, outside)
    address = re.sub(r"{[^}]+}", lambda _: str(uuid4()), route.path)

    response = client.generic(
        route.method,
        address,
        b"" if route.method == "GET" else b"{}",
        content_type="application/json",
        headers=headers_of(caller) | {"Idempotency-Key": uuid4().hex},
    )

    if expected == ALLOWED:
        assert response.status_code not in {401, 403, 429}
        assert response.status_code < 500
    elif isinstance(expected, str):
        assert (response.status_code, response.json()["code"]) == (403, expected)
    else:
        assert response.status_code == expected
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
