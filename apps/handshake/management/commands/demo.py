"""Walk one visit through the public API and check the books after it."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from rich.console import Console

from uma.stack import journey


class Command(BaseCommand):
    help = "Walk one visit over HTTP against a running platform, then verify the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base", default="http://127.0.0.1:8000", help="the platform's address"
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        console = Console(width=100)
        try:
            journey.run(base=options["base"].rstrip("/"), cast=journey.Cast(), console=console)
        except journey.JourneyFailed as failed:
            raise CommandError(str(failed)) from failed
        except OSError as unreachable:
            raise CommandError(
                f"The platform does not answer at {options['base']}: {unreachable}"
            ) from unreachable
        call_command("verify_ledger", stdout=self.stdout)
