"""What the payments app keeps about a person: accounts for payouts, payouts, how well they are known."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.payments.machine import State
from apps.payments.models import (
    AccountValidation,
    Adjustment,
    DormantWallet,
    FundAccount,
    KycLevel,
    Payout,
    Prepayment,
)
from apps.payments.services.payout_steps import COMES_BACK_WITHIN
from uma.kernel.money import rupees
from uma.kernel.personal_data import Obstacle

SECTION = "Payout accounts"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return the person's bank accounts and VPAs as they were given, withdrawals and KYC levels."""
    rows = FundAccount.objects.filter(person_id=person_id).order_by("created_at", "pk")
    return {
        "accounts": [
            {
                "kind": row.kind,
                "holder_name": row.holder_name,
                "account_number": row.account_number,
                "ifsc": row.ifsc,
                "vpa": row.vpa,
                "added_at": row.created_at,
                "removed_at": row.removed_at,
                "verification": row.verification.value,
                "names_the_bank_told": [
                    {"name": asked.registered_name, "at": asked.ended_at}
                    for asked in row.validations.all()
                    if asked.registered_name
                ],
            }
            for row in rows.prefetch_related("validations")
        ],
        "withdrawals": [
            {
                "rupees": rupees(payout.amount_paise),
                "status": payout.state.lower(),
                "asked_at": payout.created_at,
                "paid_at": payout.processed_at,
                "utr": payout.utr,
            }
            for payout in Payout.objects.filter(person_id=person_id).order_by("pk")
        ],
        "paid_in_advance": [
            {
                "rupees": rupees(row.amount_paise),
                "status": row.state.lower(),
                "begun_at": row.created_at,
                "payment": row.payment_id or "",
                "refunded_rupees": rupees(row.refund.amount_paise) if hasattr(row, "refund") else 0,
            }
            for row in Prepayment.objects.filter(rider_id=person_id)
            .select_related("refund")
            .order_by("pk")
        ],
        "adjustments": [
            {
                "rupees": rupees(row.amount_paise),
                "direction": row.get_direction_display(),
                "booked_at": row.decided_at,
            }
            for row in Adjustment.objects.filter(
                person_id=person_id, state=Adjustment.State.BOOKED
            ).order_by("pk")
        ],
        "dormant_wallets": [
            {
                "warned_at": row.warned_at,
                "rupees": rupees(row.amount_paise or 0),
                "status": row.state.lower(),
                "set_aside_at": row.moved_at,
                "over_at": row.ended_at,
            }
            for row in DormantWallet.objects.filter(person_id=person_id).order_by("pk")
        ],
        "kyc_levels": [
            {"level": row.level, "from": row.effective_from}
            for row in KycLevel.objects.filter(person_id=person_id).order_by("effective_from", "pk")
        ],
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:
    """Return what was paid and is not settled, and withdrawals that the bank may still send back."""
    paid = Payout.objects.filter(
        person_id=person_id, state=State.PROCESSED, processed_at__gt=now - COMES_BACK_WITHIN
    )
    unsettled = Prepayment.objects.filter(
        Q(state__in=["HELD", "PLEDGED", "DUE"]) | Q(refund__state__in=["OWED", "STUCK"]),
        rider_id=person_id,
    )
    aside = DormantWallet.objects.filter(person_id=person_id, state=DormantWallet.State.MOVED)
    return (
        [
            Obstacle(
                "money_set_aside",
                f"₹{rupees(row.amount_paise or 0)} was set aside for you: have it given back first.",
                amount_paise=row.amount_paise,
            )
            for row in aside.order_by("pk")
        ]
        + [
            Obstacle(
                "payment_unsettled",
                f"A payment of ₹{rupees(row.amount_paise)} is not settled yet.",
                amount_paise=row.amount_paise,
            )
            for row in unsettled.order_by("pk")
        ]
        + [
            Obstacle(
                "withdrawal_may_come_back",
                f"The bank can still send ₹{rupees(payout.amount_paise)} back.",
                amount_paise=payout.amount_paise,
                until=payout.processed_at and payout.processed_at + COMES_BACK_WITHIN,
            )
            for payout in paid.order_by("pk")
        ]
    )


def erase(*, person_id: UUID, now: datetime) -> None:
    """Empty the accounts; that there were some stays known by the bare id."""
    live = FundAccount.objects.filter(person_id=person_id, removed_at=None)
    live.update(removed_at=now)
    FundAccount.objects.filter(person_id=person_id).update(
        holder_name="",
        account_number="",
        ifsc="",
        vpa="",
        tail="",
        account_index="",
        contact_id="",
        razorpay_id="",
    )
    waiting = DormantWallet.objects.filter(person_id=person_id, state=DormantWallet.State.WARNED)
    waiting.update(state=DormantWallet.State.AWAKE, ended_at=now)
    # Behind the accounts: an answer that comes meanwhile waits for their rows, and finds them removed.
    AccountValidation.objects.filter(fund_account__person_id=person_id).update(registered_name="")
