"""A complaint on the wire: what a rider says, and how it stands."""

from typing import Any

from rest_framework import serializers

from apps.ondc.models import IssueAct
from apps.ondc.outgoing.issues import CODES
from apps.ondc.selectors import IssueView
from uma.kernel.http.fields import RupeesField, TextField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

ACTS = ("provide", "accept", "reject", "escalate", "close", "ask")
LONGEST = 500


class IssueRequest(StrictSerializer[object]):
    code = serializers.ChoiceField(
        choices=[(code, words) for code, (_, words, _) in CODES.items()],
        help_text="What is wrong, by the network's code.",
    )
    text = TextField(max_length=LONGEST, help_text="What happened, in the rider's words.")


class IssueActRequest(StrictSerializer[object]):
    act = serializers.ChoiceField(
        choices=ACTS,
        help_text="provide: answer what was asked; ask: how does it stand; close: with a rating.",
    )
    text = TextField(max_length=LONGEST, required=False, default="")
    rating = serializers.ChoiceField(choices=["up", "down"], required=False)

    def validate(self, attrs: Any) -> Any:  # Any: DRF's signature
        if (attrs["act"] == "close") != ("rating" in attrs):
            raise serializers.ValidationError("A rating closes a complaint, and nothing else does.")
        if attrs["act"] == "provide" and not attrs["text"]:
            raise serializers.ValidationError("An answer has a text.")
        return attrs


class IssueActResponse(serializers.Serializer[object]):
    by = serializers.ChoiceField(choices=["rider", "seller"])
    code = serializers.CharField()
    text = serializers.CharField()
    resolution = serializers.CharField(allow_null=True, help_text="REFUND, NO_ACTION, …")
    refund = RupeesField(allow_null=True)
    at = serializers.DateTimeField()


class IssueResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    order_id = serializers.UUIDField()
    code = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    status = serializers.ChoiceField(choices=["open", "processing", "resolved", "closed"])
    level = serializers.ChoiceField(choices=["issue", "grievance", "dispute"])
    rating = serializers.ChoiceField(choices=["up", "down"], allow_null=True)
    respond_by = serializers.DateTimeField()
    resolve_by = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    acts = IssueActResponse(many=True)


def issue_response(view: IssueView) -> dict[str, object]:
    issue = view.issue
    return {
        "id": issue.pk,
        "order_id": issue.order_id,
        "code": issue.code,
        "title": issue.short_text,
        "text": issue.long_text,
        "status": issue.status.lower(),
        "level": issue.level.lower(),
        "rating": {"THUMBS_UP": "up", "THUMBS_DOWN": "down"}.get(issue.rating),
        "respond_by": issue.respond_by,
        "resolve_by": issue.resolve_by,
        "created_at": issue.created_at,
        "acts": [_act(act) for act in view.acts],
    }


def _act(act: IssueAct) -> dict[str, object]:
    return {
        "by": act.by.lower(),
        "code": act.code,
        "text": act.text,
        "resolution": act.resolution or None,
        "refund": None if act.refund_paise is None else rupees(act.refund_paise),
        "at": act.at,
    }
