"""The control's one path, and the one the stack waits for."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.straightforward.views import ExecuteView


def ready(request: HttpRequest) -> HttpResponse:
    """Answer as soon as the server serves."""
    del request
    return HttpResponse("ok")


urlpatterns = [
    path("health/ready", ready),
    path("api/handshake/execute", ExecuteView.as_view()),
]
