"""`manage.py ondc_subscribe`: what the registry is told to list us, shown, and sent when asked to."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.ondc import onboarding
from apps.ondc.network import NotConfigured, network
from apps.ondc.registry import Registry, RegistryRefused, RegistrySilent

DOMAINS = ["ONDC:TRV10", "ONDC:TRV11"]


class Command(BaseCommand):
    help = "Show what the registry would be told to list us; with --send, tell it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--entity", type=Path, help="a JSON file with gst, pan and whom to write to"
        )
        parser.add_argument("--domain", action="append", default=[], help="may be repeated")
        parser.add_argument("--city", action="append", default=[], help="std:080; may be repeated")
        parser.add_argument("--operation", type=int, default=onboarding.NEW_BUYER)
        parser.add_argument("--send", action="store_true", help="tell the registry")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ARG002  # Any: argparse's
        try:
            ours = network()
        except NotConfigured as wrong:
            raise CommandError(str(wrong)) from None
        if not ours.site_request_id or not ours.encryption_secrets:
            raise CommandError("Set UMA_ONDC_SITE_REQUEST_ID and UMA_ONDC_ENCRYPTION_KEYS first.")
        body = onboarding.subscription(
            ours,
            entity=_entity(options["entity"]),
            domains=options["domain"] or DOMAINS,
            cities=options["city"] or ["std:080"],
            operation=options["operation"],
            now=timezone.now(),
        )
        self.stdout.write(json.dumps(body, indent=1, ensure_ascii=False))
        if not options["send"]:
            return
        try:
            Registry(ours).subscribe(body)
        except RegistrySilent as silence:
            raise CommandError(f"The registry does not answer: {silence}.") from None
        except RegistryRefused as refusal:
            raise CommandError(onboarding.explain(refusal)) from None
        self.stdout.write("The registry took it. `manage.py ondc_preflight` says when it lists us.")


def _entity(path: Path | None) -> dict[str, Any]:  # Any: JSON
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise CommandError(f"{path} cannot be read: {type(wrong).__name__}.") from None
    if not isinstance(found, dict):
        raise CommandError(f"{path} holds no JSON object.")
    return found
