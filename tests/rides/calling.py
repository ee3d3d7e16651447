"""The API as a signed-in person calls it."""

from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone

from tests.factories import bearer


class Api:
    """A signed-in person's HTTP client."""

    def __init__(self, user_id: UUID, role: str = "rider") -> None:
        self.client = Client()
        self.headers = bearer(user_id, role, now=timezone.now())

    def get(self, path: str, **headers: str) -> Any:  # Any: Django's test response
        return self.client.get(f"/api{path}", headers=self.headers | headers)

    def delete(self, path: str) -> Any:  # Any: as above
        return self.client.delete(f"/api{path}", headers=self.headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:  # Any: as above
        return self.client.post(
            f"/api{path}",
            body if body is not None else {},
            content_type="application/json",
            headers=self.headers | {name.replace("_", "-"): text for name, text in headers.items()},
        )

    def put(self, path: str, body: object = None, **headers: str) -> Any:  # Any: as above
        return self.client.put(
            f"/api{path}",
            body if body is not None else {},
            content_type="application/json",
            headers=self.headers | {name.replace("_", "-"): text for name, text in headers.items()},
        )


def problem(response: Any, status: int, code: str) -> dict[str, Any]:  # Any: a JSON document
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"] == f"/problems/{code}"
    assert body["success"] is False
    assert body["message"] == body["detail"]
    return body
