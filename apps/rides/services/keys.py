"""Which keys make and verify the codes of bookings: settings, whose change an operator puts on the trail."""

from datetime import datetime
from uuid import UUID

from apps.accounts import selectors as trail
from apps.accounts import services as accounts
from apps.rides.qr import Keyring

_OBJECT = "qr-master-keys"


def noted_keys() -> str:
    """Return the kids of the keys as they were last noted, the one that signs first; "" if they never were."""
    newest = trail.trail(object_ids=[_OBJECT], limit=1)
    return str(newest[0].changes[0].after) if newest else ""


def note_keys(*, keys: Keyring, actor_id: UUID, reason: str, now: datetime) -> bool:
    """Put on the trail which keys are in use from now on, by whom and why; False if those are noted already."""
    before, after = noted_keys(), kids(keys)
    if before == after:
        return False
    accounts.record(
        action="qr-keys.changed",
        object_type="setting",
        object_id=_OBJECT,
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"kids": before},
        after={"kids": after},
    )
    return True


def kids(keys: Keyring) -> str:
    """Return the names of the keys, the one that signs first; never a key."""
    return ", ".join(keys.keys)
