"""The paths of the accounts app under /api/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
