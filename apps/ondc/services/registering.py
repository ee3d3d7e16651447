"""
Where seller apps are registered for GST: said by an operator from their papers, for the network does not tell.

A service to somebody registered in our own state is taxed by the two halves, any other by the integrated
tax (IGST Act 2017, sections 7, 8 and 12); of a seller nobody has papers of we do not know the state, and it
is taxed as one of another (decisions/0047).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import selectors as merchants
from apps.ondc.errors import RegistrationInvalid, SettlementNotOpen
from apps.ondc.models import SellerRegistration, Settlement
from uma.kernel.gstin import Gstin


@transaction.atomic
def register_seller(
    *,
    settlement_id: UUID,
    legal_name: str,
    gstin: str,
    effective_from: datetime,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> SellerRegistration:
    """
    Say where the seller of an order is registered from an instant on; what was booked before keeps its tax.

    Raises:
        SettlementNotOpen: there is no such order
        RegistrationInvalid: the GSTIN is none, a part is missing, or another row begins at this instant
    """
    if not legal_name.strip() or not reason.strip():
        raise RegistrationInvalid("A registration has a legal name and a reason.")
    order = Settlement.objects.filter(pk=settlement_id).first()
    if order is None:
        raise SettlementNotOpen
    try:
        registered = Gstin.parse(gstin.strip().upper())
    except ValueError as wrong:
        raise RegistrationInvalid(str(wrong)) from None
    row, is_new = SellerRegistration.objects.get_or_create(
        bpp_id=order.bpp_id,
        effective_from=effective_from,
        defaults={
            "legal_name": legal_name.strip(),
            "gstin": registered.number,
            "recorded_at": now,
        },
    )
    if not is_new:
        raise RegistrationInvalid(
            "The seller has a registration from this very instant on already."
        )
    accounts.record(
        action="ondc-seller.registered",
        object_type="ondc-settlement",
        object_id=str(settlement_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={
            "seller": order.bpp_id,
            "gstin": registered.number,
            "state": registered.state,
            "from": effective_from.isoformat(),
        },
    )
    return row


def is_intra_state(row: Settlement, *, now: datetime) -> bool:
    """Say whether a seller is registered in the state of our own registration for the zone."""
    begun = SellerRegistration.objects.filter(bpp_id=row.bpp_id, effective_from__lte=now)
    newest = begun.order_by("-effective_from").first()
    if newest is None:
        return False
    ours: str = merchants.zone(code=row.zone_code).platform_state_code
    return Gstin.parse(newest.gstin).state_code == ours
