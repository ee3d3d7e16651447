"""The platform's own paths."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
