"""Registers the system checks and the gauges of every app when Django starts."""

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.module_loading import autodiscover_modules

from uma.kernel import tracing


class KernelConfig(AppConfig):
    name = "uma.kernel"
    label = "kernel"

    def ready(self) -> None:
        from uma.checks import (  # noqa: PLC0415  # settings are complete only now
            check_serving_role,
            check_settings,
        )

        checks.register(check_settings)
        checks.register(check_serving_role, checks.Tags.database)
        autodiscover_modules("readings")
        if settings.OTLP_ENDPOINT:
            tracing.begin()
