"""A small city of money: one zone, merchants with topped-up wallets, riders with empty ones."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from apps.wallet import codes, services
from apps.wallet.services import Leg
from uma.kernel.ids import new_id

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
ZONE = "MNP"
# The worked example of product rule 2.6: cap 15000, CPT 2000, CPA 5000, GST 18 % of both.
HOLD_PAISE = 23260


@dataclass(frozen=True)
class Merchant:
    id: UUID

    @property
    def wallet(self) -> str:
        return codes.merchant_wallet(self.id)

    @property
    def held(self) -> str:
        return codes.merchant_held(self.id)

    @property
    def released(self) -> str:
        return codes.merchant_released(self.id)


@dataclass(frozen=True)
class Rider:
    id: UUID

    @property
    def wallet(self) -> str:
        return codes.rider_wallet(self.id)

    @property
    def parked(self) -> str:
        return codes.rider_parked(self.id)

    @property
    def receivable(self) -> str:
        return codes.rider_receivable(self.id)


def platform(name: str) -> str:
    return codes.zone_account(ZONE, name)


def open_zone(zone_code: str = ZONE) -> None:
    services.open_accounts(codes=codes.zone_accounts(zone_code))


def make_merchant(*, holds_paise: int = 0) -> Merchant:
    merchant = Merchant(new_id())
    open_zone()
    services.open_accounts(codes=codes.merchant_accounts(merchant.id))
    if holds_paise:
        top_up(merchant, holds_paise)
    return merchant


def make_rider() -> Rider:
    rider = Rider(new_id())
    services.open_accounts(codes=codes.rider_accounts(rider.id))
    return rider


def post(kind: str, *legs: Leg, **facts: object) -> UUID:
    """Post with the facts that most tests do not care about."""
    common: dict[str, object] = {
        "reference": f"{kind}:{new_id()}",
        "zone_code": ZONE,
        "event_at": NOON,
        "actor_id": None,
    }
    return services.post(kind=kind, legs=legs, **(common | facts))  # type: ignore[arg-type]  # a mix


def top_up(merchant: Merchant, amount_paise: int) -> UUID:
    return post("topup", Leg(platform("bank_nodal"), merchant.wallet, amount_paise))


def hold(merchant: Merchant, amount_paise: int = HOLD_PAISE, hold_id: UUID | None = None) -> UUID:
    """Place a hold and return its id."""
    hold_id = hold_id or new_id()
    services.place_hold(
        hold_id=hold_id,
        merchant_id=merchant.id,
        amount_paise=amount_paise,
        zone_code=ZONE,
        reference=f"hold:{hold_id}",
        event_at=NOON,
        actor_id=None,
    )
    return hold_id


def release(hold_id: UUID) -> UUID:
    return services.release_hold(
        hold_id=hold_id,
        reference=f"release:{hold_id}",
        zone_code=ZONE,
        event_at=NOON,
        actor_id=None,
    )


def worked_legs(merchant: Merchant, rider: Rider) -> list[Leg]:
    """Return row 3 of the worked example: a new customer, fare 13200 under the cap."""
    return [
        Leg(merchant.held, rider.wallet, 13200),
        Leg(merchant.held, platform("cpt"), 2000),
        Leg(merchant.held, platform("cpa"), 5000),
        Leg(merchant.held, platform("gst_cgst"), 630),
        Leg(merchant.held, platform("gst_sgst"), 630),
        Leg(merchant.held, merchant.released, 1800),
    ]


def capture(hold_id: UUID, legs: list[Leg]) -> UUID:
    return post("handshake", *legs, reference=f"handshake:{hold_id}", hold_id=hold_id)


def recover_debt(rider: Rider) -> int:
    """Pay what the rider owes as far as the wallet goes; return how much."""
    return services.recover_debt(
        rider_id=rider.id, reference=f"debt:{new_id()}", zone_code=ZONE, event_at=NOON
    )


def sweep(*, limit: int) -> list[services.Swept]:
    """Claim and sweep, as the clock does in one transaction."""
    with transaction.atomic():
        claimed = services.claim_released(limit=limit)
        services.sweep_released(claimed=claimed, now=NOON)
    return claimed
