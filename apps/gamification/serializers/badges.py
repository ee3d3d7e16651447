"""The shapes of badges and the credentials made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers

from apps.gamification.documents import BadgeDocument
from uma.kernel.http.fields import RupeesField


class BadgeResponse(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    icon = serializers.CharField()
    reward = RupeesField()
    family = serializers.CharField(help_text="Badges that build on each other, or a season's set.")
    tier = serializers.IntegerField()
    unlocked = serializers.BooleanField()
    progress = serializers.IntegerField(help_text="How many count, of `target`.")
    target = serializers.IntegerField()
    earned_at = serializers.DateTimeField(allow_null=True)
    award_id = serializers.UUIDField(
        allow_null=True, help_text="By which its credential is asked for, once unlocked."
    )


class RevocationsResponse(serializers.Serializer[object]):
    id = serializers.CharField()
    issuer = serializers.CharField()
    revokedCredential = serializers.ListField(  # noqa: N815 — the word of the specification
        child=serializers.CharField()
    )


def badge_fields(
    catalogue: Sequence[BadgeDocument],
    own: Mapping[str, Any],  # Any: a document
) -> list[dict[str, object]]:
    """Return the catalogue with what the rider has of each."""
    held = {(one["code"], one["version"]): one for one in own["badges"]}
    found = []
    for badge in catalogue:
        mine = held.get((badge["_id"], badge["version"]), {})
        found.append(
            {
                "id": badge["_id"],
                "name": badge["name"],
                "description": badge["description"],
                "icon": badge["icon"],
                "reward": badge["reward_paise"],
                "family": badge["family"],
                "tier": badge["tier"],
                "unlocked": mine.get("award_id") is not None,
                "progress": mine.get("progress", 0),
                "target": mine.get("count", 0),
                "earned_at": mine.get("earned_at"),
                "award_id": mine.get("award_id"),
            }
        )
    return found
