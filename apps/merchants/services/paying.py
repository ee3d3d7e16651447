"""The money of plans: a month charged, and what of it goes back; inside the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.merchants import selectors
from apps.merchants.errors import RefundTooMuch
from apps.merchants.models import Merchant, Subscription, SubscriptionCharge, SubscriptionRefund
from apps.merchants.pricing import Bill, bill, part_back, refund_legs, sale_legs
from apps.merchants.selectors import Price
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.gst import Gst
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month of a plan that is to be paid: which, from when to when, and for how much."""

    plan: str
    starts_at: datetime
    ends_at: datetime
    price: Price


def charge(
    subscription: Subscription,
    month: Month,
    *,
    merchant: Merchant,
    actor_id: UUID | None,
    key: IdempotencyKey | None,
    now: datetime,
) -> SubscriptionCharge:
    """
    Take a month's price with GST from the wallet of a locked merchant.

    Raises:
        InsufficientFunds, WalletFrozen
    """
    zone = selectors.zone(code=merchant.zone_id)
    sold = bill(
        month.price.price_paise,
        gst_bps=month.price.gst_bps,
        inter_state=zone.platform_state_code != merchant.state_code,
    )
    journal_id = wallet.post(
        kind="subscription",
        # Names the month: behind the lock and the row the ledger takes it once as well.
        reference=f"subscription:{subscription.pk}:{month.plan}:{month.starts_at:%Y%m%dT%H%M%S%f}",
        legs=sale_legs(
            sold,
            merchant_id=merchant.pk,
            zone_code=merchant.zone_id,
            income=ZoneAccount.SUBSCRIPTION,
        ),
        zone_code=merchant.zone_id,
        event_at=now,
        actor_id=actor_id,
        memo=f"Plan {month.plan.lower()}",
    )
    return SubscriptionCharge.objects.create(
        subscription=subscription,
        plan=month.plan,
        period_start=month.starts_at,
        period_end=month.ends_at,
        price_paise=sold.base_paise,
        gst_bps=month.price.gst_bps,
        cgst_paise=sold.tax.cgst_paise,
        sgst_paise=sold.tax.sgst_paise,
        igst_paise=sold.tax.igst_paise,
        journal_id=journal_id,
        charged_at=now,
        charged_by=actor_id,
        request_key=key.key if key else None,
        request_fingerprint=key.fingerprint if key else None,
    )


def left_paise(charged: SubscriptionCharge) -> int:
    """Return how much of a charge, before tax, did not go back yet."""
    return charged.price_paise - _returned(charged).base_paise


def refund(
    charged: SubscriptionCharge,
    base_paise: int,
    *,
    why: str,
    merchant: Merchant,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> SubscriptionRefund:
    """
    Return `base_paise` of a charge with the tax on it to the wallet of a locked merchant.

    Raises:
        RefundTooMuch
    """
    returned = _returned(charged)
    left = charged.price_paise - returned.base_paise
    if not 1 <= base_paise <= left:
        raise RefundTooMuch(f"At most {left} paise can go back.", left_paise=left)
    back = part_back(_sold(charged), returned, base_paise, gst_bps=charged.gst_bps)
    refund_id = new_id()
    journal_id = wallet.post(
        kind="subscription_refund",
        reference=f"subscription_refund:{refund_id}",
        legs=refund_legs(
            back,
            merchant_id=merchant.pk,
            zone_code=merchant.zone_id,
            income=ZoneAccount.SUBSCRIPTION,
        ),
        zone_code=merchant.zone_id,
        event_at=now,
        actor_id=actor_id,
        memo=reason,
        reverses=charged.journal_id,
    )
    return SubscriptionRefund.objects.create(
        id=refund_id,
        charge=charged,
        why=why,
        amount_paise=back.base_paise,
        cgst_paise=back.tax.cgst_paise,
        sgst_paise=back.tax.sgst_paise,
        igst_paise=back.tax.igst_paise,
        journal_id=journal_id,
        refunded_at=now,
        refunded_by=actor_id,
        reason=reason,
    )


def _sold(charged: SubscriptionCharge) -> Bill:
    tax = Gst(charged.cgst_paise, charged.sgst_paise, charged.igst_paise)
    return Bill(charged.price_paise, tax)


def _returned(charged: SubscriptionCharge) -> Bill:
    rows = list(SubscriptionRefund.objects.filter(charge=charged))
    return Bill(
        sum(row.amount_paise for row in rows),
        Gst(
            sum(row.cgst_paise for row in rows),
            sum(row.sgst_paise for row in rows),
            sum(row.igst_paise for row in rows),
        ),
    )
