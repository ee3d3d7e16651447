"""The paths of the merchants app under /api/."""

from django.urls import path

from apps.merchants import views

urlpatterns = [
    path("merchant/profile", views.ProfileView.as_view(), name="merchants-profile"),
]
