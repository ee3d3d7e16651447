"""What the rider's app says about rides and complaints; the codes are the network's."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

# What the ride seller's side or we refuse, by the code that the API says as well.
REFUSALS: Mapping[str, object] = {
    "search_not_found": gettext_lazy("There is no such ride."),
    "offer_not_found": gettext_lazy("This offer is gone. Choose another one."),
    "offer_expired": gettext_lazy("This offer has run out. Search again for today's prices."),
    "ride_order_not_found": gettext_lazy("There is no such ride."),
    "ride_order_underway": gettext_lazy("Your ride is on its way already."),
    "ride_order_not_ready": gettext_lazy("The ride has moved on meanwhile. Look at it once more."),
    "trip_not_offered": gettext_lazy("Nobody offers such a trip here."),
    "quote_changed": gettext_lazy("The price has risen meanwhile. Look at the new one."),
    "cancellation_not_asked": gettext_lazy(
        "The fee may have changed. Ask once more what it costs."
    ),
    "rider_details_missing": gettext_lazy("The driver needs a name to call you by."),
    "ondc_unavailable": gettext_lazy("Rides cannot be booked here now."),
    "outside_every_zone": gettext_lazy("We do not work at that place yet."),
    "issue_not_found": gettext_lazy("There is no such complaint."),
    "issue_open_already": gettext_lazy("You have a complaint about this ride already."),
    "issue_act_not_possible": gettext_lazy("The complaint has moved on. Look at it once more."),
}

VEHICLES: Mapping[str, object] = {
    "AUTO_RICKSHAW": pgettext_lazy("vehicle", "Auto"),
    "CAB": pgettext_lazy("vehicle", "Cab"),
    "TWO_WHEELER": pgettext_lazy("vehicle", "Bike"),
}

# A ride's steps in their order, as the rider lives them.
STEPS: Mapping[str, object] = {
    "RIDE_CONFIRMED": pgettext_lazy("ride", "Booked, a driver is looked for"),
    "RIDE_ASSIGNED": pgettext_lazy("ride", "Your driver is coming"),
    "RIDE_ARRIVED_PICKUP": pgettext_lazy("ride", "Your driver is there"),
    "RIDE_STARTED": pgettext_lazy("ride", "On the way"),
    "RIDE_ENDED": pgettext_lazy("ride", "Arrived"),
}
# What is no step of its own for a rider.
SAME_STEP = {"": "RIDE_CONFIRMED", "RIDE_ENROUTE_PICKUP": "RIDE_ASSIGNED"}
CANCELLED = pgettext_lazy("ride", "Cancelled")
CONFIRMING = pgettext_lazy("ride", "Being booked")

# Lines of a fare, where a seller uses the network's words.
FARE_LINES: Mapping[str, object] = {
    "BASE_FARE": pgettext_lazy("fare", "Base fare"),
    "DISTANCE_FARE": pgettext_lazy("fare", "Distance"),
    "TOLL_CHARGES": pgettext_lazy("fare", "Toll"),
    "WAITING_CHARGES": pgettext_lazy("fare", "Waiting"),
    "CANCELLATION_CHARGES": pgettext_lazy("fare", "Cancellation fee"),
    "BUYER_ADDITIONAL_AMOUNT": pgettext_lazy("fare", "Tip"),
    "TAX": pgettext_lazy("fare", "Tax"),
}

CANCEL_REASONS: Mapping[str, object] = {
    "001": pgettext_lazy("cancel", "The driver is not moving towards me"),
    "002": pgettext_lazy("cancel", "I cannot reach the driver"),
    "003": pgettext_lazy("cancel", "The driver asked me to cancel"),
    "004": pgettext_lazy("cancel", "The pick-up place is wrong"),
    "005": pgettext_lazy("cancel", "I booked by mistake"),
}

COMPLAINTS: Mapping[str, object] = {
    "FLM101": pgettext_lazy("complaint", "The driver took another way"),
    "FLM102": pgettext_lazy("complaint", "The driver did not come"),
    "FLM111": pgettext_lazy("complaint", "The driver or the vehicle was another one"),
    "FLM112": pgettext_lazy("complaint", "The fare is wrong"),
    "FLM115": pgettext_lazy("complaint", "The vehicle broke down"),
    "AGT01": pgettext_lazy("complaint", "The driver behaved badly"),
    "ORD101": pgettext_lazy("complaint", "Something is wrong with the order"),
    "PMT04": pgettext_lazy("complaint", "A payment or a refund is missing"),
}
COMPLAINT_STATES: Mapping[str, object] = {
    "OPEN": pgettext_lazy("complaint", "Told to the ride company"),
    "PROCESSING": pgettext_lazy("complaint", "The ride company looks at it"),
    "RESOLVED": pgettext_lazy("complaint", "Settled"),
    "CLOSED": pgettext_lazy("complaint", "Closed"),
}
# What both sides do about a complaint, by whoever did it.
COMPLAINT_ACTS: Mapping[str, object] = {
    "OPEN": pgettext_lazy("complaint act", "You complained"),
    "INFO_PROVIDED": pgettext_lazy("complaint act", "You answered"),
    "RESOLUTION_ACCEPTED": pgettext_lazy("complaint act", "You agreed"),
    "RESOLUTION_REJECTED": pgettext_lazy("complaint act", "You did not agree"),
    "ESCALATED": pgettext_lazy("complaint act", "You took it to a higher desk"),
    "CLOSED": pgettext_lazy("complaint act", "You closed it"),
    "PROCESSING": pgettext_lazy("complaint act", "The ride company looks at it"),
    "INFO_REQUESTED": pgettext_lazy("complaint act", "The ride company asks"),
    "RESOLUTION_PROPOSED": pgettext_lazy("complaint act", "The ride company offers"),
    "RESOLVED": pgettext_lazy("complaint act", "The ride company settled it"),
}
RESOLUTIONS: Mapping[str, object] = {
    "REFUND": pgettext_lazy("resolution", "Money back"),
    "NO_ACTION": pgettext_lazy("resolution", "Nothing more"),
}
_NO_DRIVER = frozenset({"011", "90203"})


def failure_words(code: str) -> str:
    """Return why nothing came of an order, by the network's code or `no_answer`."""
    if code == "no_answer":
        return _("They do not answer. Choose another offer.")
    if code in _NO_DRIVER:
        return _("They found no driver. Choose another offer.")
    return _("They cannot take this ride. Choose another offer.")


def step_of(ride_state: str) -> str:
    """Return the step of a ride that a state of it belongs to."""
    return SAME_STEP.get(ride_state, ride_state)
