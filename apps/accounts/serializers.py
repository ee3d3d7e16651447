"""The shapes of sign-in on the wire."""

from typing import Any

from rest_framework import serializers

from uma.kernel.http.serializers import StrictSerializer


class DevelopmentSignInRequest(StrictSerializer[Any]):
    username = serializers.CharField(max_length=64)
    role = serializers.ChoiceField(choices=["rider", "merchant", "operator"], default="rider")


class SignedInPerson(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    role = serializers.CharField()


class SignInResponse(serializers.Serializer[object]):
    access = serializers.CharField(help_text="Bearer token, valid for ten minutes.")
    user = SignedInPerson()
