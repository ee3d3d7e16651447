"""What the rider's app says: why something cannot be done, what a place is, what a movement is called."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.rider.ride_words import REFUSALS
from uma.kernel.errors import DomainError

# Why a deal cannot be booked now, by the code that the API says as well.
REASONS: Mapping[str, object] = {
    "zone_paused": gettext_lazy("Bookings are paused in this city for now."),
    "campaign_not_active": gettext_lazy("This deal is not on offer now."),
    "outside_window": gettext_lazy("This deal is not open at this hour."),
    "audience_new_only": gettext_lazy("This deal is for your first visit, and you have been here."),
    "audience_returning_only": gettext_lazy(
        "This deal is for guests who have been here before. Start with another one."
    ),
    "held_out": gettext_lazy("This deal is not offered to you. Other deals are."),
    "outlet_closed": gettext_lazy("The outlet is closed."),
    "outside_geofence": gettext_lazy("This deal is booked on the spot: come nearer first."),
    "budget_exhausted": gettext_lazy("All of this deal's money is spoken for."),
    "daily_budget_exhausted": gettext_lazy("Today's money of this deal is spoken for."),
    "seats_exhausted": gettext_lazy("This deal is sold out."),
    "daily_seats_exhausted": gettext_lazy("This deal is sold out for today."),
    "rider_cap_reached": gettext_lazy("You have had this deal as often as it can be had."),
    "rider_daily_cap_reached": gettext_lazy("You have had this deal today."),
    "outlet_daily_cap_reached": gettext_lazy("This deal is sold out here for today."),
    "merchant_wallet_frozen": gettext_lazy("The business cannot guarantee this deal now."),
    "wallet_frozen": gettext_lazy("The business cannot guarantee this deal now."),
    "low_balance": gettext_lazy("The business cannot guarantee this deal now."),
    "deal_not_funded": gettext_lazy("The business cannot guarantee this deal now."),
    "live_limit_reached": gettext_lazy(
        "Two tickets are waiting for their scan. Use or cancel one first."
    ),
    "already_booked_here": gettext_lazy("You have a ticket for this outlet already."),
    "booking_cooldown": gettext_lazy("You cancelled late too often this week."),
    "rider_banned": gettext_lazy("Three visits were missed, so booking is paused for you."),
    "account_closed": gettext_lazy("This account is closed."),
    "unknown_campaign": gettext_lazy("This deal does not exist any more."),
    "booking_not_live": gettext_lazy("This ticket is over."),
    "booking_not_found": gettext_lazy("There is no such ticket."),
    "rate_limited": gettext_lazy("Too many requests. Wait a moment."),
}

# What the API refuses when a form of the app asks it.
API_REFUSALS: Mapping[str, object] = {
    "fund_account_known": gettext_lazy("This account is on your list already."),
    "fund_account_not_payable": gettext_lazy("This account cannot be paid to yet."),
    "unknown_fund_account": gettext_lazy("This account is not on your list any more."),
    "payout_amount_not_allowed": gettext_lazy("This amount is too small or too large."),
    "payout_limit_reached": gettext_lazy("This is more than you can take out now."),
    "payouts_paused": gettext_lazy("Withdrawals wait for a while after a change of your sign-in."),
    "payout_blocked_by_debt": gettext_lazy("An amount that you owe is settled first."),
    "payout_not_cancellable": gettext_lazy("It is on its way and cannot be called back."),
    "kyc_level_too_low": gettext_lazy("Before the first withdrawal we must know who you are."),
    "not_withdrawable_yet": gettext_lazy("Cash back can be taken out a day after it came."),
    "insufficient_funds": gettext_lazy("There is not so much in the wallet."),
    "wallet_frozen": gettext_lazy("We have frozen this wallet and look at it."),
    "strike_overturned": gettext_lazy("This strike was taken back."),
    "appeal_open": gettext_lazy("Your appeal is being read already."),
    "appeal_too_late": gettext_lazy("The time for an appeal is over."),
    "appeal_exhausted": gettext_lazy("Two people have read your appeal; this is final."),
    "mission_over": gettext_lazy("This mission is over."),
    "mission_budget_gone": gettext_lazy("All rewards of tonight are promised."),
    "mission_not_joined": gettext_lazy("You are not on this mission."),
    "pseudonym_taken": gettext_lazy("Somebody has this name already."),
    "rider_banned": gettext_lazy("Three visits were missed, so booking is paused for you."),
    "erasure_refused": gettext_lazy(
        "Not yet: money, a ticket or a dispute is still open. Settle it first."
    ),
    "consent_outdated": gettext_lazy("The question has changed. Read it once more."),
    "account_closed": gettext_lazy("This account is closed."),
    "rate_limited": gettext_lazy("Too many requests. Wait a moment."),
}

CATEGORIES: Mapping[str, object] = {
    "bakery": pgettext_lazy("category", "Bakery"),
    "bookshop": pgettext_lazy("category", "Books"),
    "cafe": pgettext_lazy("category", "Café"),
    "cinema": pgettext_lazy("category", "Cinema"),
    "clothing": pgettext_lazy("category", "Clothing"),
    "electronics": pgettext_lazy("category", "Electronics"),
    "grocery": pgettext_lazy("category", "Groceries"),
    "gym": pgettext_lazy("category", "Gym"),
    "home": pgettext_lazy("category", "Home"),
    "hotel": pgettext_lazy("category", "Hotel"),
    "pharmacy": pgettext_lazy("category", "Pharmacy"),
    "restaurant": pgettext_lazy("category", "Restaurant"),
    "salon": pgettext_lazy("category", "Salon"),
    "services": pgettext_lazy("category", "Services"),
    "sports": pgettext_lazy("category", "Sports"),
    "stationery": pgettext_lazy("category", "Stationery"),
}

DAYS: tuple[object, ...] = (
    pgettext_lazy("weekday", "Monday"),
    pgettext_lazy("weekday", "Tuesday"),
    pgettext_lazy("weekday", "Wednesday"),
    pgettext_lazy("weekday", "Thursday"),
    pgettext_lazy("weekday", "Friday"),
    pgettext_lazy("weekday", "Saturday"),
    pgettext_lazy("weekday", "Sunday"),
)


def reason_words(code: str) -> str:
    """Return why, for a person; a code that is newer than this app is said in general."""
    return str(REASONS.get(code, _("This cannot be booked now.")))


def refusal_words(refusal: DomainError) -> str:
    """Return a refusal in the rider's language where it has words, else as the API says it."""
    words = REASONS.get(refusal.code) or REFUSALS.get(refusal.code)
    return str(words) if words is not None else refusal.detail
