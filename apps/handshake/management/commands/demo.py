"""Walk one visit through the public API and check the books after it."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from rich.console import Console

from uma.stack import journey

# Rich names fonts of somebody else's server; the picture is to stand alone.
REAL_FIREBASE = (
    "The journey was left out: its people sign in with codes of the sandbox, and this environment"
    " names a real Firebase, whose messages go to real phones. Unset UMA_FIREBASE_CREDENTIALS for it."
)
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class Command(BaseCommand):
    help = "Walk one visit over HTTP against a running platform, then verify the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base", default="http://127.0.0.1:8000", help="the platform's address"
        )
        parser.add_argument("--picture", help="write the receipt to this SVG file as well")

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        if not settings.FIREBASE_AUTH_URL:
            self.stdout.write(REAL_FIREBASE)
            return
        console = Console(width=journey.WIDTH + 2, record=True)
        places = journey.Places(
            platform=options["base"].rstrip("/"),
            firebase=settings.FIREBASE_AUTH_URL,
            # A real checkout would take real money.
            has_checkout=bool(settings.RAZORPAY_URL),
            # A ride of the real network would bring a real driver.
            has_rides=settings.ONDC_REGISTRY_URL.startswith("http://127.0.0.1:"),
        )
        try:
            journey.run(places=places, cast=journey.Cast(), console=console)
        except journey.JourneyFailed as failed:
            raise CommandError(str(failed)) from failed
        except OSError as unreachable:
            raise CommandError(
                f"The platform does not answer at {options['base']}: {unreachable}"
            ) from unreachable
        call_command("verify_ledger", stdout=self.stdout)
        if options["picture"]:
            picture = FONT_FACES.sub("", console.export_svg(title="make demo"))
            Path(options["picture"]).write_text(picture, encoding="utf-8")
