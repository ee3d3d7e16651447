"""Addresses of exported files."""

from django.urls import path

from apps.exports import views

urlpatterns = [
    path("exports/<uuid:export_id>/file", views.ExportFileView.as_view(), name="exports-file"),
]
