"""Registers the system checks when Django starts."""

from django.apps import AppConfig
from django.core import checks


class KernelConfig(AppConfig):
    name = "uma.kernel"
    label = "kernel"

    def ready(self) -> None:
        from uma.checks import check_settings  # noqa: PLC0415  # settings are complete only now

        checks.register(check_settings)
