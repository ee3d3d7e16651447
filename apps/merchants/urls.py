"""The paths of the merchants app under /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
