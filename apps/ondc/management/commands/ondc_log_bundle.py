"""`manage.py ondc_log_bundle`: writes the log of a journey as the network's reviewers ask for it."""

from argparse import ArgumentParser
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.ondc.bundle import bundle


class Command(BaseCommand):
    help = "Write every message of a journey, without the people in it, into a ZIP archive."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("transaction_id", type=UUID)
        parser.add_argument("--into", type=Path, default=Path(), help="folder of the archive")

    def handle(self, *args: object, transaction_id: UUID, into: Path, **options: object) -> None:  # noqa: ARG002 — Django's signature
        packed = bundle(transaction_id=transaction_id)
        if packed is None:
            raise CommandError(f"Nothing was said in {transaction_id}.")
        path = into / f"ondc-{transaction_id}.zip"
        try:
            # Never over what is there: it may have been sent to somebody.
            with path.open("xb") as file:
                file.write(packed)
        except OSError as wrong:
            raise CommandError(f"{path}: {wrong.strerror}") from None
        self.stdout.write(str(path))
