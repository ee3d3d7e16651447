"""Payments in advance for tests, made through the services and paid at the pretended checkout."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.payments import services
from apps.payments.gateway import Gateway, PaymentFacts
from apps.payments.models import Prepayment, PrepaymentRefund
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.codes import ZoneAccount
from tests.factories import NOON, make_rider
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.ids import new_id

FARE_PAISE = 60_00
SOON = NOON + timedelta(minutes=2)


def begun(*, purpose: UUID | None = None, amount_paise: int = FARE_PAISE) -> Prepayment:
    with transaction.atomic():
        return services.begin_prepayment(
            rider_id=make_rider().pk,
            zone_code="MNP",
            purpose=purpose or new_id(),
            amount_paise=amount_paise,
            now=NOON,
        )


def held(cloud: RazorpayProcess, account: Gateway) -> Prepayment:
    """Return a payment whose money a bank holds for us."""
    row = services.order_prepayment(prepayment_id=begun().pk, gateway=account, now=NOON)
    cloud.order("pay", order_id=row.order_id, outcome="captured")
    row = services.look_at_prepayment(prepayment_id=row.pk, gateway=account, now=NOON)
    assert row.state == "HELD"
    return row


def bought(row: Prepayment) -> None:
    """Let the purchase have been sent, and have come true."""
    services.pledge_prepayment(purpose=row.purpose, now=NOON)
    assert services.take_prepayment(purpose=row.purpose, now=NOON)


def taken(cloud: RazorpayProcess, account: Gateway) -> Prepayment:
    row = held(cloud, account)
    bought(row)
    services.tend_prepayments(gateway=account, now=NOON, limit=10)
    return now_of(row)


def made_up(state: str, **facts: object) -> Prepayment:
    """Return a payment that never was at Razorpay, in a state."""
    row = begun()
    row.order_id, row.state = f"order_{row.pk.hex[-14:]}", "OPEN"
    row.save()
    steps = ("HELD", "PLEDGED", "DUE")
    for step in steps[: steps.index(state) + 1] if state in steps else ():
        row.payment_id, row.state = f"pay_{row.pk.hex[-14:]}", step
        row.save()
    for name, value in facts.items():
        setattr(row, name, value)
    row.save()
    return row


def captured(row: Prepayment) -> PaymentFacts:
    payment_id = row.payment_id or f"pay_{row.pk.hex[-14:]}"
    return PaymentFacts(
        payment_id, row.order_id or "", row.amount_paise, "INR", "captured", "upi", 1_42, 22
    )


def now_of(row: Prepayment) -> Prepayment:
    return Prepayment.objects.get(pk=row.pk)


def refund_of(row: Prepayment) -> PrepaymentRefund:
    return PrepaymentRefund.objects.get(prepayment=row)


def zone_paise(name: ZoneAccount) -> int:
    code = codes.zone_account("MNP", name)
    return ledger.balances_paise(codes=[code], unopened=True)[code]


def books() -> tuple[int, int, int]:
    """Return what is on its way from Razorpay, what is owed to sellers, and what is owed back."""
    return (
        zone_paise(ZoneAccount.PG_CLEARING),
        zone_paise(ZoneAccount.TICKETS_OWED),
        zone_paise(ZoneAccount.TICKET_REFUNDS),
    )


def refused_refund_of(rider_id: UUID, *, zone_code: str, now: datetime) -> PrepaymentRefund:
    """Return a refund that waits for a person, of a payment that was captured."""
    purpose = new_id()
    with transaction.atomic():
        row = services.begin_prepayment(
            rider_id=rider_id, zone_code=zone_code, purpose=purpose, amount_paise=60_00, now=now
        )
    rows = Prepayment.objects.filter(pk=row.pk)
    rows.update(state="OPEN", order_id=f"order_{row.pk.hex[-14:]}")
    for state in ("HELD", "PLEDGED", "DUE"):
        rows.update(state=state, payment_id=f"pay_{row.pk.hex[-14:]}")
    assert services.note_payment(facts=captured(rows.get()), now=now) == "captured"
    services.undo_prepayment(purpose=purpose, back_paise=55_00, reason="cancelled", now=now)
    refund = PrepaymentRefund.objects.get(prepayment=row)
    PrepaymentRefund.objects.filter(pk=refund.pk).update(state="STUCK", last_error="refused")
    return refund
