"""What the apps send and get about their installations: shape only."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.notifications.models import Device
from uma.kernel.http.serializers import StrictSerializer


class DeviceRequest(StrictSerializer[None]):
    platform = serializers.ChoiceField(choices=["android", "ios", "web"])
    fid = serializers.CharField(
        max_length=64, default="", help_text="The Firebase installation id; the better address."
    )
    fcm_token = serializers.CharField(
        max_length=512, default="", help_text="The registration token of an app without a fid."
    )

    language = serializers.ChoiceField(
        choices=settings.LANGUAGES,
        required=False,
        help_text="In which language this person is written to from now on; told again when the app's changes.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:  # Any: DRF's signature
        if not (attrs["fid"] or attrs["fcm_token"]):
            raise serializers.ValidationError({"fid": "A fid or an fcmToken is needed."})
        return attrs


class DeviceResponse(serializers.Serializer[Device]):
    id = serializers.UUIDField()
    platform = serializers.SerializerMethodField()
    last_seen_at = serializers.DateTimeField()

    def get_platform(self, device: Device) -> str:
        return device.platform.lower()
