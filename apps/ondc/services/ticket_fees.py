"""Our share of tickets: booked out of what their seller is owed, once they were travelled on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.ondc.models import Settlement
from apps.ondc.services import registering
from apps.ondc.services.settling import fee_parts
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.services import Leg


def book_ticket_fees(*, now: datetime, limit: int = 500) -> int:
    """Bring the ledger to what our share of tickets is, an order at a time; return how many were booked."""
    ids = (
        Settlement.objects.filter(collected_by=Settlement.Collector.BAP)
        .exclude(fee_paise=F("booked_paise"))
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(_book(settlement_id, now=now) for settlement_id in list(ids))


@transaction.atomic(durable=True)
def _book(settlement_id: UUID, *, now: datetime) -> bool:
    # Two jobs at one row: the second finds it taken, or booked.
    row = (
        Settlement.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=settlement_id, booked_paise=0, fee_paise__gt=0)
        .first()
    )
    if row is None:
        return False
    wallet.open_accounts(codes=codes.zone_accounts(row.zone_code))
    owed = codes.zone_account(row.zone_code, "tickets_owed")
    row.intra_state = registering.is_intra_state(row, now=now)
    row.journal_id = wallet.post(
        kind="ticket_fee",
        reference=f"ticket_fee:{row.pk}",
        legs=[
            Leg(owed, account, amount_paise)
            for account, amount_paise in fee_parts(row, row.fee_paise)
        ],
        zone_code=row.zone_code,
        event_at=now,
        actor_id=None,
        memo=row.number,
    )
    row.booked_paise, row.bookings = row.fee_paise, 1
    row.save(update_fields=["booked_paise", "journal_id", "bookings", "intra_state"])
    return True
