"""The paths of the accounts app under /api/."""

from django.conf import settings
from django.urls import URLPattern, path

from apps.accounts import views

urlpatterns: list[URLPattern] = []

if settings.DEBUG:
    urlpatterns += [
        path("auth/dev", views.DevelopmentSignInView.as_view(), name="accounts-dev-sign-in")
    ]
