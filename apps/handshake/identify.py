"""From what a scanner read or typed to the booking it names, before any transaction is open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.handshake.errors import UnknownCode
from apps.handshake.rules import believed
from apps.merchants import selectors as merchants
from apps.merchants.errors import NotAMerchant
from apps.merchants.selectors import StaffScope
from apps.rides import qr
from apps.rides import selectors as bookings
from apps.rides import services as rides
from apps.rides.errors import QrStale
from apps.rides.qr import Keyring, ParsedToken
from uma.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Identified:
    """The reference of a booking, and the question whether its code is of this moment."""

    ref: str
    freshness: Callable[[], DomainError | None]


def by_qr(
    *, text: str, keys: Keyring, now: datetime, scanned_at: datetime | None = None
) -> Identified:
    """
    Read a scanned code; the MAC of a rotating one is checked before the database is asked anything.

    A code is fresh that is of this moment, or was when the device says that it scanned it, ten minutes
    ago at the most (decisions/0033).

    Raises:
        QrUnreadable, UnknownCode
    """
    found = qr.read(text, keys=keys)
    if isinstance(found, ParsedToken):
        return Identified(found.ref, lambda: _staleness(found, now=now, scanned_at=scanned_at))
    ref = bookings.ref_of_static(static_id=found.static_id)
    if ref is None:
        raise UnknownCode
    return Identified(ref, lambda: None)


def by_spoken_code(
    *,
    code: str,
    actor_id: UUID,
    post: StaffScope | None = None,
    outlet_id: UUID | None,
    keys: Keyring,
    now: datetime,
) -> Identified:
    """
    Find the booking whose six digits were spoken, among those waiting at the scanner's own outlets.

    `post` is whom a merchant's own system acts for; a person's is looked up.

    Raises:
        NotAMerchant, and what `rides.find_by_spoken_code` refuses
    """
    staff = post or merchants.staff_of(user_id=actor_id)
    if staff is None:
        raise NotAMerchant
    outlets = frozenset({outlet_id}) if outlet_id else staff.outlet_ids
    ref = rides.find_by_spoken_code(
        merchant_id=staff.merchant_id,
        outlet_ids=outlets,
        code=code,
        actor_id=actor_id,
        keys=keys,
        now=now,
    )
    return Identified(ref, lambda: None)


def _staleness(
    token: ParsedToken, *, now: datetime, scanned_at: datetime | None
) -> DomainError | None:
    refusal = _stale_at(token, now)
    made_at = believed(scanned_at, now=now)
    if refusal is None or made_at is None:
        return refusal
    return None if _stale_at(token, made_at) is None else refusal


def _stale_at(token: ParsedToken, at: datetime) -> DomainError | None:
    try:
        qr.check_fresh(token, now=at)
    except QrStale as refusal:
        return refusal
    return None
