"""Health, metrics, documentation and the explanation of every problem type."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from uma.kernel.http import catalogue, health
from uma.kernel.http.permissions import Public

urlpatterns = [
    path("health", health.health, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/schema", SpectacularAPIView.as_view(permission_classes=[Public]), name="schema"),
    path(
        "api/docs",
        SpectacularSwaggerSplitView.as_view(permission_classes=[Public], url_name="schema"),
        name="docs",
    ),
    path("problems/", catalogue.problem_list, name="problems"),
    path("problems/<slug:code>", catalogue.problem_page, name="problem"),
]
