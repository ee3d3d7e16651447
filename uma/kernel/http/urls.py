"""Health, metrics, documentation and the explanation of every problem type."""

from django.urls import path

from uma.kernel.http import catalogue, health, metrics, views

urlpatterns = [
    path("health", health.health, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.export, name="metrics"),
    path("api/schema", views.SchemaView.as_view(), name="schema"),
    path("api/docs", views.DocsView.as_view(), name="docs"),
    path("problems/", catalogue.problem_list, name="problems"),
    path("problems/<slug:code>", catalogue.problem_page, name="problem"),
]
