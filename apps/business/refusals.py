"""Why bookings were refused, in words that tell an owner what to do about it."""

from collections import Counter
from uuid import UUID

from django.utils.translation import gettext as _

from apps.analytics import selectors
from apps.analytics.selectors import Period


def by_reason(merchant_id: UUID, period: Period) -> Counter[str]:
    """Return how many bookings were refused in a period, by the reason in the reader's language."""
    found: Counter[str] = Counter()
    counted = selectors.refused(merchant_id=merchant_id, period=period)
    for code, times in counted.items():
        found[why_refused(code)] += times
    return found


def why_refused(code: str) -> str:
    """Return why a booking was refused. What is the guest's own affair is said in one way."""
    for_a_day = _("It was sold out for that day.")
    often = _("The guest had it as often as it allows.")
    words = {
        "already_booked_here": _("The guest had a ticket here already."),
        "audience_new_only": _("It is for new guests, and the guest had been here."),
        "audience_returning_only": _("It is for guests who come again, and the guest was new."),
        "budget_exhausted": _("The deal's money was used up."),
        "campaign_not_active": _("The deal was not on sale."),
        "daily_budget_exhausted": _("The deal's money for that day was used up."),
        "daily_seats_exhausted": for_a_day,
        "deal_not_funded": _("Your wallet could not pay for it."),
        "held_out": _("By lot, the guest is one to whom the deal is not shown."),
        "outlet_closed": _("The outlet was closed."),
        "outlet_daily_cap_reached": for_a_day,
        "outside_geofence": _("The guest was too far away."),
        "outside_window": _("The deal was not open at that hour."),
        "rider_cap_reached": often,
        "rider_daily_cap_reached": often,
        selectors.RIDER_UNABLE: _("The guest could book nothing just then."),
        "seats_exhausted": _("The deal was sold out."),
        "wallet_frozen": _("The wallet is frozen."),
        "zone_paused": _("Bookings were paused in the city."),
    }
    code = selectors.RIDER_UNABLE if code in selectors.OWN_AFFAIRS else code
    return words.get(code, _("It was our fault."))
