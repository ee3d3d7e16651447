"""`manage.py prepare_documents`: collections, shapes and indexes of the document store, and its catalogues."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.gamification import services
from uma.kernel import documents
from uma.kernel.mongo import DocumentsAway


class Command(BaseCommand):
    help = (
        "Make or update the collections of the document store, and write the catalogues into them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-it-answers", action="store_true", help="a store that is away is no failure"
        )

    def handle(self, *, if_it_answers: bool, **_: object) -> None:
        try:
            names = documents.prepare_all()
            services.project_catalogues(now=timezone.now())
        except DocumentsAway:
            if not if_it_answers:
                raise CommandError("The document store does not answer.") from None
            self.stdout.write("The document store does not answer; the jobs write what it lacks.")
            return
        self.stdout.write(f"{len(names)} collection(s) prepared.")
