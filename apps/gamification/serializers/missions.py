"""The shapes of missions, streaks and the leaderboard."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.gamification.documents import MissionDocument
from uma.kernel.http.fields import RupeesField, TextField
from uma.kernel.http.serializers import StrictSerializer


class StepResponse(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=("ride", "deal", "commerce", "checkin"))
    title = serializers.CharField()
    campaign_id = serializers.CharField(allow_null=True)
    outlet_id = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    done = serializers.BooleanField()


class MissionResponse(serializers.Serializer[object]):
    id = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    why = serializers.CharField(help_text="Why this mission, in a sentence.")
    reward = RupeesField()
    ordered = serializers.BooleanField(help_text="Whether the steps count in their order only.")
    campaigns = serializers.ListField(child=serializers.CharField())
    steps = StepResponse(many=True)
    status = serializers.ChoiceField(choices=("open", "joined", "completed", "abandoned"))
    progress = serializers.IntegerField()
    target = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class StreakResponse(serializers.Serializer[object]):
    weeks = serializers.IntegerField()
    longest = serializers.IntegerField()
    freeze_used = serializers.BooleanField(help_text="The one missed week that is forgiven.")


class PlaceResponse(serializers.Serializer[object]):
    rank = serializers.IntegerField()
    pseudonym = serializers.CharField()
    outlets = serializers.IntegerField()
    visits = serializers.IntegerField()
    you = serializers.BooleanField()


class NameRequest(StrictSerializer[Any]):
    # Letters and single spaces, a few digits at the end: no phone number, no address.
    pseudonym = serializers.RegexField(r"^[A-Za-z]+( [A-Za-z]+)*( ?[0-9]{1,3})?$", max_length=20)
    zone = TextField(max_length=8, required=False, allow_blank=True, default="")


class NameResponse(serializers.Serializer[object]):
    pseudonym = serializers.CharField()
    zone = serializers.CharField()


def mission_fields(
    mission: MissionDocument,
    own: Mapping[str, Any],  # Any: a document
) -> dict[str, object]:
    """Return a mission with how far the rider is on it."""
    run = next((one for one in own["runs"] if one["mission_id"] == mission["_id"]), None)
    done = set(run["steps_done"]) if run else set()
    steps = [{**step, "done": place in done} for place, step in enumerate(mission["steps"])]
    return {
        "id": mission["_id"],
        "kind": mission["kind"],
        "title": mission["title"],
        "description": mission["description"],
        "why": mission["why"],
        "reward": mission["reward_paise"],
        "ordered": mission["ordered"],
        "campaigns": mission["campaigns"],
        "steps": steps,
        "status": run["state"].lower() if run else "open",
        "progress": len(done),
        "target": len(steps),
        "starts_at": mission["starts_at"],
        "ends_at": mission["ends_at"],
    }
