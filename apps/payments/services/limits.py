"""Writes: what payees may take out from a day on, and how well a person is known."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments import selectors
from apps.payments.errors import OwnPayout, PayoutReasonRequired, PolicyInThePast
from apps.payments.models import KycLevel, WalletPolicy
from apps.payments.services.caps import keep_within_limits


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one kind of payee; paise, None is no limit."""

    max_balance_paise: int | None
    max_credit_month_paise: int | None
    payout_min_paise: int
    payout_max_paise: int
    payout_day_paise: int | None
    payout_month_paise: int | None
    payouts_a_day: int
    credit_age_hours: int
    screen_above_paise: int | None
    dormant_months: int = 36
    dormant_warn_days: int = 60


@transaction.atomic(durable=True)
def set_wallet_policy(
    *,
    who: str,
    limits: Limits,
    effective_from: datetime,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> WalletPolicy:
    """
    Have other limits hold from an instant on; what was asked for before stands as it was.

    Raises:
        PayoutReasonRequired, PolicyInThePast
    """
    if not reason.strip():
        raise PayoutReasonRequired
    if effective_from < now:
        raise PolicyInThePast
    if WalletPolicy.objects.filter(who=who, effective_from=effective_from).exists():
        raise PolicyInThePast("There are limits from that very instant already.")
    made = WalletPolicy.objects.create(
        who=who, effective_from=effective_from, set_by=actor_id, reason=reason, **asdict(limits)
    )
    accounts.record(
        action="wallet-policy.set",
        object_type="wallet-policy",
        object_id=who,
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"effective_from": effective_from.isoformat()} | asdict(limits),
    )
    return made


@transaction.atomic(durable=True)
def set_kyc_level(
    *, person_id: UUID, level: int, actor_id: UUID, reason: str, now: datetime
) -> None:
    """
    Say how well a person is known from now on; the row before stays to be read.

    Raises:
        UnknownPerson, AccountClosed, PayoutReasonRequired, OwnPayout
    """
    if not reason.strip():
        raise PayoutReasonRequired
    if actor_id == person_id:
        raise OwnPayout
    accounts.lock_payee(person_id=person_id)
    before = selectors.kyc_level(person_id=person_id, now=now)
    KycLevel.objects.create(
        person_id=person_id, level=level, effective_from=now, set_by=actor_id, reason=reason
    )
    accounts.record(
        action="person.kyc-level-set",
        object_type="user",
        object_id=str(person_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"level": before},
        after={"level": level},
    )
    # Better known is more room, at once.
    keep_within_limits(person_id=person_id, now=now)
