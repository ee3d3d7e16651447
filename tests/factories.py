"""
A small city for tests, built through the services and never by writing rows.

`make_shop()` is the usual beginning: a zone, an active and funded merchant with an outlet and an
owner, and a live campaign with the terms of the worked example (cap 150, CPT 20, CPA 50: 232.60
held).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.merchants.models import Merchant, Outlet, Staff
from apps.rides import qr
from apps.rides import services as rides
from apps.rides.models import Booking
from apps.wallet import codes
from apps.wallet import selectors as wallet
from tests.campaigns.making import MAX_COST_PAISE, make_campaign, set_fees
from tests.merchants.making import (
    MANIPAL,
    NOON,
    fund,
    make_merchant,
    make_outlet,
    make_person,
    make_staff,
    make_zone,
)
from uma.kernel.geo import Point
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.ids import new_id

__all__ = [
    "FUNDS_PAISE",
    "MANIPAL",
    "MAX_COST_PAISE",
    "NOON",
    "Shop",
    "balance",
    "bearer",
    "code_of",
    "fund",
    "keyring",
    "make_booking",
    "make_campaign",
    "make_merchant",
    "make_outlet",
    "make_person",
    "make_rider",
    "make_shop",
    "make_staff",
    "make_zone",
    "request_key",
    "set_fees",
    "wallet_balance",
]

FUNDS_PAISE = 10_000_00


@dataclass(frozen=True)
class Shop:
    """A merchant that is open for business: one outlet, one owner, one live campaign."""

    merchant: Merchant
    outlet: Outlet
    owner_id: UUID
    campaign: Campaign

    @property
    def wallet_paise(self) -> int:
        return wallet_balance(self.merchant.pk)

    @property
    def held_paise(self) -> int:
        return wallet.held_paise(merchant_id=self.merchant.pk)


def make_shop(
    brand: str = "Corner Café",
    *,
    zone: str = "MNP",
    funds_paise: int = FUNDS_PAISE,
    at: Point = MANIPAL,
    now: datetime = NOON,
    **terms: Any,  # Any: campaign terms of many types
) -> Shop:
    merchant = make_merchant(brand, zone=zone, funds_paise=funds_paise, now=now)
    outlet = make_outlet(merchant, at=at, now=now)
    owner_id = make_staff(merchant, Staff.Role.OWNER, now=now)
    campaign = make_campaign(merchant, now=now, **terms)
    return Shop(merchant, outlet, owner_id, campaign)


def make_rider(name: str = "rider", *, zone: str = "MNP", now: datetime = NOON) -> User:
    return rides.register_rider(
        username=f"{name}-{uuid4()}", display_name=name.title(), zone_code=zone, now=now
    )


def make_booking(
    shop: Shop | None = None,
    rider: User | None = None,
    *,
    campaign_id: UUID | None = None,
    key: IdempotencyKey | None = None,
    location: Point | None = None,
    now: datetime = NOON,
) -> Booking:
    shop = shop or make_shop(now=now)
    rider = rider or make_rider(now=now)
    return rides.book(
        rider_id=rider.pk,
        campaign_id=campaign_id or shop.campaign.pk,
        location=location,
        key=key,
        qr_kid=keyring().signing_kid,
        now=now,
    ).booking


def keyring() -> qr.Keyring:
    return qr.keyring(settings.QR_MASTER_KEYS)


def code_of(booking: Booking, *, at: datetime) -> str:
    """Return the text that the rider's phone shows at an instant."""
    key = qr.booking_key(keys=keyring(), kid=booking.qr_kid, ref=booking.ref)
    return qr.token(key=key, kid=booking.qr_kid, ref=booking.ref, step=qr.step_at(at))


def request_key(text: str = "", *, body: bytes = b"one") -> IdempotencyKey:
    """Return an Idempotency-Key; the same text and body are the same request."""
    return IdempotencyKey(text or str(uuid4()), body.ljust(32, b"."))


def bearer(user_id: UUID, role: str, *, now: datetime) -> dict[str, str]:
    """Return the headers of a signed-in person, for `client.get(..., headers=…)`."""
    token = issue_access_token(user_id=user_id, role=role, session_id=new_id(), now=now)
    return {"Authorization": f"Bearer {token}"}


def wallet_balance(merchant_id: UUID) -> int:
    return balance(codes.merchant_wallet(merchant_id))


def balance(code: str) -> int:
    return wallet.balance_paise(code=code)
