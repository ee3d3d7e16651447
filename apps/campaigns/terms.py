"""The terms of a campaign: their rules, and which of them a live campaign keeps."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Self

from apps.campaigns.costs import Basis, max_cost_paise
from apps.campaigns.errors import TermsInvalid
from apps.campaigns.holdouts import LEAST_BPS, MOST_BPS
from apps.campaigns.models import Campaign
from uma.kernel.money import BPS, rupees
from uma.kernel.zones import DAY_MINUTES, Window, week_faults, windows_from

MIN_TTL_MINUTES = 15

# Locked once the campaign is approved: riders chose by them, an operator approved them as they are, or
# a group that was shown the deal would be called one that was not.
LOCKED_WHEN_LIVE = ("basis", "deductible_paise", "audience", "proof_policy", "holdout_bps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What a merchant decides about a campaign; money in paise, `discount_bps` 1000 for 10 %.

    `starts_at` None starts it at once, `ends_at` None lets it run until it is ended, a cap None is
    no cap.
    """

    title: str
    cap_paise: int
    description: str = ""
    discount_bps: int = 0
    basis: str = Basis.FLAT
    deductible_paise: int = 0
    cpa_enabled: bool = False
    audience: str = Campaign.Audience.ALL
    proof_policy: str = Campaign.ProofPolicy.VISIT
    geofence_policy: str = Campaign.GeofencePolicy.NONE
    booking_ttl_minutes: int = DAY_MINUTES
    static_qr: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    windows: tuple[Window, ...] = ()
    budget_paise: int | None = None
    daily_budget_paise: int | None = None
    seats: int | None = None
    daily_seats: int | None = None
    per_rider: int | None = None
    per_rider_per_day: int | None = None
    per_outlet_daily: int | None = None
    holdout_bps: int = 0

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        """Return the terms of today of a stored campaign."""
        values = {name: getattr(campaign, name) for name in TERM_NAMES if name != "windows"}
        return cls(**values, windows=windows_from(campaign.windows))


TERM_NAMES = tuple(field.name for field in fields(Terms))


@dataclass(frozen=True, slots=True)
class Violation:
    """One term that breaks a rule: the term's name and the rule in words."""

    field: str
    rule: str


def check(
    terms: Terms, *, cpt_fee_paise: int, cpa_fee_paise: int, gst_bps: int, inter_state: bool
) -> None:
    """
    Refuse terms that break a rule of 2.3, naming every one.

    Raises:
        TermsInvalid
    """
    cost_paise = max_cost_paise(
        cap_paise=terms.cap_paise,
        cpt_fee_paise=cpt_fee_paise,
        cpa_fee_paise=cpa_fee_paise if terms.cpa_enabled else 0,
        gst_bps=gst_bps,
        inter_state=inter_state,
    )
    violations = [*_offer(terms), *_rules(terms), *_hours(terms), *_limits(terms, cost_paise)]
    if violations:
        raise TermsInvalid(
            violations[0].rule,
            errors=[{"pointer": v.field, "detail": v.rule} for v in violations],
        )


def _offer(terms: Terms) -> Iterator[Violation]:
    if not 0 <= terms.discount_bps <= BPS:
        yield Violation("discount_bps", "A discount is 0 to 100 percent.")
    if terms.cap_paise < 0:
        yield Violation("cap_paise", "A reimbursement is not negative.")
    if terms.cap_paise == 0 and terms.discount_bps == 0:
        yield Violation("cap_paise", "A deal gives a reimbursement, a discount or both.")
    if terms.basis not in set(Basis):
        yield Violation("basis", "The basis is flat, actual_capped or deductible.")
    if terms.basis == Basis.DEDUCTIBLE and terms.deductible_paise <= 0:
        yield Violation("deductible_paise", "What the rider pays first is more than nothing.")
    if terms.basis != Basis.DEDUCTIBLE and terms.deductible_paise:
        yield Violation("deductible_paise", "Only a deductible deal has a part the rider pays.")


def _rules(terms: Terms) -> Iterator[Violation]:
    if terms.audience not in Campaign.Audience.values:
        yield Violation("audience", "The audience is all, new_only or returning_only.")
    if terms.proof_policy not in Campaign.ProofPolicy.values:
        yield Violation("proof_policy", "The proof is visit, ride+visit or ride+visit+bill.")
    if terms.geofence_policy not in Campaign.GeofencePolicy.values:
        yield Violation("geofence_policy", "The geofence is none, rider_location or ride_dropoff.")
    if terms.holdout_bps and not LEAST_BPS <= terms.holdout_bps <= MOST_BPS:
        yield Violation("holdout_bps", "A holdout is 5 to 50 percent of riders, or none.")
    if not MIN_TTL_MINUTES <= terms.booking_ttl_minutes <= DAY_MINUTES:
        yield Violation("booking_ttl_minutes", "A booking lives 15 minutes to 24 hours.")


def _hours(terms: Terms) -> Iterator[Violation]:
    if terms.starts_at and terms.ends_at and terms.ends_at <= terms.starts_at:
        yield Violation("ends_at", "A campaign ends after it starts.")
    for rule in week_faults(terms.windows):
        yield Violation("windows", rule)


def _limits(terms: Terms, cost_paise: int) -> Iterator[Violation]:
    for name in ("budget_paise", "daily_budget_paise"):
        budget = getattr(terms, name)
        if budget is not None and budget < cost_paise:
            yield Violation(
                name, f"The budget pays for one visit at least: {rupees(cost_paise)} rupees."
            )
    for name in ("seats", "daily_seats", "per_rider", "per_rider_per_day", "per_outlet_daily"):
        cap = getattr(terms, name)
        if cap is not None and cap < 1:
            yield Violation(name, "A cap is one at least; leave it out for no cap.")


def has_ended(ends_at: datetime | None, now: datetime) -> bool:
    """Say whether the campaign's time is over."""
    return ends_at is not None and ends_at <= now


ARCHIVED_AFTER = timedelta(days=90)
