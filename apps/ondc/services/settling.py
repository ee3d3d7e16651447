"""
Our share of rides: booked in the ledger when a ride ended, taken back when it is not owed, settled by the bank.

A seller owes it from the ride's end (posting 14 of product rule 2.6). Its tax is part of what the seller owes
and of what the state is owed, and no shortfall of custody until the seller pays (decisions/0039).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from apps.accounts import services as accounts
from apps.ondc import dues
from apps.ondc.errors import SettlementDiffers, SettlementNotOpen, SettlementReasonMissing
from apps.ondc.models import Settlement
from apps.ondc.services import registering
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.services import Leg
from uma.kernel.money import rupees

Collector = Settlement.Collector


def book_fees(*, now: datetime, limit: int = 500) -> int:
    """Bring the ledger to what sellers owe, an order at a time; return how many were booked or taken back."""
    ids = (
        Settlement.objects.filter(collected_by=Collector.BPP)
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
        .filter(pk=settlement_id, settled_at__isnull=True)
        .exclude(fee_paise=F("booked_paise"))
        .first()
    )
    if row is None:
        return False
    owed = codes.bpp_receivable(dues.seller_key(row.bpp_id))
    wallet.open_accounts(codes=[owed, *codes.zone_accounts(row.zone_code)])
    if row.booked_paise:
        _take_back(row, owed, now=now)
    row.intra_state = registering.is_intra_state(row, now=now)
    if row.fee_paise:
        row.bookings += 1
        row.journal_id = wallet.post(
            kind="finder_fee",
            reference=f"finder_fee:{row.pk}:{row.bookings}",
            legs=[
                Leg(owed, account, amount_paise)
                for account, amount_paise in fee_parts(row, row.fee_paise)
            ],
            zone_code=row.zone_code,
            event_at=now,
            actor_id=None,
            memo=row.number,
        )
    row.booked_paise = row.fee_paise
    row.save(update_fields=["booked_paise", "journal_id", "bookings", "intra_state"])
    return True


def _take_back(row: Settlement, owed: str, *, now: datetime) -> None:
    wallet.post(
        kind="finder_fee_back",
        reference=f"finder_fee_back:{row.pk}:{row.bookings}",
        legs=[
            Leg(account, owed, amount_paise)
            for account, amount_paise in fee_parts(row, row.booked_paise)
        ],
        zone_code=row.zone_code,
        event_at=now,
        actor_id=None,
        memo=row.number,
        reverses=row.journal_id,
    )


def fee_parts(row: Settlement, gross_paise: int) -> list[tuple[str, int]]:
    """Return our part and the state's, as the row is taxed: it is taken back as it was booked."""
    net_paise, tax = dues.split(gross_paise, intra_state=row.intra_state)
    found = [
        ("finder_fee", net_paise),
        ("gst_cgst", tax.cgst_paise),
        ("gst_sgst", tax.sgst_paise),
        ("gst_igst", tax.igst_paise),
    ]
    return [
        (codes.zone_account(row.zone_code, name), amount_paise)
        for name, amount_paise in found
        if amount_paise
    ]


@transaction.atomic(durable=True)
def settle_fees(
    *,
    up_to: UUID,
    amount_paise: int,
    reference: str,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> int:
    """
    Book a seller's transfer: it pays everything open of the seller and zone up to this order; return how many.

    `reference` is the bank's (UTR) and counts once; `amount_paise` is what arrived and must be what is due.

    Raises:
        SettlementReasonMissing, SettlementNotOpen, AlreadyPosted
        SettlementDiffers: another amount is due
    """
    if not reason.strip() or not reference.strip():
        raise SettlementReasonMissing
    last = Settlement.objects.filter(pk=up_to, collected_by=Collector.BPP).first()
    if last is None:
        raise SettlementNotOpen
    ids = _lock_open(last)
    chosen = Settlement.objects.filter(pk__in=ids)
    due_paise: int = chosen.aggregate(sum=Sum("booked_paise"))["sum"] or 0
    if up_to not in ids:
        raise SettlementNotOpen
    if due_paise != amount_paise:
        raise SettlementDiffers(due_paise=due_paise)
    wallet.post(
        kind="finder_fee_settlement",
        reference=f"finder_fee_settlement:{reference.strip()}",
        legs=[
            Leg(
                codes.zone_account(last.zone_code, "bank_nodal"),
                codes.bpp_receivable(dues.seller_key(last.bpp_id)),
                due_paise,
            )
        ],
        zone_code=last.zone_code,
        event_at=now,
        actor_id=actor_id,
        memo=reason,
    )
    chosen.update(settled_at=now, reference=reference.strip())
    accounts.record(
        action="ondc-settlement.settled",
        object_type="ondc-settlement",
        object_id=str(up_to),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={
            "seller": last.bpp_id,
            "orders": len(ids),
            "amount": rupees(due_paise),
            "reference": reference.strip(),
        },
    )
    return len(ids)


def _lock_open(last: Settlement) -> list[UUID]:
    """
    Lock what the seller owes in the zone up to this order, in the order of ids; return the ids.

    Of two operators with one transfer the second waits here and finds nothing open.
    """
    rows = Settlement.objects.filter(
        bpp_id=last.bpp_id,
        zone_code=last.zone_code,
        collected_by=Collector.BPP,
        settled_at__isnull=True,
        due_at__lte=last.due_at,
        booked_paise__gt=0,
        booked_paise=F("fee_paise"),
    )
    return list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
