"""Calling the API as somebody."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from rest_framework.test import APIClient

from tests.merchants.making import NOON
from uma.kernel.http.authentication import issue_access_token


def client(user_id: UUID, role: str) -> APIClient:
    """Return a client that presents a token of this person in this role."""
    token = issue_access_token(
        user_id=user_id, role=role, session_id=uuid4(), now=datetime.now(tz=NOON.tzinfo)
    )
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return caller


def rider() -> APIClient:
    return client(uuid4(), "rider")


def send(caller: APIClient, method: str, path: str, body: Any = None) -> Any:  # Any: JSON
    return getattr(caller, method)(path, body, format="json")


def soon(minutes: int = 1) -> str:
    return (timezone.now() + timedelta(minutes=minutes)).isoformat()
