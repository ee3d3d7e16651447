"""What the rider's app says about metro and bus tickets; the codes are the API's."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.rider.wordings import refusal_words
from uma.kernel.errors import DomainError

MODES: Mapping[str, object] = {
    "METRO": pgettext_lazy("travel", "Metro"),
    "BUS": pgettext_lazy("travel", "Bus"),
}

# Said of a trip by metro or bus where a ride would be called something else.
REFUSALS: Mapping[str, object] = {
    "search_not_found": gettext_lazy("There is no such trip."),
    "ride_order_not_found": gettext_lazy("There is no such trip."),
    "ride_order_underway": gettext_lazy("These tickets are being bought already."),
    "ride_order_not_ready": gettext_lazy("Your tickets have moved on. Look at them once more."),
    "rider_details_missing": gettext_lazy("The ticket company needs your name."),
    "ondc_unavailable": gettext_lazy("Tickets cannot be bought here now."),
    "station_not_found": gettext_lazy("This stop is not on the list any more. Choose again."),
    "stops_not_connected": gettext_lazy("Choose two different stops of one company."),
    "ticket_count_not_offered": gettext_lazy("So many tickets are not sold at once."),
    "tickets_not_paid": gettext_lazy("The payment has not arrived yet. Nothing is lost."),
    "ticket_not_found": gettext_lazy("There is no such ticket."),
    "ride_change_not_offered": gettext_lazy("The company does not take that now."),
    "prepayment_too_small": gettext_lazy("Less than ₹1 cannot be paid online."),
    "prepayment_underway": gettext_lazy("This is paid already. Look at it once more."),
    "payment_gateway_unavailable": gettext_lazy(
        "The payment page does not answer. Try again in a minute; nothing was taken."
    ),
}

TICKET_STATES: Mapping[str, object] = {
    "UNCLAIMED": pgettext_lazy("network ticket", "Good for one trip"),
    "CLAIMED": pgettext_lazy("network ticket", "Used"),
    "EXPIRED": pgettext_lazy("network ticket", "Its time is over"),
    "CANCELLED": pgettext_lazy("network ticket", "Given back"),
}

PHASES: Mapping[str, object] = {
    "looking": pgettext_lazy("trip", "Not bought"),
    "asked": pgettext_lazy("trip", "Price asked for"),
    "quoted": pgettext_lazy("trip", "Price asked for"),
    "ready": pgettext_lazy("trip", "To be paid"),
    "paying": pgettext_lazy("trip", "Payment not seen yet"),
    "confirming": pgettext_lazy("trip", "Being bought"),
    "active": pgettext_lazy("trip", "Ready to travel"),
    "completed": pgettext_lazy("trip", "Travelled"),
    "cancelled": pgettext_lazy("trip", "Given back"),
    "failed": pgettext_lazy("trip", "Not bought"),
}


def failure_words(code: str) -> str:
    """Return why no tickets came, by the network's code or `no_answer`."""
    if code == "no_answer":
        return _("The company does not answer. Try again in a few minutes.")
    if code == "offer_expired":
        return _("The price ran out before the payment was there.")
    if code == "quote_changed":
        return _("The fare changed while you paid.")
    return _("The company cannot sell these tickets now.")


def trip_refusal_words(refusal: DomainError) -> str:
    """Return a refusal in the rider's language, as it is said of metro and bus."""
    words = REFUSALS.get(refusal.code)
    return str(words) if words is not None else refusal_words(refusal)
