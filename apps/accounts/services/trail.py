"""The trail of sensitive acts."""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from uuid import UUID

from apps.accounts.models import AuditEvent
from uma.kernel import context
from uma.kernel.ids import new_id


def record(
    *,
    action: str,
    object_type: str,
    object_id: str,
    actor_id: UUID | None,
    at: datetime,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    address: str | None = None,
    key: UUID | None = None,
) -> None:
    """
    Append one sensitive act to the trail, in the transaction of the act itself.

    Where it was asked from and in which request is known from the work at hand; a job has neither.
    An act with a `key` is on the trail once, whoever else writes it.
    """
    act = AuditEvent(
        id=key or new_id(),
        action=action,
        object_type=object_type,
        object_id=object_id,
        actor_id=actor_id,
        at=at,
        reason=reason,
        before=dict(before or {}),
        after=dict(after or {}),
        address=_whole(address) or context.address(),
        request_id="" if context.request_id() == context.NOBODY else context.request_id(),
    )
    AuditEvent.objects.bulk_create([act], ignore_conflicts=key is not None)


def _whole(address: str | None) -> str | None:
    """Return an address, `None` for what is none: a caller behind an odd proxy is "unknown"."""
    try:
        return None if address is None else str(ip_address(address))
    except ValueError:
        return None
