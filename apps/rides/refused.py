"""Bookings that are refused: counted beside the answer, which they neither change nor delay."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from apps.accounts.errors import RiderBanned
from apps.campaigns.errors import BOOKING_REFUSALS, CampaignBusy
from apps.rides import tasks
from apps.rides.errors import AlreadyBookedHere, BookingCooldown, DealNotFunded, LiveLimitReached
from apps.wallet.errors import WalletFrozen
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue
from uma.kernel.tally import Tally

# Of a deal that is on offer. A repeated key or an unknown deal tells a merchant nothing.
COUNTED: tuple[type[DomainError | DatabaseError], ...] = (
    DatabaseError,
    *BOOKING_REFUSALS,
    AlreadyBookedHere,
    BookingCooldown,
    CampaignBusy,
    DealNotFunded,
    LiveLimitReached,
    RiderBanned,
    WalletFrozen,
)


def _send(sums: Mapping[tuple[str, ...], int]) -> None:
    enqueue(tasks.count_refused, counted=[[*key, times] for key, times in sums.items()])


# A deal that is sold out is refused as fast as people press: not a message each.
refused = Tally(_send)


@contextmanager
def counting_refusals(
    *, campaign_id: UUID, outlet_id: UUID | None, now: datetime
) -> Iterator[None]:
    """Let the booking fail as it fails, and count it; the booking's transaction is over by then."""
    try:
        yield
    except COUNTED as refusal:
        code = refusal.code if isinstance(refusal, DomainError) else "system"
        minute = str(int(now.timestamp()) // 60)
        refused.add(str(campaign_id), str(outlet_id or ""), code, minute)
        raise
