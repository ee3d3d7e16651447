"""Writes about the keys of merchants' own systems."""

import secrets
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.duties import SCOPES
from apps.merchants.errors import (
    ApiKeyOver,
    ExpiryNotAllowed,
    ScopeUnknown,
    UnknownApiKey,
    UnknownOutlet,
)
from apps.merchants.models import ApiKey, Feature
from apps.merchants.services import limits
from uma.kernel.http.keys import digest_of

# Lower case alone: the readable part is read aloud and searched for.
_ID_SIGNS = string.ascii_lowercase + string.digits
_SECRET_SIGNS = string.ascii_letters + string.digits
_ID_LENGTH, _SECRET_LENGTH = 8, 43  # 62^43 is more than 2^256
_NOTED_AT_MOST_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key's row and its text, which is nowhere else and is never shown again."""

    row: ApiKey
    text: str


@transaction.atomic
def create_api_key(
    *,
    merchant_id: UUID,
    name: str,
    scopes: Iterable[str],
    outlet_ids: Sequence[UUID],
    expires_at: datetime | None,
    environment: str,
    actor_id: UUID,
    now: datetime,
) -> IssuedKey:
    """
    Create a key for a merchant's own system.

    Raises:
        ScopeUnknown, UnknownOutlet, ExpiryNotAllowed, PlanLimitReached, UnknownMerchant
    """
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ScopeUnknown(f"A scope is one of {', '.join(SCOPES)}.")
    if expires_at is not None and expires_at <= now:
        raise ExpiryNotAllowed
    own = {outlet.pk for outlet in selectors.outlets(merchant_id=merchant_id)}
    if not own.issuperset(outlet_ids):
        raise UnknownOutlet
    limits.require_room(
        merchant_id=merchant_id,
        feature=Feature.API_KEYS,
        used=lambda: selectors.live_keys(merchant_id=merchant_id, now=now),
    )
    issued = _issue(
        merchant_id=merchant_id,
        name=name,
        scopes=wanted,
        outlet_ids=list(outlet_ids),
        expires_at=expires_at,
        environment=environment,
        created_by=actor_id,
        created_at=now,
    )
    _record("api-key.created", issued.row, actor_id=actor_id, now=now)
    return issued


@transaction.atomic
def rotate_api_key(
    *, key_id: UUID, merchant_id: UUID, overlap: timedelta, actor_id: UUID, now: datetime
) -> IssuedKey:
    """
    Give the key a successor that may do the same; the old one is good for `overlap` more.

    Raises:
        UnknownApiKey, ApiKeyOver
    """
    # The row's lock: of two rotations at once the second finds the successor of the first.
    old = _lock(key_id, merchant_id)
    if _is_over(old, now) or ApiKey.objects.filter(rotated_from=old).exists():
        raise ApiKeyOver
    issued = _issue(
        merchant_id=merchant_id,
        name=old.name,
        scopes=old.scopes,
        outlet_ids=old.outlet_ids,
        expires_at=old.expires_at,
        environment=old.environment,
        created_by=actor_id,
        created_at=now,
        rotated_from=old,
    )
    before, end = old.expires_at, now + overlap
    old.expires_at = end if old.expires_at is None else min(end, old.expires_at)
    old.save(update_fields=["expires_at"])
    _record(
        "api-key.rotated",
        old,
        actor_id=actor_id,
        now=now,
        before={"expires_at": before and before.isoformat()},
        after={"expires_at": old.expires_at.isoformat(), "successor": str(issued.row)},
    )
    return issued


@transaction.atomic
def revoke_api_key(
    *, key_id: UUID, merchant_id: UUID | None, actor_id: UUID, now: datetime, reason: str = ""
) -> ApiKey:
    """
    End a key: within a second nothing is opened by it. Ending it again changes nothing.

    `merchant_id` is None for an operator, who may revoke any merchant's.

    Raises:
        UnknownApiKey
    """
    key = _lock(key_id, merchant_id)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        _record("api-key.revoked", key, actor_id=actor_id, now=now, reason=reason)
    return key


def note_key_use(*, key_ids: Iterable[UUID], now: datetime) -> None:
    """Note that these keys were used; what was noted minutes ago is left as it is."""
    long_ago = now - _NOTED_AT_MOST_EVERY
    ApiKey.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lt=long_ago), pk__in=list(key_ids)
    ).update(last_used_at=now)


def _issue(*, environment: str, **fields: object) -> IssuedKey:
    public_id = "".join(secrets.choice(_ID_SIGNS) for _ in range(_ID_LENGTH))
    secret = "".join(secrets.choice(_SECRET_SIGNS) for _ in range(_SECRET_LENGTH))
    text = f"uma_{environment}_{public_id}_{secret}"
    row = ApiKey.objects.create(
        public_id=public_id, environment=environment, digest=digest_of(text), **fields
    )
    return IssuedKey(row, text)


def _lock(key_id: UUID, merchant_id: UUID | None) -> ApiKey:
    rows = ApiKey.objects.select_for_update(no_key=True).filter(pk=key_id)
    if merchant_id is not None:
        rows = rows.filter(merchant_id=merchant_id)
    found = rows.first()
    if found is None:
        raise UnknownApiKey
    return found


def _is_over(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def _record(
    action: str,
    key: ApiKey,
    *,
    actor_id: UUID,
    now: datetime,
    reason: str = "",
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    accounts.record(
        action=action,
        object_type="api_key",
        object_id=str(key.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=before,
        after=after
        or {
            "key": str(key),
            "name": key.name,
            "scopes": key.scopes,
            "outlet_ids": [str(outlet_id) for outlet_id in key.outlet_ids],
        },
    )
