"""
The six digits a rider says aloud: which booking they name, and how often somebody may guess.

A wrong code names no booking, so wrong tries are counted at the person who types (decisions/0008).
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from apps.rides import qr, selectors
from apps.rides.errors import (
    QrUnreadable,
    SpokenCodeAmbiguous,
    SpokenCodeLocked,
    SpokenCodeUnavailable,
    SpokenCodeUnknown,
)
from apps.rides.models import SpokenCodeTries

MAX_TRIES = 5
LOCK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class _Charged:
    """One try, paid for in advance; `refused_until` when none was left."""

    tries: int
    last_ref: str
    refused_until: datetime | None = None


def find_by_spoken_code(
    *,
    merchant_id: UUID,
    outlet_ids: Iterable[UUID],
    code: str,
    actor_id: UUID,
    keys: qr.Keyring,
    now: datetime,
) -> str:
    """
    Return the reference of the booking whose code of this moment is `code`.

    Looked for among the live bookings of the merchant at `outlet_ids` (none: at every outlet).
    Call it outside any transaction: the try is charged and committed before the code is compared,
    so that neither a refusal nor many requests at once give more than five wrong tries in 15 min.

    Raises:
        QrUnreadable: not six digits, which is no try
        SpokenCodeLocked, SpokenCodeUnknown, SpokenCodeAmbiguous, SpokenCodeUnavailable

    """
    if not qr.is_spoken_code(code):
        raise QrUnreadable
    charged = _charge(actor_id, now=now)
    if charged.refused_until is not None:
        raise SpokenCodeLocked(until=charged.refused_until)
    candidates = selectors.spoken_candidates(
        merchant_id=merchant_id, outlet_ids=outlet_ids, last_ref=charged.last_ref
    )
    if len(candidates) > selectors.MAX_SPOKEN_CANDIDATES:
        _give_back(actor_id, ref=charged.last_ref)
        raise SpokenCodeUnavailable
    named = _named_by(code, candidates, keys=keys, current=qr.step_at(now))
    if not named:
        raise SpokenCodeUnknown(tries_left=MAX_TRIES - charged.tries)
    if len(named) > 1:
        _give_back(actor_id, ref=charged.last_ref)
        raise SpokenCodeAmbiguous
    _give_back(actor_id, ref=named[0])
    return named[0]


def _named_by(
    code: str, candidates: Iterable[selectors.Keyed], *, keys: qr.Keyring, current: int
) -> list[str]:
    steps = [current - back for back in range(qr.ACCEPTED_STEPS_BACK + 1)]
    named = []
    for row in candidates:
        # A master key that was withdrawn takes the codes of its bookings with it.
        if row.qr_kid not in keys.keys:
            continue
        key = qr.booking_key(keys=keys, kid=row.qr_kid, ref=row.ref)
        spoken = [qr.spoken_code(key=key, step=step) for step in steps]
        if any(hmac.compare_digest(code.encode(), digits.encode()) for digits in spoken):
            named.append(row.ref)
    return named


@transaction.atomic(durable=True)
def _charge(person_id: UUID, *, now: datetime) -> _Charged:
    SpokenCodeTries.objects.get_or_create(person_id=person_id, defaults={"counted_since": now})
    count = SpokenCodeTries.objects.select_for_update(no_key=True).get(person_id=person_id)
    if count.locked_until is not None and count.locked_until > now:
        return _Charged(count.tries, count.last_ref, refused_until=count.locked_until)
    if count.locked_until is not None or count.counted_since <= now - LOCK:
        count.tries, count.counted_since, count.locked_until = 0, now, None
    count.tries += 1
    if count.tries == MAX_TRIES:
        # Locked in advance: if this last try is right, the lock goes back with it.
        count.locked_until = now + LOCK
    count.save(update_fields=["tries", "counted_since", "locked_until"])
    return _Charged(count.tries, count.last_ref)


@transaction.atomic(durable=True)
def _give_back(person_id: UUID, *, ref: str) -> None:
    # Only this try: a right code must not wipe out the wrong ones before it, or a rider's own
    # booking would buy its holder endless guesses.
    SpokenCodeTries.objects.filter(person_id=person_id).update(
        tries=Greatest(F("tries") - 1, 0), locked_until=None, last_ref=ref
    )
