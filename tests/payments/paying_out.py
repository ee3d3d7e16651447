"""Payouts for tests, made through the services: riders who may withdraw, merchants who may take out."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.accounts.models import User
from apps.merchants.models import Merchant, Staff
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import FundAccount, Payout
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.factories import NOON, balance, make_merchant, make_rider, make_staff
from tests.sandbox.pretended_razorpay import RazorpayProcess

AMOUNT_PAISE, HAS_PAISE = 500_00, 1_500_00
# Rs 3 and GST of 18 %: what the pretended Razorpay takes.
FEE_PAISE, TAX_PAISE = 3_54, 54
LONG_AGO = NOON - timedelta(days=60)
OPERATOR = UUID(int=7)
LIMITS = services.Limits(
    max_balance_paise=2_00_000_00, max_credit_month_paise=None, payout_min_paise=100_00,
    payout_max_paise=25_000_00, payout_day_paise=25_000_00, payout_month_paise=None,
    payouts_a_day=3, credit_age_hours=24, screen_above_paise=None,
)  # fmt: skip


@dataclass(frozen=True)
class Payee:
    """A rider or a merchant whose money may leave today, to an account that was checked long ago."""

    account: FundAccount
    rider: User | None = None
    merchant: Merchant | None = None
    owner_id: UUID | None = None

    @property
    def purse(self) -> int:
        if self.rider is not None:
            return balance(codes.rider_wallet(self.rider.pk))
        assert self.merchant is not None
        return balance(codes.merchant_wallet(self.merchant.pk))

    @property
    def aside(self) -> int:
        if self.rider is not None:
            return balance(codes.rider_withdrawing(self.rider.pk))
        assert self.merchant is not None
        return balance(codes.merchant_refunding(self.merchant.pk))

    def ask(
        self, amount_paise: int = AMOUNT_PAISE, *, now: datetime = NOON, **more: Any
    ) -> Payout:  # Any: the service's arguments
        facts: dict[str, Any] = {  # Any: as above
            "amount_paise": amount_paise, "fund_account_id": self.account.pk, "key": None, "now": now,
        } | more  # fmt: skip
        if self.rider is not None:
            return services.request_withdrawal(person_id=self.rider.pk, **facts).payout
        assert self.merchant is not None
        assert self.owner_id is not None
        return services.request_refund(
            merchant_id=self.merchant.pk, actor_id=self.owner_id, **facts
        ).payout


def give(rider: User, amount_paise: int, *, now: datetime = LONG_AGO) -> None:
    """Put money into a rider's wallet."""
    leg = wallet.Leg(
        codes.zone_account(rider.zone_code, "goodwill"), codes.rider_wallet(rider.pk), amount_paise
    )
    wallet.post(
        kind="goodwill", reference=f"goodwill:{uuid4()}", legs=[leg], zone_code=rider.zone_code,
        event_at=now, actor_id=None,
    )  # fmt: skip


def checked_account(now: datetime = LONG_AGO, **facts: Any) -> FundAccount:  # Any: as above
    account = services.add_fund_account(now=now, **facts)
    services.verify_fund_account(
        fund_account_id=account.pk, actor_id=OPERATOR, reason="the name fits", now=now
    )
    account.refresh_from_db()
    return account


def make_payee(
    *, has_paise: int = HAS_PAISE, level: int = 1, kind: str = "vpa", zone: str = "MNP"
) -> Payee:
    """Return a rider who may withdraw."""
    # The zone's own accounts, which cashback comes from.
    make_merchant("Any shop", zone=zone)
    rider = make_rider(zone=zone, now=LONG_AGO)
    if has_paise:
        give(rider, has_paise)
    if level:
        services.set_kyc_level(
            person_id=rider.pk, level=level, actor_id=OPERATOR, reason="PAN seen", now=LONG_AGO
        )
    named: dict[str, Any] = (  # Any: the service's arguments
        {"vpa": f"{uuid4().hex[:12]}@upi"}
        if kind == "vpa"
        else {"ifsc": "SBIN0001234", "account_number": f"{uuid4().int % 10**12:012d}"}
    )
    account = checked_account(person_id=rider.pk, holder_name="Neha Rao", **named)
    return Payee(account, rider=rider)


def make_owner(*, has_paise: int = 5_000_00, zone: str = "MNP") -> Payee:
    """Return a merchant who may take unused balance out."""
    merchant = make_merchant("Corner Café", zone=zone, funds_paise=has_paise)
    owner_id = make_staff(merchant, Staff.Role.OWNER, now=LONG_AGO)
    account = checked_account(
        merchant_id=merchant.pk, actor_id=owner_id, holder_name="Corner Café LLP",
        ifsc="HDFC0000123", account_number=f"{uuid4().int % 10**12:012d}",
    )  # fmt: skip
    return Payee(account, merchant=merchant, owner_id=owner_id)


def payouts_of_a_city(rider: User, *, code: str, now: datetime) -> None:
    """Leave a rider's payout that goes, one that waits for a look, and a finding that stops both."""
    long_ago = now - timedelta(days=60)
    give(rider, 1_000_00, now=long_ago)
    services.set_kyc_level(
        person_id=rider.pk, level=1, actor_id=OPERATOR, reason="PAN seen", now=long_ago
    )
    account = checked_account(
        now=long_ago, person_id=rider.pk, holder_name="Rider", vpa=f"rider-{code.lower()}@upi"
    )
    for _ in range(2):
        services.request_withdrawal(
            person_id=rider.pk, amount_paise=100_00, fund_account_id=account.pk, key=None, now=now
        )
    services.halt_payouts(reason=f"a look into {code}", actor_id=None, now=now)
    services.set_wallet_policy(
        who="TIER_2",
        limits=LIMITS,
        effective_from=now,
        actor_id=OPERATOR,
        reason="counsel",
        now=now,
    )


def sent_at(cloud: RazorpayProcess, payout: Payout) -> list[dict[str, Any]]:  # Any: JSON
    """Return what the pretended Razorpay made of a payout: the rows with its reference."""
    rows: list[dict[str, Any]] = cloud.ask("pout")["items"]  # Any: as above
    return [row for row in rows if row["reference_id"] == payout.reference]


def submitted(payee: Payee, account: Gateway, *, now: datetime = NOON) -> Payout:
    """Return a payout that Razorpay has."""
    payout = payee.ask(now=now)
    assert services.submit_next(gateway=account, now=now) is not None
    payout.refresh_from_db()
    return payout


def looked(payout: Payout, account: Gateway, *, now: datetime = NOON) -> str:
    """Have Razorpay asked about the payout now; return the state that it reached."""
    Payout.objects.filter(pk=payout.pk, next_look_at__isnull=False).update(next_look_at=now)
    services.look_at_payouts(gateway=account, now=now, limit=100)
    payout.refresh_from_db()
    return payout.state


def payout_event(razorpay_id: str, name: str, **entity: object) -> bytes:
    """Return an event of RazorpayX as it comes."""
    facts = {"id": razorpay_id, "entity": "payout"} | entity
    return json.dumps(
        {"entity": "event", "event": f"payout.{name}", "payload": {"payout": {"entity": facts}}}
    ).encode()
