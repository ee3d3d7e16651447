"""Sign in at the running platform with a code of the sandbox, and print the tokens."""

import json
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from uma.stack import journey


class Command(BaseCommand):
    help = (
        "Sign in by phone at the running platform (codes come from the sandbox); print the answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="such as +12025550101, a rider of the demo city")
        parser.add_argument("--role", default="rider", choices=["rider", "merchant", "operator"])
        parser.add_argument(
            "--base", default="http://127.0.0.1:8000", help="the platform's address"
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        if not settings.FIREBASE_AUTH_URL:
            raise CommandError(
                "With a real Firebase the code comes to your phone: sign in there and exchange the"
                " ID token at POST /api/auth/firebase."
            )
        places = journey.Places(
            platform=options["base"].rstrip("/"), firebase=settings.FIREBASE_AUTH_URL
        )
        person = journey.Person(places, options["phone"], options["role"])
        try:
            signed = person.sign_in()
        except (journey.JourneyFailed, OSError) as failed:
            raise CommandError(str(failed)) from failed
        self.stdout.write(json.dumps(signed, indent=2))
