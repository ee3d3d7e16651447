"""May this rider book this deal now? Every guard of rule 2.4 that campaigns know, in its order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.campaigns import errors
from apps.campaigns.costs import max_cost_paise
from apps.campaigns.errors import Ineligible
from apps.campaigns.lifecycle import State, is_on_sale
from apps.campaigns.models import Campaign
from apps.campaigns.terms import has_ended
from apps.merchants.models import Merchant, Outlet
from uma.kernel.geo import Point, distance_m
from uma.kernel.zones import Window, day_of, is_open, next_midnight, next_open_at

ALL = "all"


@dataclass(frozen=True, slots=True)
class Facts:
    """One campaign at one outlet with everything a decision and an offer need; money in paise."""

    campaign_id: UUID
    version: int
    revision: int
    state: str
    pause_reason: str
    starts_at: datetime
    ends_at: datetime | None
    windows: tuple[Window, ...]
    title: str
    description: str
    discount_bps: int
    basis: str
    cap_paise: int
    deductible_paise: int
    cpt_fee_paise: int
    cpa_enabled: bool
    cpa_fee_paise: int
    gst_bps: int
    audience: str
    proof_policy: str
    geofence_policy: str
    booking_ttl_minutes: int
    static_qr: bool
    budget_paise: int | None
    daily_budget_paise: int | None
    seats: int | None
    daily_seats: int | None
    per_rider: int | None
    per_rider_per_day: int | None
    per_outlet_daily: int | None
    boosted_until: datetime | None
    holdout_bps: int
    salt: UUID | None
    merchant_id: UUID
    merchant_name: str
    merchant_status: str
    merchant_state_code: str
    outlet_id: UUID
    outlet_name: str
    address: str
    category: str
    location: Point
    radius_m: int
    outlet_status: str
    zone_code: str
    timezone: str
    platform_state_code: str
    bookings_paused_at: datetime | None

    @property
    def inter_state(self) -> bool:
        return self.platform_state_code != self.merchant_state_code

    @property
    def max_cost_paise(self) -> int:
        return max_cost_paise(
            cap_paise=self.cap_paise,
            cpt_fee_paise=self.cpt_fee_paise,
            cpa_fee_paise=self.cpa_fee_paise if self.cpa_enabled else 0,
            gst_bps=self.gst_bps,
            inter_state=self.inter_state,
        )


@dataclass(frozen=True, slots=True)
class Cap:
    """One allotment a booking takes from: its scope, and its limits (None for none)."""

    scope: str
    seats: int | None = None
    budget_paise: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """How much of an allotment is sold."""

    seats: int = 0
    committed_paise: int = 0


def caps(facts: Facts, *, rider_id: UUID, now: datetime) -> list[Cap]:
    """
    Return the allotments that a booking takes from, in the order of their scopes.

    All five, capped or not: a cap that is set later then knows what was sold before.
    """
    day = day_of(now, facts.timezone).isoformat()
    return [
        Cap(ALL, facts.seats, facts.budget_paise),
        Cap(f"day:{day}", facts.daily_seats, facts.daily_budget_paise),
        Cap(f"outlet:{facts.outlet_id}:{day}", facts.per_outlet_daily),
        Cap(f"rider:{rider_id}", facts.per_rider),
        Cap(f"rider:{rider_id}:{day}", facts.per_rider_per_day),
    ]


def refusals(
    facts: Facts, *, visited: bool, held_out: bool, place: Point | None, now: datetime
) -> Iterator[Ineligible]:
    """Yield every guard that fails, the caps apart; the first is what a booking is told."""
    if facts.bookings_paused_at is not None:
        yield errors.ZonePaused()
    yield from _on_offer(facts, now)
    if not is_open(facts.windows, now, facts.timezone):
        opens_at = next_open_at(facts.windows, now, facts.timezone)
        yield errors.OutsideWindow(until=opens_at, next_open_at=opens_at)
    if facts.audience == Campaign.Audience.NEW_ONLY and visited:
        yield errors.AudienceNewOnly()
    if facts.audience == Campaign.Audience.RETURNING_ONLY and not visited:
        yield errors.AudienceReturningOnly()
    if held_out:
        yield errors.HeldOut()
    yield from _geofence(facts, place)


def cap_refusals(
    wanted: list[Cap], sold: Mapping[str, Taken], *, cost_paise: int, timezone: str, now: datetime
) -> list[Ineligible]:
    """Return the caps that one more booking of `cost_paise` would break, by what is `sold`."""
    broken = set()
    for cap in wanted:
        taken = sold.get(cap.scope)
        if is_full(taken, None, cap.budget_paise, cost_paise):
            broken.add(f"budget|{cap.scope}")
        if is_full(taken, cap.seats, None, cost_paise):
            broken.add(f"seats|{cap.scope}")
    return explain(wanted, broken, timezone=timezone, now=now)


def is_full(
    taken: Taken | None, seats: int | None, budget_paise: int | None, cost_paise: int
) -> bool:
    """Say whether one more booking would pass the seats or budget (`campaigns_take` decides)."""
    sold = taken or Taken()
    return (seats is not None and sold.seats + 1 > seats) or (
        budget_paise is not None and sold.committed_paise + cost_paise > budget_paise
    )


def explain(
    wanted: list[Cap], broken: set[str], *, timezone: str, now: datetime
) -> list[Ineligible]:
    """Return the refusals behind broken caps (`budget|<scope>`, `seats|<scope>`), in rule order."""
    if not broken:
        return []
    everything, day, outlet_day, rider, rider_day = wanted
    tomorrow = next_midnight(now, timezone)
    order: list[tuple[str, type[Ineligible], datetime | None]] = [
        (f"budget|{everything.scope}", errors.BudgetExhausted, None),
        (f"budget|{day.scope}", errors.DailyBudgetExhausted, tomorrow),
        (f"seats|{everything.scope}", errors.SeatsExhausted, None),
        (f"seats|{day.scope}", errors.DailySeatsExhausted, tomorrow),
        (f"seats|{rider.scope}", errors.RiderCapReached, None),
        (f"seats|{rider_day.scope}", errors.RiderDailyCapReached, tomorrow),
        (f"seats|{outlet_day.scope}", errors.OutletDailyCapReached, tomorrow),
    ]
    return [refusal(until=until) for name, refusal, until in order if name in broken]


def _on_offer(facts: Facts, now: datetime) -> Iterator[Ineligible]:
    if facts.merchant_status != Merchant.Status.ACTIVE:
        yield errors.CampaignNotActive("The merchant is not taking bookings.")
    elif has_ended(facts.ends_at, now) or facts.state in (State.ENDED, State.ARCHIVED):
        yield errors.CampaignNotActive("The deal has ended.")
    elif not is_on_sale(facts.state, facts.pause_reason):
        yield errors.CampaignNotActive("The deal is not on offer now.", state=facts.state.lower())
    elif facts.starts_at > now:
        yield errors.CampaignNotActive("The deal has not begun.", until=facts.starts_at)
    if facts.outlet_status != Outlet.Status.OPEN:
        yield errors.OutletClosed()


def _geofence(facts: Facts, place: Point | None) -> Iterator[Ineligible]:
    if facts.geofence_policy != Campaign.GeofencePolicy.RIDER_LOCATION:
        return
    if place is None:
        yield errors.OutsideGeofence("Share your location to book this deal.", distance_m=None)
        return
    away_m = distance_m(place, facts.location)
    if away_m > facts.radius_m:
        yield errors.OutsideGeofence(
            f"You are {away_m} m from the outlet; it takes bookings within {facts.radius_m} m.",
            distance_m=away_m,
        )


def wallet_refusals(
    facts: Facts, *, balance_paise: int, frozen: bool
) -> Iterator[tuple[str, datetime | None]]:
    """Yield what the ledger would refuse at the hold, as code and until."""
    if frozen:
        yield "merchant_wallet_frozen", None
    if balance_paise < facts.max_cost_paise:
        yield "low_balance", None
