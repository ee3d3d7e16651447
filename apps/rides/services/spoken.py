"""
The six digits a rider says aloud: which booking they name, and how often somebody may guess.

A wrong code names no booking, so wrong tries are counted at the person who types (decisions/0008).
"""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.rides import qr, selectors
from apps.rides.errors import (
    SpokenCodeAmbiguous,
    SpokenCodeLocked,
    SpokenCodeUnavailable,
    SpokenCodeUnknown,
)
from apps.rides.models import SpokenCodeTries

MAX_TRIES = 5
LOCK = timedelta(minutes=15)


def find(
    *,
    merchant_id: UUID,
    outlet_ids: Iterable[UUID],
    code: str,
    actor_id: UUID,
    keys: qr.Keyring,
    now: datetime,
) -> str:
    """
    Return the reference of the booking at these outlets whose code of this moment is `code`.

    Call it outside any transaction: the try is charged and committed before the code is compared, so
    that neither a refusal nor twenty requests at once get more than five tries.

    Raises:
        SpokenCodeLocked, SpokenCodeUnknown, SpokenCodeAmbiguous, SpokenCodeUnavailable
    """
    charged = _charge(actor_id, now=now)
    if charged.locked_until is not None:
        raise SpokenCodeLocked(until=charged.locked_until)
    candidates = selectors.spoken_candidates(
        merchant_id=merchant_id, outlet_ids=outlet_ids, last_ref=charged.last_ref
    )
    if len(candidates) > selectors.MAX_SPOKEN_CANDIDATES:
        _forgive(actor_id, ref=charged.last_ref)
        raise SpokenCodeUnavailable
    current = qr.step_at(now)
    named = [
        row.ref
        for row in candidates
        if row.qr_kid in keys.keys and _says(code, row, keys=keys, current=current)
    ]
    if not named:
        raise SpokenCodeUnknown(tries_left=MAX_TRIES - charged.tries)
    if len(named) > 1:
        _forgive(actor_id, ref=charged.last_ref)
        raise SpokenCodeAmbiguous
    _forgive(actor_id, ref=named[0])
    return named[0]


def _says(code: str, row: selectors.Keyed, *, keys: qr.Keyring, current: int) -> bool:
    key = qr.booking_key(keys=keys, kid=row.qr_kid, ref=row.ref)
    return any(
        hmac.compare_digest(code.encode(), qr.spoken_code(key=key, step=current - back).encode())
        for back in range(qr.ACCEPTED_STEPS_BACK + 1)
    )
