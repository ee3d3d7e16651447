"""Consents and copies of personal data on the wire."""

from typing import Any

from rest_framework import serializers

from apps.accounts.selectors import Answer
from uma.kernel.http.serializers import StrictSerializer


class ConsentRequest(StrictSerializer[Any]):
    purpose = serializers.CharField(max_length=40)
    version = serializers.IntegerField(
        min_value=1, max_value=32_767, help_text="The version of the text that was shown."
    )
    granted = serializers.BooleanField()


class ConsentResponse(serializers.Serializer[Any]):
    purpose = serializers.CharField()
    version = serializers.IntegerField(help_text="The version that is asked today.")
    title = serializers.CharField()
    text = serializers.CharField()
    mandatory = serializers.BooleanField(help_text="There is no account without it.")
    granted = serializers.BooleanField(
        allow_null=True, help_text="Null: this version was not answered."
    )
    answered_at = serializers.DateTimeField(allow_null=True)


class ExportResponse(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["preparing", "ready"])
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(
        allow_null=True, help_text="Opens without a sign-in for a quarter of an hour."
    )
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(allow_blank=True)


def consent_response(answer: Answer) -> dict[str, object]:
    """Return a question with the person's answer."""
    purpose = answer.purpose
    return {
        "purpose": purpose.code,
        "version": purpose.version,
        "title": purpose.title,
        "text": purpose.text,
        "mandatory": purpose.required,
        "granted": answer.granted,
        "answered_at": answer.answered_at,
    }
