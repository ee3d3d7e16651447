"""The paths of the analytics app under /api/."""

from django.urls import path

from apps.analytics import views

urlpatterns = [path("analytics", views.AnalyticsView.as_view(), name="analytics")]
