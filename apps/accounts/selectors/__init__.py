"""Reads about people, their sessions, and operators."""

from apps.accounts.selectors.cooling import Cooling, payout_cooling
from apps.accounts.selectors.devices import on_the_devices_of
from apps.accounts.selectors.ended import EndedSessions
from apps.accounts.selectors.operators import (
    is_operator,
    operators_with,
    permissions_of,
    reach_of,
    zones_with,
)
from apps.accounts.selectors.people import (
    language_of,
    person,
    person_by_phone,
    person_named,
    riders_in,
)
from apps.accounts.selectors.presence import last_seen
from apps.accounts.selectors.privacy import (
    Answer,
    consents,
    has_consented,
    newest_export,
    pending_exports,
)
from apps.accounts.selectors.sessions import live_sessions
from apps.accounts.selectors.trail import Act, acts, trail

__all__ = [
    "Act",
    "Answer",
    "Cooling",
    "EndedSessions",
    "acts",
    "consents",
    "has_consented",
    "is_operator",
    "language_of",
    "last_seen",
    "live_sessions",
    "newest_export",
    "on_the_devices_of",
    "operators_with",
    "payout_cooling",
    "pending_exports",
    "permissions_of",
    "person",
    "person_by_phone",
    "person_named",
    "reach_of",
    "riders_in",
    "trail",
    "zones_with",
]
