"""The network as operators see it."""

from apps.ondc.admin.catalogues import CatalogueAnswerAdmin, CatalogueRefreshAdmin
from apps.ondc.admin.network import (
    CircuitAdmin,
    DispatchAdmin,
    InboundMessageAdmin,
    IssueActAdmin,
    IssueAdmin,
    OfferAdmin,
    OutboundMessageAdmin,
    ParticipantAdmin,
    QuestionAdmin,
    QuoteAdmin,
    RideOrderAdmin,
    SearchAnswerAdmin,
    SettlementAdmin,
    TransactionAdmin,
)

__all__ = [
    "CatalogueAnswerAdmin",
    "CatalogueRefreshAdmin",
    "CircuitAdmin",
    "DispatchAdmin",
    "InboundMessageAdmin",
    "IssueActAdmin",
    "IssueAdmin",
    "OfferAdmin",
    "OutboundMessageAdmin",
    "ParticipantAdmin",
    "QuestionAdmin",
    "QuoteAdmin",
    "RideOrderAdmin",
    "SearchAnswerAdmin",
    "SettlementAdmin",
    "TransactionAdmin",
]
