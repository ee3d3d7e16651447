"""The shapes of sessions on the wire."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.accounts.models import Session
from uma.kernel.http.fields import TextField
from uma.kernel.http.serializers import StrictSerializer


class RefreshRequest(StrictSerializer[Any]):
    refresh = TextField(max_length=200)
    device_id = TextField(
        max_length=128,
        default="",
        help_text="The id that the installation signed in with: it may ask once more when an"
        " answer was lost.",
    )


class SignOutRequest(StrictSerializer[Any]):
    """Nothing, or an empty object."""


class RefreshResponse(serializers.Serializer[object]):
    access = serializers.CharField(help_text="Bearer token, valid for ten minutes.")
    refresh = serializers.CharField(help_text="Used once; replaces the one that was sent.")


class SessionResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    role = serializers.CharField()
    # DRF's metaclass takes fields off the class, so this is not its own `label`.
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="What the device calls itself; may be empty."
    )
    platform = serializers.CharField(help_text="android, ios, web, or empty.")
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="Whether it is the session of this request.")


def session_responses(sessions: Iterable[Session], *, current: UUID) -> list[dict[str, Any]]:
    """Return what a person reads about their sessions."""
    return [
        {
            "id": session.pk,
            "role": session.role,
            "label": session.label,
            "platform": session.platform.lower(),
            "created_at": session.created_at,
            "last_seen_at": session.last_used_at,
            "expires_at": session.expires_at,
            "current": session.pk == current,
        }
        for session in sessions
    ]
