"""`manage.py reward_pools`: what the pools of rewards hold; open those that lack, and fill one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.gamification import selectors, services
from uma.kernel.errors import DomainError
from uma.kernel.money import PAISE_PER_RUPEE, rupees


class Command(BaseCommand):
    help = "Open the pools that zones lack, fill one with --fund, and show what each holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fund", metavar="POOL", help="badges-mnp, missions-mnp, …")
        parser.add_argument(
            "--rupees", type=int, default=0, help="money of the platform that is at the bank"
        )
        parser.add_argument("--reference", default="", help="the bank's (UTR); it counts once")
        parser.add_argument("--reason", default="")

    def handle(self, *_args: Any, **options: Any) -> None:  # Any: Django's signature
        now = timezone.now()
        services.open_missing_pools(now=now)
        if options["fund"]:
            try:
                services.fund_pool(
                    program=options["fund"],
                    amount_paise=options["rupees"] * PAISE_PER_RUPEE,
                    reference=options["reference"],
                    actor_id=None,
                    reason=options["reason"],
                    now=now,
                )
            except DomainError as refusal:
                raise CommandError(str(refusal.detail)) from refusal
        for pool in selectors.pools(now=now):
            owed = f", {pool.unpaid} reward(s) unpaid" if pool.unpaid else ""
            self.stdout.write(
                f"{pool.program}: ₹{rupees(pool.balance_paise)}, of which"
                f" ₹{rupees(pool.promised_paise)} promised{owed}"
            )
