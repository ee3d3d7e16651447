"""Run the campaigns' clock once, for an operator."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.campaigns import services


class Command(BaseCommand):
    help = "Start, end and archive campaigns that are due, and refresh the labels of the others."

    def add_arguments(self, parser: Any) -> None:  # Any: argparse's parser, subclassed by Django
        parser.add_argument("--limit", type=int, default=500, help="rows in one transaction")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ARG002  # Any: Django's signature
        ticked = services.campaign_clock(now=timezone.now(), limit=options["limit"])
        self.stdout.write(
            f"{ticked.activated} started, {ticked.ended} ended, {ticked.archived} archived, "
            f"{ticked.relabelled} relabelled, {ticked.listings} listings refreshed."
        )
