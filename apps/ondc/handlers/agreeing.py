"""What a seller of tickets agrees to with its quote and its terms, beyond the price."""

from apps.ondc.handlers.outcome import Handling
from apps.ondc.models import RideOrder, TicketTrip
from apps.ondc.outgoing.profiles import BASIS, WINDOW
from apps.ondc.reading import Node, at, exact, several, tagged, text
from apps.ondc.tickets_told import MOST_TICKETS

# The network's code for a quantity that is not the one that was chosen (ondc.md 3.3).
ANOTHER_COUNT = "21002"


def agreed(handling: Handling, order: RideOrder) -> bool:
    """Keep what a quote or terms name; answer False when they are about another number of tickets."""
    told = at(handling.body, "message", "order")
    trip = TicketTrip.objects.get(transaction_id=order.transaction_id)
    count = text(told, "items", 0, "quantity", "selected", "count", most=8)
    if count and count != str(trip.count):
        return False
    named = _fulfillments(told)
    trip.fulfillment_ids = named or trip.fulfillment_ids
    payment = next(iter(several(told, "payments")), None)
    for node, group in ((payment, "SETTLEMENT_TERMS"), (told, "BPP_TERMS")):
        trip.settlement_window = tagged(node, group, WINDOW, most=32) or trip.settlement_window
        trip.settlement_basis = tagged(node, group, BASIS, most=32) or trip.settlement_basis
    trip.save(update_fields=["fulfillment_ids", "settlement_window", "settlement_basis"])
    return True


def _fulfillments(order: Node) -> list[str]:
    named = at(order, "items", 0, "fulfillment_ids")
    if not isinstance(named, list):
        return []
    return [one for index in range(min(len(named), MOST_TICKETS)) if (one := exact(named, index))]
