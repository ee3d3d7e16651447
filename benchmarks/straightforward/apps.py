"""The control as a Django app; its tables are made by `benchmarks.control`."""

from django.apps import AppConfig


class Straightforward(AppConfig):
    name = "benchmarks.straightforward"
    default_auto_field = "django.db.models.BigAutoField"
