"""People, how they sign in, what operators may do, and the trail of what was done in their name."""

from apps.accounts.models.operators import OperatorRole
from apps.accounts.models.people import User, UserManager, phone_index
from apps.accounts.models.privacy import Consent, FirebaseDeletion, PersonalDataExport
from apps.accounts.models.sessions import RefreshToken, Session
from apps.accounts.models.sign_in import (
    ExchangedToken,
    FirebaseIdentity,
    KnownDevice,
    PayoutCooling,
)
from apps.accounts.models.trail import AuditEvent

__all__ = [
    "AuditEvent",
    "Consent",
    "ExchangedToken",
    "FirebaseDeletion",
    "FirebaseIdentity",
    "KnownDevice",
    "OperatorRole",
    "PayoutCooling",
    "PersonalDataExport",
    "RefreshToken",
    "Session",
    "User",
    "UserManager",
    "phone_index",
]
