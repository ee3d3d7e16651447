"""What Razorpay tells, over HTTP: the bytes are checked, kept and acknowledged; a worker acts."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.payments import services, tasks
from apps.payments.errors import WebhookNotReadable, WebhookNotSigned, WebhookTooLarge
from apps.payments.gateway import is_signed
from apps.payments.models import GatewayEvent
from uma.kernel.http.permissions import Public
from uma.kernel.queue import enqueue


class _WebhookView(APIView):
    """Signature over the raw bytes first, then one insert; an event kept before is acknowledged too."""

    # Whoever signs is let in; nobody else gets past the signature.
    permission_classes = [Public]
    authentication_classes = []
    # A storm of repeats is Razorpay doing its work, and its addresses are few.
    throttle_classes = []
    schema = None  # spoken to by Razorpay alone
    refusals = (WebhookNotSigned, WebhookNotReadable, WebhookTooLarge)
    source: str

    def secrets(self) -> list[str]:
        raise AssertionError("each product has its own")

    def post(self, request: Request) -> Response:
        try:
            raw = request._request.body  # noqa: SLF001 — the bytes as they came, before any parser
        except RequestDataTooBig:
            raise WebhookTooLarge from None
        signature = request.META.get("HTTP_X_RAZORPAY_SIGNATURE", "")
        if not is_signed(raw=raw, signature=signature, secrets=self.secrets()):
            raise WebhookNotSigned
        event_id = services.receive_event(
            source=self.source,
            event_id=request.META.get("HTTP_X_RAZORPAY_EVENT_ID", ""),
            raw=raw,
            now=timezone.now(),
        )
        if event_id is not None:
            enqueue(tasks.handle_event, event_id=str(event_id))
        return Response({"status": "ok"})


class RazorpayView(_WebhookView):
    """Events of the payment gateway."""

    source = GatewayEvent.Source.RAZORPAY

    def secrets(self) -> list[str]:
        return list(settings.RAZORPAY_WEBHOOK_SECRETS)


class RazorpayXView(_WebhookView):
    """Events of payouts."""

    source = GatewayEvent.Source.RAZORPAYX

    def secrets(self) -> list[str]:
        return list(settings.RAZORPAYX_WEBHOOK_SECRETS)
