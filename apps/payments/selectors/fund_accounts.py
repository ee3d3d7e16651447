"""Reads about fund accounts."""

from uuid import UUID

from django.db.models import Q

from apps.payments.models import FundAccount


def fund_accounts(
    *, person_id: UUID | None = None, merchant_id: UUID | None = None
) -> list[FundAccount]:
    """Return the accounts a payee can be paid to, the oldest first."""
    assert (person_id is None) != (merchant_id is None), "an account has one payee"
    mine = Q(person_id=person_id) if person_id is not None else Q(merchant_id=merchant_id)
    rows = FundAccount.objects.filter(mine, removed_at=None).order_by("pk")
    return list(rows.prefetch_related("validations"))


def people_with(*, account_index: str) -> list[UUID]:
    """Return everybody who ever named this account, removed ones included: a sign of one person."""
    rows = FundAccount.objects.filter(account_index=account_index, person_id__isnull=False)
    return list(rows.values_list("person_id", flat=True).distinct().order_by("person_id"))


def is_shared(*, account: FundAccount) -> bool:
    """Say whether another payee ever named this account: two who are perhaps one."""
    same = FundAccount.objects.filter(account_index=account.account_index)
    mine = Q(person_id=account.person_id, merchant_id=account.merchant_id)
    return same.exclude(mine).exists() if account.account_index else False
