"""A refresh token is used once; whoever presents it a second time ends the family, or lost an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string
from prometheus_client import Counter

from apps.accounts import tokens
from apps.accounts.errors import RefreshInvalid, RefreshReused
from apps.accounts.models import RefreshToken, Session, User
from apps.accounts.services.sessions import IDLE, SignedIn, end, signed_in, valid_address
from apps.accounts.services.trail import record
from uma.kernel.ids import new_id

# How long an answer that was lost may be asked for again.
GRACE = timedelta(seconds=10)

REFRESHES = Counter("uma_refresh_total", "Refresh tokens presented, by outcome.", ["outcome"])
# Counted from zero on, or nobody could see the first one.
REFRESHES.labels("reused")

# Marks the presented token used and puts its successor beside it. One statement, which is its own
# transaction: the row lock of the token queues all who present it, and whoever comes second finds
# `used_at` set. The session is written too, so that a revocation at the same moment queues with it:
# one that was first leaves a used token without a successor, in a session that is over anyway.
ROTATE = """
WITH claimed AS (
    UPDATE accounts_refreshtoken t SET used_at = GREATEST(%(now)s, t.issued_at)
    FROM accounts_session s JOIN accounts_user u ON u.id = s.user_id
    WHERE t.digest = %(digest)s AND t.used_at IS NULL AND s.id = t.session_id
      AND s.expires_at > %(now)s AND (s.idle_until IS NULL OR s.idle_until > %(now)s)
      AND u.is_active AND u.status = 'ACTIVE'
    RETURNING t.session_id
), touched AS (
    UPDATE accounts_session s SET
        last_used_at = GREATEST(%(now)s, s.last_used_at),
        idle_until = CASE WHEN s.idle_until IS NULL THEN NULL
                     ELSE GREATEST(%(now)s + %(idle)s::interval, s.idle_until) END
    FROM claimed WHERE s.id = claimed.session_id AND s.revoked_at IS NULL
    RETURNING s.id
)
INSERT INTO accounts_refreshtoken (id, session_id, digest, issued_at)
SELECT %(id)s, touched.id, %(heir)s, %(now)s FROM touched
RETURNING session_id
"""


def refresh(
    *,
    secret: str,
    device_id: str,
    keys: Sequence[bytes],
    now: datetime,
    address: str | None = None,
) -> SignedIn:
    """
    Give the successor of a refresh token, and an access token with it.

    A token is used once. Presented again by the same device within ten seconds, it gets the same
    successor, as long as nobody used that one: the first answer was lost. Anything else means that
    two hold it, and the whole family ends; that is committed before the refusal is raised.

    Raises:
        RefreshInvalid, RefreshReused
    """
    if not tokens.is_secret(secret):
        REFRESHES.labels("invalid").inc()
        raise RefreshInvalid
    heirs = tokens.successors(secret, keys=keys)
    session_id = _rotate(digest=tokens.digest(secret), heir=tokens.digest(heirs[0]), now=now)
    if session_id is not None:
        REFRESHES.labels("rotated").inc()
        return signed_in(Session.objects.get(pk=session_id), heirs[0], now=now)
    verdict = _judge(
        secret=secret, device_id=device_id, heirs=heirs, now=now, address=valid_address(address)
    )
    REFRESHES.labels(verdict.outcome).inc()
    if verdict.session is not None:
        return signed_in(verdict.session, verdict.heir, now=now)
    if verdict.outcome == "reused":
        raise RefreshReused
    raise RefreshInvalid(is_guess=verdict.outcome == "invalid")


def _rotate(*, digest: str, heir: str, now: datetime) -> UUID | None:
    facts: dict[str, Any] = {  # Any: what a statement takes
        "digest": digest,
        "heir": heir,
        "now": now,
        "id": new_id(),
        # Only operators' sessions have an end of idleness to move.
        "idle": IDLE["operator"],
    }
    with connection.cursor() as cursor:
        cursor.execute(ROTATE, facts)
        row: tuple[UUID] | None = cursor.fetchone()
    return row[0] if row is not None else None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a token was not rotated; a session when its successor may be given once more."""

    outcome: str
    session: Session | None = None
    heir: str = field(default="", repr=False)


@transaction.atomic(durable=True)
def _judge(
    *, secret: str, device_id: str, heirs: Sequence[str], now: datetime, address: str | None
) -> _Verdict:
    """Decide about a token that could not be rotated; what it writes is committed."""
    digest = tokens.digest(secret)
    # The rotation before this waited for whoever held the token, so what is read here is later. The
    # session's lock queues the twins: none sees a family that another is ending.
    session = (
        Session.objects.select_for_update(no_key=True, of=("self",))
        .filter(Q(idle_until=None) | Q(idle_until__gt=now), revoked_at=None, expires_at__gt=now)
        .filter(user__is_active=True, user__status=User.Status.ACTIVE)
        .filter(tokens__digest=digest)
        .annotate(used_at=F("tokens__used_at"))
        .first()
    )
    if session is None or session.used_at is None:
        known = RefreshToken.objects.filter(digest=digest).exists()
        return _Verdict("over" if known else "invalid")
    if now - session.used_at < GRACE and tokens.same_device(device_id, session.device_hash):
        waiting = RefreshToken.objects.filter(session=session, used_at=None)
        unused = waiting.values_list("digest", flat=True).first()
        for heir in heirs:
            if tokens.digest(heir) == unused:
                return _Verdict("repeated", session, heir)
    _end_family(session, now=now, address=address)
    return _Verdict("reused")


def _end_family(session: Session, *, now: datetime, address: str | None) -> None:
    end(Session.objects.filter(pk=session.pk), reason="refresh_reused", now=now)
    record(
        action="session.reused",
        object_type="session",
        object_id=str(session.pk),
        actor_id=None,
        at=now,
        reason="a refresh token came twice",
        after={"user_id": str(session.user_id), "revoked": True},
        address=address,
    )
    # Who tells people stands above this app; the settings name it (decisions/0017).
    import_string(settings.SECURITY_NOTICE)(
        person_id=session.user_id, event="refresh_reused", event_id=str(session.pk), now=now
    )
