"""`manage.py expire_bookings`: what the job does every minute, by hand."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.rides import services
from apps.rides.tasks import BATCH


class Command(BaseCommand):
    help = "Expire live bookings whose time is over and return the merchants' money."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=BATCH, help="bookings in one transaction")

    def handle(self, *, limit: int, **_: object) -> None:
        expired, batch = 0, limit
        while batch == limit:
            batch = len(services.expire_overdue(now=timezone.now(), limit=limit))
            expired += batch
        self.stdout.write(f"{expired} booking(s) expired.")
