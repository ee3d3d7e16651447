"""The refusals of campaigns: of their owners' changes, and of a booking."""

from datetime import datetime

from uma.kernel.errors import DomainError
from uma.kernel.money import rupees


class UnknownCampaign(DomainError):
    code = "unknown_campaign"
    title = "No such campaign"
    status = 404


class TermsInvalid(DomainError):
    """One or more terms break a rule; `errors` points to each."""

    code = "terms_invalid"
    title = "The campaign's terms are not allowed"
    status = 422
    advice = "Correct the fields that `errors` points to and send the request again."


class FieldLocked(DomainError):
    code = "field_locked"
    title = "This field cannot be changed any more"
    advice = "Clone the campaign: the copy is a draft in which everything can be changed."

    def __init__(self, *, field: str, why: str) -> None:
        super().__init__(f"{field} cannot be changed: {why}.", field=field)


class CapBelowSold(DomainError):
    code = "cap_below_sold"
    title = "The new limit is below what is sold already"

    def __init__(self, *, field: str, sold: float) -> None:
        super().__init__(f"{field} cannot be less than {sold}: so much is sold.", field=field)


class ReviewRequired(DomainError):
    code = "review_required"
    title = "These terms need an operator's approval"
    advice = "Clone the campaign and submit the copy: an operator reviews it."


class TransitionNotAllowed(DomainError):
    code = "transition_not_allowed"
    title = "The campaign cannot do this in its present state"

    def __init__(self, *, state: str, wanted: str) -> None:
        super().__init__(
            f"The campaign is {state.lower()}; it cannot become {wanted.lower()}.",
            state=state.lower(),
        )


class FeesNotSet(DomainError):
    code = "fees_not_set"
    title = "No fees are set for this zone yet"


class CampaignBusy(DomainError):
    code = "campaign_busy"
    title = "The campaign is being changed right now"
    retry_after_s = 1


class Ineligible(DomainError):
    """Why this deal cannot be booked by this person now, and until when that is so."""

    code = "ineligible"
    title = "This deal cannot be booked now"

    def __init__(
        self, detail: str | None = None, /, *, until: datetime | None = None, **extra: object
    ) -> None:
        self.until = until
        super().__init__(detail, until=until, **extra)


class ZonePaused(Ineligible):
    code = "zone_paused"
    title = "Bookings are paused in this city"
    status = 503


class CampaignNotActive(Ineligible):
    code = "campaign_not_active"
    title = "This deal is not on offer now"


class OutsideWindow(Ineligible):
    code = "outside_window"
    title = "This deal is not open at this hour"


class AudienceNewOnly(Ineligible):
    code = "audience_new_only"
    title = "This deal is for customers who are new to the merchant"


class AudienceReturningOnly(Ineligible):
    code = "audience_returning_only"
    title = "This deal is for customers who have visited the merchant before"


class HeldOut(Ineligible):
    """The rider belongs to the part of all riders, drawn by lot, to whom the deal is not offered."""

    code = "held_out"
    title = "This deal is not offered to you"
    status = 403
    advice = (
        "The merchant offers it to a part of all riders, drawn by lot. Other deals are open to you."
    )


class OutletClosed(Ineligible):
    code = "outlet_closed"
    title = "The outlet is closed"


class OutsideGeofence(Ineligible):
    code = "outside_geofence"
    title = "You are not near enough to the outlet"


class BudgetExhausted(Ineligible):
    code = "budget_exhausted"
    title = "The deal's budget is used up"


class DailyBudgetExhausted(Ineligible):
    code = "daily_budget_exhausted"
    title = "The deal's budget for today is used up"


class SeatsExhausted(Ineligible):
    code = "seats_exhausted"
    title = "The deal is sold out"


class DailySeatsExhausted(Ineligible):
    code = "daily_seats_exhausted"
    title = "The deal is sold out for today"


class RiderCapReached(Ineligible):
    code = "rider_cap_reached"
    title = "You have booked this deal as often as it allows"


class RiderDailyCapReached(Ineligible):
    code = "rider_daily_cap_reached"
    title = "You have booked this deal as often as it allows in a day"


class OutletDailyCapReached(Ineligible):
    code = "outlet_daily_cap_reached"
    title = "The deal is sold out at this outlet for today"


class CampaignNotOnSale(DomainError):
    code = "campaign_not_on_sale"
    title = "Only a campaign that is on sale can be boosted"


class AlreadyBoosted(DomainError):
    code = "already_boosted"
    title = "The campaign is boosted already"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(until=until)


class NoBoost(DomainError):
    code = "no_boost"
    title = "The campaign is not boosted"


class NoBoostSlot(DomainError):
    code = "no_boost_slot"
    title = "Every slot for boosts around here is taken"
    advice = "Try again later: a slot is free when a week there is over."


class BoostPriceChanged(DomainError):
    code = "boost_price_changed"
    title = "The price is not the one that was shown"
    advice = "Read the quote again, then decide."

    def __init__(self, *, total_paise: int) -> None:
        super().__init__(total=rupees(total_paise))


# What a booking can be refused for by the deal itself.
BOOKING_REFUSALS: tuple[type[Ineligible], ...] = (
    ZonePaused,
    CampaignNotActive,
    OutletClosed,
    OutsideWindow,
    AudienceNewOnly,
    AudienceReturningOnly,
    HeldOut,
    OutsideGeofence,
    BudgetExhausted,
    DailyBudgetExhausted,
    SeatsExhausted,
    DailySeatsExhausted,
    RiderCapReached,
    RiderDailyCapReached,
    OutletDailyCapReached,
)
