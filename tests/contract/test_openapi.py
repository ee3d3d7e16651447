import difflib
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.contract.routes import api_routes
from uma.kernel.http.names import VERBATIM
from uma.kernel.http.views import described

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
UNDESCRIBED = {"/api/schema", "/api/docs"}


def read(text: str | bytes) -> Any:  # Any: YAML
    """Read a document of tens of thousands of lines, which the loader in Python takes seconds for."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in described()["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def test_the_committed_description_is_the_code(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", "--file", str(fresh), "--fail-on-warn", "--validate")

    change = list(
        difflib.unified_diff(
            SNAPSHOT.read_text().splitlines(),
            fresh.read_text().splitlines(),
            "docs/openapi.yaml",
            "the code",
            lineterm="",
            n=1,
        )
    )

    assert not change, "\n".join(["run `make schema` and read the diff:", *change[:80]])


def test_the_description_is_valid_openapi_3_1() -> None:
    document = read(SNAPSHOT.read_text())

    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_is_described() -> None:
    described_routes = {(method.upper(), path) for method, path, _ in operations()}
    served = {(route.method, route.path) for route in api_routes()}

    missing = {route for route in served - described_routes if route[1] not in UNDESCRIBED}
    assert missing == set()


def _names(node: Any) -> set[str]:  # Any: a piece of a JSON Schema
    found: set[str] = set()
    if isinstance(node, list):
        for item in node:
            found |= _names(item)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            found |= set(node["properties"])
        for item in node.values():
            found |= _names(item)
    return found


def test_names_are_camel_case_everywhere() -> None:
    document = described()
    parameters = {
        parameter["name"]
        for _, _, operation in operations()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }

    snake = {name for name in _names(document) | parameters if "_" in name}

    assert snake <= VERBATIM


def test_every_operation_says_which_problems_it_can_answer() -> None:
    silent = [
        f"{method} {path}"
        for method, path, operation in operations()
        if path.startswith("/api/") and "429" not in operation["responses"]
    ]

    assert silent == []


def test_what_is_not_public_can_answer_401_and_403() -> None:
    lacking = [
        f"{method} {path}"
        for method, path, operation in operations()
        if any(operation.get("security", [])) and not {"401", "403"} <= set(operation["responses"])
    ]

    assert lacking == []


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("application/json", "json"), ("application/yaml", "yaml"), ("*/*", "openapi")],
)
def test_the_schema_is_served(client: Client, accept: str, kind: str) -> None:
    response = client.get("/api/schema", headers={"Accept": accept})

    assert response.status_code == 200
    assert kind in response["Content-Type"]
    assert read(response.content)["info"]["title"] == "UMA"


def test_the_documentation_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs").content.decode()

    assert "swagger-ui" in page
    assert "https://" not in page
    assert "cdn" not in page
