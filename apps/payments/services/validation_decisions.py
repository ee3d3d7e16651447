"""What an operator does about a payout account whose bank's answer needs a person."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.payments.errors import (
    OwnPayout,
    PayoutReasonRequired,
    UnknownFundAccount,
    ValidationNotClose,
    ValidationNotFound,
    ValidationNotNeeded,
)
from apps.payments.models import AccountValidation, FundAccount
from apps.payments.services.validation_answers import begin_validation, lock_validation, tell
from apps.payments.validation_states import OPEN, State


@transaction.atomic(durable=True)
def decide_validation(
    *, validation_id: UUID, accept: bool, actor_id: UUID, reason: str, now: datetime
) -> None:
    """
    Say whether a name that nearly fits is the payee's; then the account is verified, or never will be.

    Raises:
        PayoutReasonRequired, ValidationNotFound, ValidationNotClose, UnknownFundAccount, OwnPayout
    """
    if not reason.strip():
        raise PayoutReasonRequired
    locked = lock_validation(validation_id=validation_id)
    if locked is None:
        raise ValidationNotFound
    account = locked.fund_account
    if account.removed_at is not None:
        raise UnknownFundAccount
    if account.person_id == actor_id:
        raise OwnPayout
    if not locked.waits_for_a_decision or account.verified_at is not None:
        raise ValidationNotClose
    locked.accepted, locked.decided_by, locked.decided_at = accept, actor_id, now
    locked.save(update_fields=["accepted", "decided_by", "decided_at"])
    if accept:
        account.verified_at, account.verified_by = now, actor_id
        account.save(update_fields=["verified_at", "verified_by"])
    accounts.record(
        action="fund_account.verified" if accept else "fund_account.refused",
        object_type="fund_account",
        object_id=str(account.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        # The names themselves are in their own rows, sealed.
        before={"verification": "in_review"},
        after={"verification": account.verification.value, "validation": str(locked.pk)},
    )
    tell(locked, State.MATCHED if accept else State.MISMATCHED, now=now)


@transaction.atomic(durable=True)
def ask_bank(*, fund_account_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Have an account's bank asked in whose name it is, once more or for the first time.

    Raises:
        PayoutReasonRequired, UnknownFundAccount, ValidationNotNeeded
    """
    if not reason.strip():
        raise PayoutReasonRequired
    live = FundAccount.objects.select_for_update(no_key=True, of=("self",))
    account = live.filter(pk=fund_account_id, removed_at=None).first()
    if account is None:
        raise UnknownFundAccount
    earlier = AccountValidation.objects.filter(fund_account=account).order_by("-pk").first()
    if account.verified_at is not None or (earlier is not None and earlier.state in OPEN):
        raise ValidationNotNeeded
    before = account.verification
    asked = begin_validation(
        account, told_id=earlier.told_id if earlier else None, now=now, due_at=now
    )
    accounts.record(
        action="fund_account.bank-asked",
        object_type="fund_account",
        object_id=str(account.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"verification": before.value},
        after={"verification": account.verification.value, "validation": str(asked.pk)},
    )
