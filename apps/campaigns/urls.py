"""The paths of the campaigns app under /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
