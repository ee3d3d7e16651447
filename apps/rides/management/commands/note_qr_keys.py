"""`manage.py note_qr_keys`: the keys of the codes of bookings were changed; who did it, and why."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.rides import qr
from apps.rides.services import keys as services
from uma.kernel.errors import DomainError


class Command(BaseCommand):
    help = (
        "Put on the trail which keys of UMA_QR_MASTER_KEYS are in use, by name. Without --by, exit 1"
        " if others were noted last."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", help="the user name of the operator who changed them")
        parser.add_argument("--reason", default="", help="why")

    # Any: what argparse made of them.
    def handle(self, *, by: str | None, reason: str, **_: Any) -> None:
        keys = qr.keyring(settings.QR_MASTER_KEYS)
        used, noted = services.kids(keys), services.noted_keys()
        if by is None:
            if used != noted:
                raise CommandError(f"In use are {used}; noted last were {noted or 'none'}.")
            self.stdout.write(f"In use, and noted, are {used}.")
            return
        if not reason.strip():
            raise CommandError("Say why: --reason.")
        try:
            actor = accounts.person_named(username=by)
        except DomainError as refusal:
            raise CommandError(refusal.detail or refusal.title) from refusal
        if not actor.is_staff:
            raise CommandError(f"{by} is no operator.")
        fresh = services.note_keys(keys=keys, actor_id=actor.pk, reason=reason, now=timezone.now())
        self.stdout.write(f"{used}: {'noted' if fresh else 'noted already'}.")
