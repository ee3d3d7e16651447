"""Writes: a rider's money over the wallet's limits is set apart, and comes back when there is room."""

from datetime import datetime
from logging import getLogger
from uuid import UUID

from django.db import transaction

from apps.payments import selectors
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from apps.wallet.services import Leg
from uma.kernel.errors import DomainError
from uma.kernel.ids import new_id

logger = getLogger(__name__)
BATCH = 200


@transaction.atomic
def keep_within_limits(*, person_id: UUID, now: datetime) -> int:
    """
    Set apart what is over a rider's limits, or bring back what there is room for; return the paise moved.

    Positive when money was set apart. What came back pays a debt first. A frozen wallet waits. Never in
    the scan's transaction: there each row that is locked makes a queue.

    Raises:
        UnknownPerson
    """
    # Nearly nobody is over a limit: a look without locks tells.
    if not selectors.standing(person_id=person_id, now=now).to_move_paise:
        return 0
    pocket, apart = codes.rider_wallet(person_id), codes.rider_over_limit(person_id)
    debt = codes.rider_receivable(person_id)
    wallet.open_accounts(codes=[pocket, apart, debt])
    # Whoever credits, pays out or does this very thing waits here, and then sees what was moved.
    wallet.lock_balances(codes=[pocket, apart, debt])
    if ledger.purses(codes=[pocket])[pocket].frozen:
        return 0
    paise = selectors.standing(person_id=person_id, now=now).to_move_paise
    if not paise:
        return 0
    zone_code = selectors.money_zone(person_id=person_id)
    kind, leg = (
        ("cap_hold", Leg(pocket, apart, paise))
        if paise > 0
        else ("cap_release", Leg(apart, pocket, -paise))
    )
    move = new_id()
    wallet.post(
        kind=kind,
        reference=f"{kind}:{move}",
        legs=[leg],
        zone_code=zone_code,
        event_at=now,
        actor_id=None,
    )
    if paise < 0:
        wallet.recover_debt(
            rider_id=person_id,
            reference=f"debt_recovery:{move}",
            zone_code=zone_code,
            event_at=now,
        )
    return paise


def keep_all_within_limits(*, now: datetime, limit: int = BATCH) -> int:
    """Look at every rider near or over a limit, each in a transaction; return how many moved."""
    moved, after = 0, ""
    while parties := selectors.riders_to_look_at(after=after, limit=limit, now=now):
        for party in parties:
            person_id = UUID(party.partition(":")[2])
            try:
                moved += bool(keep_within_limits(person_id=person_id, now=now))
            except DomainError:
                # One that fails stops none of the others; the next run meets it again.
                logger.exception("a wallet could not be kept", extra={"user_id": person_id})
        after = parties[-1]
    return moved
