"""The paths of the rides app under /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
