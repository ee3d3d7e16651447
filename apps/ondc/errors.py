"""The refusals of the network's buyer app, as riders and operators hear them."""

from uma.kernel.errors import DomainError
from uma.kernel.money import rupees


class SearchNotFound(DomainError):
    code = "search_not_found"
    title = "There is no such search"
    status = 404


class OfferNotFound(DomainError):
    code = "offer_not_found"
    title = "There is no such offer"
    status = 404


class OfferExpired(DomainError):
    code = "offer_expired"
    title = "This offer has run out"
    status = 410
    advice = "Search again: drivers and prices have changed."


class RideOrderNotFound(DomainError):
    code = "ride_order_not_found"
    title = "There is no such ride"
    status = 404


class RideOrderUnderway(DomainError):
    """The seller was told to go ahead, or the journey is over: nothing else may be chosen from it."""

    code = "ride_order_underway"
    title = "The ride is on its way already"
    status = 409
    advice = "Cancel the ride, or search again."

    def __init__(self, *, stage: str) -> None:
        super().__init__(f"The order is {stage.lower()}.", stage=stage.lower())


class InboundMessageNotFound(DomainError):
    code = "inbound_message_not_found"
    title = "There is no such message"
    status = 404


class RideOrderNotReady(DomainError):
    code = "ride_order_not_ready"
    title = "The order is not at this step"
    advice = "Look at the search again: it says how far the order is."

    def __init__(self, *, stage: str) -> None:
        super().__init__(f"The order is {stage.lower()}.", stage=stage.lower())


class TripNotOffered(DomainError):
    code = "trip_not_offered"
    title = "Nobody sells such a trip here"
    status = 422
    advice = "A ride for later begins in a quarter of an hour at the soonest and within a week."


class StopsNotConnected(DomainError):
    code = "stops_not_connected"
    title = "Choose two stops of one seller"
    status = 422


class StationNotFound(DomainError):
    code = "station_not_found"
    title = "There is no such stop"
    status = 404
    advice = "Ask for the stops again: sellers change them."


class TicketCountNotOffered(DomainError):
    code = "ticket_count_not_offered"
    title = "So many tickets are not sold at once"
    status = 422

    def __init__(self, *, least: int, most: int) -> None:
        super().__init__(f"Take {least} to {most} tickets.", least=least, most=most)


class TicketsNotPaid(DomainError):
    code = "tickets_not_paid"
    title = "These tickets are not paid yet"
    status = 402
    advice = "Pay first; if you just did, ask again in a few seconds."


class TicketNotFound(DomainError):
    code = "ticket_not_found"
    title = "There is no such ticket"
    status = 404


class BidNotTaken(DomainError):
    code = "bid_not_taken"
    title = "This seller does not take that bid"
    status = 422
    advice = "Offer more than the price and no more than its highest, or choose without a bid."


class QuoteChanged(DomainError):
    code = "quote_changed"
    title = "The seller asks for more than you saw"
    advice = "Confirm again with the new fare, or choose another offer."

    def __init__(self, *, fare_paise: int, seen_paise: int) -> None:
        super().__init__(
            f"The fare is {rupees(fare_paise)} rupees now, not {rupees(seen_paise)}.",
            fare=rupees(fare_paise),
        )


class CancellationNotAsked(DomainError):
    code = "cancellation_not_asked"
    title = "Ask first what cancelling costs"
    advice = "Ask again: the charge may have changed since."


class ChangeNotOffered(DomainError):
    code = "ride_change_not_offered"
    title = "This seller does not offer that change now"


class IssueNotFound(DomainError):
    code = "issue_not_found"
    title = "There is no such complaint"
    status = 404


class IssueOpenAlready(DomainError):
    code = "issue_open_already"
    title = "This order has a complaint already"
    advice = "Answer or close the one that is open."


class IssueActNotPossible(DomainError):
    code = "issue_act_not_possible"
    title = "The complaint is not at this step"
    advice = "Look at it again: it is closed, or nothing was asked or proposed."


class SettlementNotOpen(DomainError):
    code = "settlement_not_open"
    title = "Nothing of this is open"


class SettlementDiffers(DomainError):
    code = "settlement_differs"
    title = "Another amount is due"
    advice = "Book what the seller paid for: choose the last order that the transfer covers."

    def __init__(self, *, due_paise: int) -> None:
        super().__init__(f"{rupees(due_paise)} rupees are due.", due=rupees(due_paise))


class SettlementReasonMissing(DomainError):
    code = "settlement_reason_missing"
    title = "A settlement needs the bank's reference and a reason"
    status = 422


class CatalogueUnderway(DomainError):
    code = "catalogue_underway"
    title = "This catalogue is being asked for already"
    advice = "Look at it in a few minutes: it closes when the answers are in."


class JourneyLogEmpty(DomainError):
    code = "journey_log_empty"
    title = "Nothing was said in this journey"
    status = 404


class RegistrationInvalid(DomainError):
    code = "seller_registration_invalid"
    title = "This is no registration for GST"
    status = 422


class DisagreementNotOpen(DomainError):
    code = "disagreement_not_open"
    title = "This is decided already"


class DecisionNotPossible(DomainError):
    code = "disagreement_decision_not_possible"
    title = "This cannot be decided so"
    advice = (
        "Ask again or close it: their amount is taken only for an order of ours that is not"
        " settled yet, and never above its fare."
    )


class RiderDetailsMissing(DomainError):
    code = "rider_details_missing"
    title = "A driver needs a name and a phone number"
    status = 422
    advice = "Send customerDetails, or complete the profile."


class NetworkUnavailable(DomainError):
    code = "ondc_unavailable"
    title = "Rides cannot be booked here now"
    status = 503
    advice = "This server is on no network of ride sellers."


class TooManyWatch(DomainError):
    code = "too_many_watchers"
    title = "Too many watch already"
    status = 503
    advice = "Ask for the search itself every second or two; it says the same."
    retry_after_s = 2
