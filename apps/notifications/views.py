"""Phones over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.notifications import services
from apps.notifications.errors import UnknownDevice
from apps.notifications.serializers import DeviceRequest, DeviceResponse
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.permissions import IsAuthenticated


class DevicesView(APIView):
    """
    Register this installation for pushes, or say that it is still there.

    Call it after sign-in, whenever Firebase renews the address, and when the app's language changes.
    The same `fid` or `fcmToken` finds the same row; whoever registered last gets the pushes. At most five stay live.
    """

    permission_classes = [IsAuthenticated]

    @extend_schema(request=DeviceRequest, responses={201: DeviceResponse})
    def post(self, request: Request) -> Response:
        body = DeviceRequest(data=request.data)
        body.is_valid(raise_exception=True)
        principal = principal_of(request)
        device = services.register_device(
            person_id=principal.user_id,
            session_id=principal.session_id,
            platform=body.validated_data["platform"].upper(),
            fcm_token=body.validated_data["fcm_token"],
            fid=body.validated_data["fid"],
            language=body.validated_data.get("language", ""),
            now=timezone.now(),
        )
        return Response(DeviceResponse(device).data, status=201)


class DeviceView(APIView):
    """One installation of the person's own."""

    permission_classes = [IsAuthenticated]
    refusals = (UnknownDevice,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, device_id: UUID) -> Response:
        """Push nothing more to this installation, until it registers again."""
        services.remove_device(
            device_id=device_id, person_id=principal_of(request).user_id, now=timezone.now()
        )
        return Response(status=204)
