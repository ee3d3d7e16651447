"""The books as a Django app; its table is made by `benchmarks.hordak_control`."""

from django.apps import AppConfig


class HordakBooks(AppConfig):
    name = "benchmarks.hordak_books"
    default_auto_field = "django.db.models.BigAutoField"
