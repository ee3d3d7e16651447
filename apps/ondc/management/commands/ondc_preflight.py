"""`manage.py ondc_preflight`: looks at everything the registry will look at, a sentence each."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.ondc import onboarding
from apps.ondc.network import NotConfigured, network


class Command(BaseCommand):
    help = "Check certificate, site file, challenge, clock and listing; exit 1 if one would fail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base", default="", help="where our host answers, if not by its name")

    def handle(self, *args: object, **options: str) -> None:  # noqa: ARG002 — Django's signature
        try:
            ours = network()
        except NotConfigured as wrong:
            raise CommandError(str(wrong)) from None
        base = (options["base"] or f"https://{ours.host}").rstrip("/")
        failed = 0
        for finding in onboarding.preflight(ours, base=base, now=timezone.now):
            failed += not finding.is_fine
            mark = "fine " if finding.is_fine else "WRONG"
            self.stdout.write(f"{mark} {finding.name}: {finding.sentence}")
        if failed:
            raise CommandError(f"{failed} of these would keep us off the network.")
