"""Scans that fail through no fault of the rider: noted, so that the missed visit costs no strike."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from logging import getLogger

from django.db import DatabaseError

from apps.gamification import services as gamification
from apps.handshake.errors import (
    BillNeeded,
    CampaignSuspended,
    DropoffNotHere,
    RideNotProven,
    ScannerNotAllowed,
)
from apps.merchants.errors import MerchantNotActive
from apps.wallet.errors import HoldNotOpen, PostingNotAllowed, UnknownAccount, WalletFrozen
from uma.kernel.errors import DomainError

logger = getLogger(__name__)

# The merchant's reasons, and those of the books. A scanner at another outlet is none: it may be the rider
# who went to the wrong one. Whoever stood at the counter without what the deal asks for did come: that
# costs the deal and no strike, and a ride may have ended of which the network said nothing.
FAULTS = (
    BillNeeded,
    CampaignSuspended,
    DropoffNotHere,
    HoldNotOpen,
    MerchantNotActive,
    PostingNotAllowed,
    RideNotProven,
    ScannerNotAllowed,
    UnknownAccount,
    WalletFrozen,
)


@contextmanager
def noting_faults(*, ref: str, now: datetime) -> Iterator[None]:
    """Let the scan fail as it fails, and note it when the rider could not help it."""
    try:
        yield
    except (DatabaseError, *FAULTS) as fault:
        code = fault.code if isinstance(fault, DomainError) else "system"
        try:
            gamification.note_failed_scan(ref=ref, code=code, now=now)
        except DatabaseError:
            # What keeps the scan from being settled may keep it from being noted.
            logger.warning("a failed scan was not noted", extra={"code": code})
        raise
