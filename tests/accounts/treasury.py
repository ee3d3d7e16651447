"""What a zone's money leaves on the desk: a settlement, a dispute, a bank line, and what does not agree."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from apps.payments import services as payments
from apps.payments.models import AutoTopUp, BalanceRule, CustodyCheck, ReconRun, TopUp
from apps.payments.reconciling.findings import Finding, Kind
from apps.payments.reports import DisputeFacts, ReportedLine
from apps.payments.services.reconciliation import _keep
from apps.payments.services.settlements import _take_in
from tests.factories import Shop


def fill(shop: Shop, payment_id: str) -> None:
    """Add a row of every kind to what came of one payment of ₹500."""
    now = timezone.now()
    wrong_fee = ReportedLine(
        "PAYMENT", payment_id, payment_id, "", "", 500_00, 12_00, 1_80, 488_00, 0,
        f"setl_{uuid4().hex[:14]}", uuid4().hex[:20], now,
    )  # fmt: skip
    assert _take_in([wrong_fee], now=now) == 1
    disputed = DisputeFacts(
        f"disp_{uuid4().hex[:14]}", payment_id, 100_00, 0, "INR", "chargeback", "OPEN", "fraud",
        now + timedelta(days=7),
    )  # fmt: skip
    assert payments.record_dispute(facts=disputed, now=now) == "taken"
    line = f"Date,Narration,UTR,Debit,Credit\n{now:%Y-%m-%d},FLOAT,X{uuid4().int % 10**14},900.00,"
    payments.upload_statement(
        raw=line.encode(), filename="today.csv", actor_id=shop.owner_id, now=now
    )
    found = [
        Finding(Kind.BANK_UNKNOWN, f"line:{uuid4()}", 12_34, "Whose is it?", now) for _ in range(2)
    ]
    _keep(found, since=now, now=now)
    none = {"ledger": 0, "razorpay": 0}
    totals = {"payments": none, "payouts": none, "bank": {"ledger": 0, "bank": 0, "in_transit": 0}}
    ReconRun.objects.create(
        ran_at=now, since=now, totals=totals, matched=0, found_new=1, cleared=0, standing=1
    )
    CustodyCheck.objects.create(checked_at=now, ledger_paise=0, whole=True)
    rule, _ = BalanceRule.objects.get_or_create(pk=shop.merchant.pk)
    top_up = payments.begin_top_up(
        merchant_id=shop.merchant.pk, amount_paise=600_00, actor_id=shop.owner_id, key=None, now=now
    ).top_up
    AutoTopUp.objects.create(top_up=TopUp.objects.get(pk=top_up.pk), rule=rule, below_since=now)
