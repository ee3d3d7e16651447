"""Name who sells in a zone: what invoices there say of the platform."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.payments import services
from uma.kernel.errors import DomainError


class Command(BaseCommand):
    help = "Say who sells in a zone from now, or from an instant, on; issued documents stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--zone", required=True)
        parser.add_argument("--legal-name", required=True)
        parser.add_argument("--address", required=True)
        parser.add_argument("--gstin", required=True)
        parser.add_argument("--series", required=True, help="two to four letters or digits: BLR")
        parser.add_argument("--advertising-sac", help="of visits, new customers and boosts")
        parser.add_argument("--subscription-sac", help="of plans")
        parser.add_argument("--from", dest="since", help="an instant, RFC 3339; now by default")
        parser.add_argument("--reason", default="")

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        now = timezone.now()
        since = parse_datetime(options["since"]) if options["since"] else now
        if since is None or since.tzinfo is None:
            raise CommandError("--from is an instant: 2026-04-01T00:00:00+05:30")
        names = ("advertising_sac", "subscription_sac")
        sacs = {name: options[name] for name in names if options[name]}
        try:
            seller = services.set_seller(
                zone_code=options["zone"],
                legal_name=options["legal_name"],
                address=options["address"],
                gstin=options["gstin"],
                series=options["series"],
                effective_from=since,
                actor_id=None,
                now=now,
                reason=options["reason"],
                **sacs,
            )
        except DomainError as refusal:
            raise CommandError(str(refusal.detail)) from refusal
        self.stdout.write(f"{seller.legal_name} sells in {seller.zone_id} from {since.isoformat()}")
