"""`manage.py rebuild_gamification`: throw the documents away and make them anew from PostgreSQL."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.gamification import services
from uma.kernel.mongo import DocumentsAway


class Command(BaseCommand):
    help = "Make every document of gamification anew from PostgreSQL; money and strikes are not touched."

    def handle(self, **_: object) -> None:
        try:
            riders = services.rebuild(now=timezone.now())
        except DocumentsAway:
            raise CommandError("The document store does not answer; run it again.") from None
        self.stdout.write(f"The documents of {riders} rider(s) were made anew.")
