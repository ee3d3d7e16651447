"""The shapes of strikes, appeals and events nobody could help."""

import json
from typing import Any

from rest_framework import serializers

from apps.gamification.models import Appeal, ForceMajeure
from apps.gamification.selectors import StrikeView
from uma.kernel.http.fields import TextField
from uma.kernel.http.serializers import StrictSerializer

EVIDENCE_KINDS = ("photo", "receipt", "message", "location", "other")
EVIDENCE_MOST = 5


class EvidenceRequest(StrictSerializer[Any]):
    kind = serializers.ChoiceField(choices=EVIDENCE_KINDS)
    text = TextField(max_length=400, help_text="What it shows, or where it is to be found.")


class AppealRequest(StrictSerializer[Any]):
    strike_id = serializers.UUIDField()
    text = TextField(max_length=1000)
    evidence = serializers.ListField(
        child=EvidenceRequest(), required=False, default=list, max_length=EVIDENCE_MOST
    )


class EvidenceResponse(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=EVIDENCE_KINDS)
    text = serializers.CharField()


class AppealResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    strike_id = serializers.UUIDField()
    line = serializers.IntegerField(help_text="1, and 2 for the second look by somebody else.")
    status = serializers.ChoiceField(choices=("open", "upheld", "rejected"))
    text = serializers.CharField()
    evidence = EvidenceResponse(many=True)
    opened_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="Decided by then, or it is the rider's.")
    decided_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()


class RemindersResponse(serializers.Serializer[object]):
    six_hours = serializers.DateTimeField(allow_null=True, required=False)
    one_hour = serializers.DateTimeField(allow_null=True, required=False)


class StrikeResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    ride_id = serializers.UUIDField()
    merchant_name = serializers.CharField()
    missed_at = serializers.DateTimeField()
    struck_at = serializers.DateTimeField()
    lapses_at = serializers.DateTimeField()
    status = serializers.ChoiceField(
        choices=("active", "lapsed", "cleared", "consumed", "overturned"),
        help_text="`consumed` strikes led to a pause of booking and count no more.",
    )
    appeal_until = serializers.DateTimeField()
    reminders = RemindersResponse(help_text="When each reminder reached the rider.")
    appeals = AppealResponse(many=True)


class DecisionRequest(StrictSerializer[Any]):
    reason = TextField(max_length=500)


class ForceMajeureRequest(StrictSerializer[Any]):
    zone = TextField(max_length=8)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = TextField(max_length=500)


class ForceMajeureResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    zone = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField()
    declared_at = serializers.DateTimeField()


class QueuedAppealResponse(AppealResponse):
    zone = serializers.CharField()
    merchant_name = serializers.CharField()
    missed_at = serializers.DateTimeField()
    reminders = RemindersResponse()


def appeal_fields(appeal: Appeal) -> dict[str, object]:
    """Return an appeal as its rider and the operators read it."""
    said = json.loads(appeal.statement) if appeal.statement else {"text": "", "evidence": []}
    return {
        "id": appeal.pk,
        "strike_id": appeal.strike_id,
        "line": appeal.line,
        "status": appeal.state.lower(),
        "text": said["text"],
        "evidence": said["evidence"],
        "opened_at": appeal.opened_at,
        "due_at": appeal.due_at,
        "decided_at": appeal.decided_at,
        "answer": appeal.answer,
    }


def strike_fields(view: StrikeView) -> dict[str, object]:
    """Return a strike as its rider reads it."""
    return {
        "id": view.strike.pk,
        "ride_id": view.no_show.booking_id,
        "merchant_name": view.no_show.merchant_name,
        "missed_at": view.no_show.expired_at,
        "struck_at": view.strike.struck_at,
        "lapses_at": view.strike.lapses_at,
        "status": view.status,
        "appeal_until": view.appeal_until,
        "reminders": view.no_show.evidence.get("reminders", {}),
        "appeals": [appeal_fields(appeal) for appeal in view.appeals],
    }


def queued_fields(appeal: Appeal) -> dict[str, object]:
    """Return an appeal as it waits for an operator."""
    missed = appeal.strike.no_show
    return {
        **appeal_fields(appeal),
        "zone": appeal.zone_code,
        "merchant_name": missed.merchant_name,
        "missed_at": missed.expired_at,
        "reminders": missed.evidence.get("reminders", {}),
    }


def force_majeure_fields(event: ForceMajeure) -> dict[str, object]:
    """Return an event as operators read it."""
    return {
        "id": event.pk,
        "zone": event.zone_code,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "reason": event.reason,
        "declared_at": event.declared_at,
    }
