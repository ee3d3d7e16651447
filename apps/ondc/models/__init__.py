"""Who else is on the network, what they told us, what was asked, offered and ordered."""

from apps.ondc.models.catalogues import CatalogueAnswer, CatalogueRefresh
from apps.ondc.models.dispatches import Dispatch
from apps.ondc.models.inbound import InboundMessage
from apps.ondc.models.issues import Issue, IssueAct
from apps.ondc.models.journeys import Offer, Question, SearchAnswer, Transaction
from apps.ondc.models.orders import Quote, RideOrder
from apps.ondc.models.outbound import Circuit, OutboundMessage
from apps.ondc.models.participants import Participant
from apps.ondc.models.reconciling import Disagreement, SettlementLine, SettlementRequest
from apps.ondc.models.registrations import SellerRegistration
from apps.ondc.models.settlements import Settlement
from apps.ondc.models.tickets import Station, Ticket, TicketTrip

__all__ = [
    "CatalogueAnswer",
    "CatalogueRefresh",
    "Circuit",
    "Disagreement",
    "Dispatch",
    "InboundMessage",
    "Issue",
    "IssueAct",
    "Offer",
    "OutboundMessage",
    "Participant",
    "Question",
    "Quote",
    "RideOrder",
    "SearchAnswer",
    "SellerRegistration",
    "Settlement",
    "SettlementLine",
    "SettlementRequest",
    "Station",
    "Ticket",
    "TicketTrip",
    "Transaction",
]
