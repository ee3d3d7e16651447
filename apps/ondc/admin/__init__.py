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
    TransactionAdmin,
)
from apps.ondc.admin.settlements import (
    DisagreementAdmin,
    SellerRegistrationAdmin,
    SettlementAdmin,
    SettlementLineAdmin,
    SettlementRequestAdmin,
)

__all__ = [
    "CatalogueAnswerAdmin",
    "CatalogueRefreshAdmin",
    "CircuitAdmin",
    "DisagreementAdmin",
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
    "SellerRegistrationAdmin",
    "SettlementAdmin",
    "SettlementLineAdmin",
    "SettlementRequestAdmin",
    "TransactionAdmin",
]
