"""Who is signed in: opening a session and ending it."""

import ipaddress
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from apps.accounts import tokens
from apps.accounts.errors import AccountClosed, UnknownPerson, UnknownSession
from apps.accounts.models import RefreshToken, Session, User
from apps.accounts.services.trail import record
from uma.kernel.http.access_tokens import LIFE
from uma.kernel.http.authentication import issue_access_token

logger = logging.getLogger(__name__)

# How long a session lives whatever happens, and how long it may lie unused (ASVS 7.3.1, 7.3.2).
LIVES = {"rider": timedelta(days=30), "merchant": timedelta(days=7), "operator": timedelta(hours=8)}
IDLE = {"operator": timedelta(minutes=15)}
# How many devices one person is signed in on; the longest unused goes.
MAX_SESSIONS = 10


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a device is given; the tokens stay out of logs and traces."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    session_id: UUID


@transaction.atomic
def open_session(
    *,
    user_id: UUID,
    role: str,
    device_id: str,
    authenticated_at: datetime,
    now: datetime,
    address: str | None = None,
    platform: str = "",
    label: str = "",
    agent: str = "",
) -> SignedIn:
    """
    Begin a session for somebody who has just proved who they are.

    A device has one session of a role: signing in there again ends the one before. `device_id` is
    the installation's own id; without one a lost answer cannot be asked for again.

    Raises:
        UnknownPerson, AccountClosed
    """
    # The lock queues the sign-ins of one person, and a closing of the account waits for them: no
    # session can slip in behind it.
    person = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if person is None:
        raise UnknownPerson
    if person.status == User.Status.CLOSED or not person.is_active:
        raise AccountClosed
    device_hash = tokens.digest(device_id) if device_id else ""
    _make_room(user_id=user_id, role=role, device_hash=device_hash, now=now)
    secret = tokens.fresh()
    session = Session.objects.create(
        user_id=user_id,
        role=role,
        device_hash=device_hash,
        label=label[:80],
        platform=platform,
        address=_network(address),
        agent=_program(agent),
        created_at=now,
        # The clock of whoever vouched for the person may be ahead of ours.
        authenticated_at=min(authenticated_at, now),
        last_used_at=now,
        expires_at=now + LIVES[role],
        idle_until=now + IDLE[role] if role in IDLE else None,
    )
    RefreshToken.objects.create(session=session, digest=tokens.digest(secret), issued_at=now)
    record(
        action="session.opened",
        object_type="session",
        object_id=str(session.pk),
        actor_id=user_id,
        at=now,
        after={"user_id": str(user_id), "role": role, "platform": platform},
        address=valid_address(address),
    )
    logger.info("a session was opened", extra={"sid": session.pk, "user_id": user_id, "role": role})
    return signed_in(session, secret, now=now)


def _make_room(*, user_id: UUID, role: str, device_hash: str, now: datetime) -> None:
    live = Session.objects.filter(user_id=user_id, revoked_at=None)
    if device_hash:
        end(live.filter(role=role, device_hash=device_hash), reason="signed_in_again", now=now)
    kept = live.order_by("-last_used_at", "-pk").values_list("pk", flat=True)
    surplus = list(kept[MAX_SESSIONS - 1 :])
    end(live.filter(pk__in=surplus), reason="too_many", now=now)


@transaction.atomic
def revoke_session(
    *,
    session_id: UUID,
    reason: str,
    actor_id: UUID | None,
    now: datetime,
    user_id: UUID | None = None,
    note: str = "",
    address: str | None = None,
) -> bool:
    """
    End one session, only if it is `user_id`'s where one is named; answer whether it was live.

    Raises:
        UnknownSession
    """
    owned = {} if user_id is None else {"user_id": user_id}
    found = Session.objects.filter(pk=session_id, **owned)
    if not found.exists():
        raise UnknownSession
    ended = end(found, reason=reason, now=now)
    _record_end(ended, reason=reason, note=note, actor_id=actor_id, now=now, address=address)
    return bool(ended)


@transaction.atomic
def sign_out(*, session_id: UUID, user_id: UUID, now: datetime, address: str | None = None) -> None:
    """End the session that asks for it; one that ended, or was purged, stays as it is."""
    ended = end(
        Session.objects.filter(pk=session_id, user_id=user_id), reason="signed_out", now=now
    )
    _record_end(ended, reason="signed_out", note="", actor_id=user_id, now=now, address=address)


@transaction.atomic
def revoke_sessions_of(
    *,
    user_id: UUID,
    reason: str,
    actor_id: UUID | None,
    now: datetime,
    role: str | None = None,
    note: str = "",
    address: str | None = None,
) -> int:
    """End every live session of a person, or those of one role; return how many there were."""
    chosen = Session.objects.filter(user_id=user_id)
    if role is not None:
        chosen = chosen.filter(role=role)
    ended = end(chosen, reason=reason, now=now)
    _record_end(ended, reason=reason, note=note, actor_id=actor_id, now=now, address=address)
    return len(ended)


def end(chosen: QuerySet[Session], *, reason: str, now: datetime) -> list[UUID]:
    """End what is live among a person's chosen sessions, in the order of their ids; return which."""
    live = chosen.filter(revoked_at=None).select_for_update(no_key=True).order_by("pk")
    rows = list(live.values_list("pk", "user_id"))
    ids = [session_id for session_id, _ in rows]
    if rows:
        Session.objects.filter(pk__in=ids).update(revoked_at=now, revoked_reason=reason)
        for session_id, user_id in rows:
            facts = {"sid": session_id, "user_id": user_id, "outcome": reason}
            logger.info("a session was ended", extra=facts)
        # Phones stand above this app; the settings name who keeps them (decisions/0017).
        import_string(settings.SESSIONS_ENDED)(person_id=rows[0][1], session_ids=ids, now=now)
    return ids


def _record_end(
    ended: Sequence[UUID],
    *,
    reason: str,
    note: str,
    actor_id: UUID | None,
    now: datetime,
    address: str | None,
) -> None:
    for session_id in ended:
        record(
            action="session.revoked",
            object_type="session",
            object_id=str(session_id),
            actor_id=actor_id,
            at=now,
            reason=note or reason,
            after={"reason": reason},
            address=valid_address(address),
        )


def signed_in(session: Session, secret: str, *, now: datetime) -> SignedIn:
    """Return what the device of a live session is given: `secret`, and an access token with it."""
    access = issue_access_token(
        user_id=session.user_id,
        role=session.role,
        session_id=session.pk,
        authenticated_at=session.authenticated_at,
        now=now,
        # The last access token of a session ends with it.
        life=min(LIFE, session.expires_at - now),
    )
    return SignedIn(access=access, refresh=secret, session_id=session.pk)


def valid_address(address: str | None) -> str | None:
    """Return the address, or None where it is none."""
    try:
        return str(ipaddress.ip_address(address or ""))
    except ValueError:
        return None


def _network(address: str | None) -> str | None:
    """Return the network that somebody signed in from: enough to recognise, too little to follow."""
    valid = valid_address(address)
    if valid is None:
        return None
    bits = 24 if ipaddress.ip_address(valid).version == 4 else 48  # noqa: PLR2004  # IPv4
    return str(ipaddress.ip_network((valid, bits), strict=False).network_address)


def _program(agent: str) -> str:
    """Return the first product of a User-Agent header, without its version."""
    return agent.partition(" ")[0].partition("/")[0][:40]
