"""A callback's path where the body is read and acknowledged, and nothing is proved or kept."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

ACK = b'{"message":{"ack":{"status":"ACK"}}}'


@csrf_exempt
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Read the whole body and say ACK."""
    assert request.body
    return HttpResponse(ACK, content_type="application/json; charset=utf-8")


def ready(request: HttpRequest) -> HttpResponse:
    """Answer as soon as the server serves."""
    del request
    return HttpResponse("ok")


urlpatterns = [path("health/ready", ready), path("api/ondc/on_search", acknowledge)]
