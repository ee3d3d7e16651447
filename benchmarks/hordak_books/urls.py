"""The same path as the straightforward version's, and the one the stack waits for."""

from django.urls import path

from benchmarks.hordak_books.views import HordakView
from benchmarks.straightforward.urls import ready

urlpatterns = [
    path("health/ready", ready),
    path("api/handshake/execute", HordakView.as_view()),
]
