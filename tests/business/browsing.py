"""The apps' pages as a browser with a session asks for them."""

from datetime import UTC, datetime
from uuid import UUID

from django.test import Client

from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id


def signed_in(user_id: UUID, *, role: str = "merchant", language: str = "") -> Client:
    """Return a browser in which this person is signed in in a role."""
    client = Client()
    client.cookies[f"uma_{role}_access"] = issue_access_token(
        user_id=user_id, role=role, session_id=new_id(), now=datetime.now(UTC)
    )
    if language:
        client.cookies["uma_language"] = language
    return client
