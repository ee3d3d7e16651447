"""The paths of the handshake app under /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
