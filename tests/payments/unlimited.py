"""Limits so wide that a test may pay out as often as it likes."""

from datetime import datetime

from django.db import connection, transaction

from apps.payments.models import WalletPolicy
from tests.payments.paying_out import LONG_AGO

FAR_PAISE = 1_00_00_000_00


def lift_limits(*, since: datetime = LONG_AGO) -> None:
    """From `since` on every payee may take out a crore, in as many payouts as there are."""
    for who in WalletPolicy.Who:
        WalletPolicy.objects.get_or_create(
            who=who,
            effective_from=since,
            defaults={
                "payout_min_paise": 1_00,
                "payout_max_paise": FAR_PAISE,
                "payouts_a_day": 30_000,
                "credit_age_hours": 0,
                "reason": "a test",
            },
        )


def restore_limits() -> None:
    """Take the wide limits away where the test's own transaction does not."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Limits are append-only to everybody else.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM payments_walletpolicy WHERE reason = 'a test'")
