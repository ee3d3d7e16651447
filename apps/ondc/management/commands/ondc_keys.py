"""`manage.py ondc_keys`: fresh keys for the network, printed once and kept nowhere."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.ondc import signing


class Command(BaseCommand):
    help = (
        "Make keys to sign with and to be written to; print them as settings, and what to publish."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--key-id", default="", help="the unique key id; a date when none is given"
        )

    def handle(self, *args: object, **options: str) -> None:  # noqa: ARG002 — Django's signature
        keys = signing.new_keys()
        name = options["key_id"] or f"uma-{timezone.now():%Y%m%d%H%M}"
        self.stdout.write(
            f"# Secrets: put the new ones first, keep the old ones until they end.\n"
            f"UMA_ONDC_SIGNING_KEYS={name}:{keys.signing_private_key}\n"
            f"UMA_ONDC_ENCRYPTION_KEYS={keys.encryption_private_key}\n"
            f"# Published with `manage.py ondc_subscribe`:\n"
            f"# signing_public_key    {keys.signing_public_key}\n"
            f"# encryption_public_key {keys.encryption_public_key}"
        )
