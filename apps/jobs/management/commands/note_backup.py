"""`manage.py note_backup NAME`: a copy of the database was made (deploy/backup calls it)."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.jobs import services


class Command(BaseCommand):
    help = "Note that a whole copy of the database was made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the file's name")
        parser.add_argument("--began-at", type=datetime.fromisoformat, required=True)
        parser.add_argument("--size", type=int, required=True, help="bytes of the file")

    # Any: what argparse made of them.
    def handle(self, *, name: str, began_at: datetime, size: int, **_: Any) -> None:
        services.note_backup(name=name, began_at=began_at, size_bytes=size, now=timezone.now())
