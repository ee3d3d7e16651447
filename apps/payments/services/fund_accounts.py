"""Writes: whose money may be paid to which account."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.accounts import services as accounts
from apps.notifications import services as notifications
from apps.payments.errors import (
    FundAccountKnown,
    OwnPayout,
    PayoutReasonRequired,
    UnknownFundAccount,
)
from apps.payments.models import FundAccount, account_index
from apps.payments.services.validation_answers import begin_validation, drop_waiting

# Whoever stole a sign-in waits, and the owner, who was told, has time to end it.
WAIT = timedelta(hours=24)


def add_fund_account(
    *,
    holder_name: str,
    now: datetime,
    person_id: UUID | None = None,
    merchant_id: UUID | None = None,
    actor_id: UUID | None = None,
    account_number: str = "",
    ifsc: str = "",
    vpa: str = "",
    address: str | None = None,
) -> FundAccount:
    """
    Put an account on a payee's own list; it is payable after the wait, and once it is verified.

    Its bank is asked in whose name it is.

    A merchant's is a bank account, added by `actor_id`, one of its owners.

    Raises:
        FundAccountKnown
    """
    by = person_id or actor_id
    assert by is not None, "somebody adds it"
    account = FundAccount(
        person_id=person_id,
        merchant_id=merchant_id,
        kind=FundAccount.Kind.VPA if vpa else FundAccount.Kind.BANK_ACCOUNT,
        holder_name=holder_name,
        account_number=account_number,
        ifsc=ifsc,
        vpa=vpa,
        tail=vpa.rpartition("@")[2] if vpa else account_number[-4:],
        account_index=account_index(ifsc=ifsc, account_number=account_number, vpa=vpa),
        created_at=now,
        payable_from=now + WAIT,
    )
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            begin_validation(account, told_id=by, now=now)
            _record("fund_account.added", account, actor_id=by, now=now, address=address)
            notifications.security_notice(
                person_id=by,
                event="fund_account_added",
                event_id=str(account.pk),
                now=now,
            )
    except IntegrityError as refused:
        # Its twin for merchants begins alike.
        if "payments_fund_account_once" in str(refused):
            raise FundAccountKnown from None
        raise
    return account


@transaction.atomic
def remove_fund_account(
    *,
    fund_account_id: UUID,
    now: datetime,
    person_id: UUID | None = None,
    merchant_id: UUID | None = None,
    actor_id: UUID | None = None,
    address: str | None = None,
) -> None:
    """
    Take an account off the payee's list; nothing new is paid to it.

    Raises:
        UnknownFundAccount
    """
    by = person_id or actor_id
    assert by is not None, "somebody removes it"
    mine = Q(person_id=person_id, merchant_id=merchant_id)
    live = FundAccount.objects.filter(mine, pk=fund_account_id, removed_at=None)
    account = live.first()
    # The update decides between two who remove it at once.
    if account is None or not live.update(removed_at=now):
        raise UnknownFundAccount
    drop_waiting(account, now=now)
    _record("fund_account.removed", account, actor_id=by, now=now, address=address)


@transaction.atomic(durable=True)
def verify_fund_account(
    *, fund_account_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> None:
    """
    Say that an account is in its payee's own name: an operator looked; the first look stands.

    Raises:
        PayoutReasonRequired, UnknownFundAccount, OwnPayout
    """
    if not reason.strip():
        raise PayoutReasonRequired
    live = FundAccount.objects.select_for_update(no_key=True, of=("self",))
    account = live.filter(pk=fund_account_id, removed_at=None).first()
    if account is None:
        raise UnknownFundAccount
    if account.person_id == actor_id:
        raise OwnPayout
    if account.verified_at is not None:
        return
    account.verified_at, account.verified_by = now, actor_id
    account.save(update_fields=["verified_at", "verified_by"])
    drop_waiting(account, now=now)
    _record("fund_account.verified", account, actor_id=actor_id, now=now, reason=reason)


def _record(
    action: str,
    account: FundAccount,
    *,
    actor_id: UUID,
    now: datetime,
    address: str | None = None,
    reason: str = "",
) -> None:
    payee = (
        {"person_id": str(account.person_id)}
        if account.merchant_id is None
        else {"merchant_id": str(account.merchant_id)}
    )
    accounts.record(
        action=action,
        object_type="fund_account",
        object_id=str(account.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        # The account itself is in its own row, sealed: the trail is read by more people.
        after={"kind": account.kind} | payee,
        address=address,
    )
