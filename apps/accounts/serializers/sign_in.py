"""The shapes of sign-in by phone on the wire."""

from typing import Any

from rest_framework import serializers

from uma.kernel.http.fields import TextField
from uma.kernel.http.serializers import StrictSerializer


class PhoneSignInRequest(StrictSerializer[Any]):
    id_token = TextField(
        max_length=4_096,
        trim_whitespace=False,
        help_text="What Firebase gave for a sign-in by phone, at most five minutes old; good once.",
    )
    role = serializers.ChoiceField(
        choices=["rider", "merchant", "operator"],
        default="rider",
        help_text="In which role the session acts; what it may do there is checked at each call.",
    )
    device_id = serializers.RegexField(
        r"^[\x21-\x7e]{8,128}$",
        required=False,
        help_text="The installation's own id, made once by the app. A sign-in without one counts as"
        " a new device each time.",
    )
    platform = serializers.ChoiceField(choices=["android", "ios", "web"], required=False)
    device_label = TextField(
        max_length=80, default="", allow_blank=True, help_text="What the person calls the phone."
    )


class EnteredPerson(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField()
    is_new = serializers.BooleanField(help_text="Whether this sign-in made the account.")


class PhoneSignInResponse(serializers.Serializer[object]):
    access = serializers.CharField(help_text="Bearer token, valid for ten minutes.")
    refresh = serializers.CharField(help_text="Buys the next pair at POST /api/auth/refresh, once.")
    session_id = serializers.UUIDField()
    user = EnteredPerson()
