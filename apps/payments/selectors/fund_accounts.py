"""Reads about fund accounts."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from apps.payments.models import FundAccount


@dataclass(frozen=True, slots=True)
class Sharers:
    """Everybody who ever named one account to be paid to."""

    person_ids: frozenset[UUID]
    merchant_ids: frozenset[UUID]


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


def on_the_accounts_of(*, person_ids: Collection[UUID]) -> list[Sharers]:
    """Return who named each account that one of these people named, where they were several payees."""
    theirs = FundAccount.objects.filter(person_id__in=person_ids).exclude(account_index="")
    rows = FundAccount.objects.filter(account_index__in=theirs.values("account_index"))
    people: dict[str, set[UUID]] = defaultdict(set)
    merchants: dict[str, set[UUID]] = defaultdict(set)
    for index, person_id, merchant_id in rows.values_list(
        "account_index", "person_id", "merchant_id"
    ):
        if person_id is not None:
            people[index].add(person_id)
        else:
            merchants[index].add(merchant_id)
    return [
        Sharers(frozenset(people[index]), frozenset(merchants[index]))
        for index in people
        if len(people[index]) + len(merchants[index]) > 1
    ]
