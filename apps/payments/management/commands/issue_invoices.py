"""Bill a month now, and say whether the documents agree with the ledger."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from apps.merchants import selectors as merchants
from apps.payments import selectors, services
from uma.kernel.errors import DomainError
from uma.kernel.money import rupees


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()


class Command(BaseCommand):
    help = (
        "Issue the invoices of a month that have none yet, then the credit notes that wait; exit 1 and name"
        " the merchants whose documents are not the ledger's income and tax."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", type=_month, required=True, help="2026-10")
        parser.add_argument("--zone", help="one zone's code; every zone by default")

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        now, month = timezone.now(), options["month"]
        zones = [options["zone"]] if options["zone"] else [zone.pk for zone in merchants.zones()]
        failed = 0
        for zone_code in zones:
            try:
                billed = services.bill_month(zone_code=zone_code, month=month, now=now)
            except DomainError as refusal:
                raise CommandError(f"{zone_code}: {refusal.detail}") from refusal
            failed += billed.failed
            self.stdout.write(f"{zone_code} {month:%Y-%m}: {billed.invoices} invoice(s)")
        first = datetime.combine(month, datetime.min.time(), UTC) - timedelta(days=1)
        notes = services.issue_credit_notes(now=now, since=first)
        self.stdout.write(f"{notes} credit note(s)")
        for zone_code in zones:
            for wrong in selectors.differences(zone_code=zone_code, month=month):
                failed += 1
                self.stderr.write(
                    f"{wrong.merchant_id}: the ledger says {rupees(wrong.ledger_paise)},"
                    f" the documents {rupees(wrong.documents_paise)}"
                )
        if failed:
            raise CommandError(f"{failed} merchant(s) are not billed as the ledger says.")
        self.stdout.write("The documents are the ledger's income and tax, to the paisa.")
