"""Reads about API keys."""

from collections.abc import Iterable
from uuid import UUID

from apps.merchants.models import ApiKey
from uma.kernel.http.keys import KeyFacts


def read_keys(public_ids: Iterable[str]) -> dict[str, KeyFacts]:
    """Return what authentication needs to know of these keys, by public id; the missing are left out."""
    rows = ApiKey.objects.filter(public_id__in=list(public_ids)).values_list(
        "public_id",
        "id",
        "merchant_id",
        "digest",
        "scopes",
        "outlet_ids",
        "expires_at",
        "revoked_at",
    )
    return {
        public_id: KeyFacts(
            id=key_id,
            merchant_id=merchant_id,
            digest=bytes(digest),
            scopes=frozenset(scopes),
            outlet_ids=tuple(outlet_ids),
            expires_at=expires_at,
            revoked_at=revoked_at,
        )
        for (
            public_id, key_id, merchant_id, digest, scopes, outlet_ids, expires_at, revoked_at
        ) in rows
    }  # fmt: skip


def api_keys(*, merchant_id: UUID, limit: int, before_id: UUID | None = None) -> list[ApiKey]:
    """Return the merchant's keys, the newest first, with those that ended."""
    rows = ApiKey.objects.filter(merchant_id=merchant_id)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows.order_by("-pk")[:limit])
