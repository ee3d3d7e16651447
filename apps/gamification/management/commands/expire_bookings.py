"""`manage.py expire_bookings`: what the job does every minute, by hand."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from apps.gamification.tasks import BATCH, settle_no_shows


class Command(BaseCommand):
    help = "Expire live bookings whose time is over, return the merchants' money, judge what was missed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=BATCH, help="bookings in one transaction")

    def handle(self, *, limit: int, **_: object) -> None:
        self.stdout.write(f"{settle_no_shows(limit=limit)} booking(s) expired.")
