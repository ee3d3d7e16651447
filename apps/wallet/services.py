"""Writes to the ledger: one primitive posts, and everything else is a kind of posting."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from apps.wallet import codes as account_codes
from apps.wallet.errors import AlreadyPosted, HoldNotOpen, UnknownAccount, refusal, refusal_of
from apps.wallet.models import Account, Hold
from uma.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Leg:
    """One movement of a posting: `amount_paise` (at least 1) from `debit` to `credit`, account codes."""

    debit: str
    credit: str
    amount_paise: int

    def __post_init__(self) -> None:
        assert self.amount_paise >= 1


@dataclass(frozen=True, slots=True)
class Swept:
    """The unused part of one captured hold, which goes back to its merchant's wallet."""

    hold_id: UUID
    amount_paise: int


def open_accounts(*, codes: Sequence[str]) -> None:
    """
    Open the accounts that are not open yet; codes come from `apps.wallet.codes`.

    Raises:
        UnknownAccount: a code is not in the chart of accounts.
    """
    known = Account.objects.filter(code__in=codes).values_list("code", flat=True)
    # In one order, so that two callers opening the same accounts queue.
    wanted = sorted(set(codes) - set(known))
    if not wanted:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # The guard derives everything else from the code.
            cursor.execute(
                "INSERT INTO wallet_account (code) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
                [wanted],
            )
    except DatabaseError as error:
        raise (refusal_of(error) or error) from error


def post(
    *,
    kind: str,
    reference: str,
    legs: Sequence[Leg],
    zone_code: str,
    event_at: datetime,
    actor_id: UUID | None,
    memo: str = "",
    hold_id: UUID | None = None,
    reverses: UUID | None = None,
) -> UUID:
    """
    Post one journal, its legs in their order, and return its id; all of it or nothing.

    `reference` names the business event and is good for one posting, for ever. A refusal changes nothing
    and leaves the caller's transaction usable.

    Raises:
        AlreadyPosted, InsufficientFunds, WalletFrozen, HoldNotOpen, UnknownAccount, PostingNotAllowed
    """
    return _post(
        kind=kind,
        reference=reference,
        legs=legs,
        zone_code=zone_code,
        event_at=event_at,
        actor_id=actor_id,
        memo=memo,
        hold_id=hold_id,
        reverses=reverses,
        sweeps=None,
    )


def _post(
    *,
    kind: str,
    reference: str,
    legs: Sequence[Leg],
    zone_code: str,
    event_at: datetime,
    actor_id: UUID | None,
    memo: str,
    hold_id: UUID | None,
    reverses: UUID | None,
    sweeps: list[UUID] | None,
) -> UUID:
    assert legs, "a posting moves money"
    assert event_at.tzinfo is not None
    journal_id = new_id()
    rows = [[str(new_id()), leg.debit, leg.credit, leg.amount_paise] for leg in legs]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wallet_try_post(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::uuid[])",
            [
                journal_id,
                kind,
                reference,
                zone_code,
                event_at,
                actor_id,
                hold_id,
                reverses,
                memo,
                json.dumps(rows),
                sweeps,
            ],
        )
        (refused,) = cursor.fetchone()
    if refused is None:
        return journal_id
    facts: dict[str, str | None] = json.loads(refused)
    error = refusal(
        state=facts["state"],
        message=facts["message"],
        detail=facts["detail"],
        constraint=facts["constraint"],
    )
    # wallet_try_post hands back unique violations too; the ledger has no other than these.
    raise error if error is not None else AlreadyPosted(facts["message"])


def place_hold(
    *,
    hold_id: UUID,
    merchant_id: UUID,
    amount_paise: int,
    zone_code: str,
    reference: str,
    event_at: datetime,
    actor_id: UUID | None,
) -> UUID:
    """
    Set `amount_paise` of a merchant's wallet aside for one booking, whose id is `hold_id`.

    Raises:
        InsufficientFunds, WalletFrozen, AlreadyPosted, UnknownAccount
    """
    leg = Leg(
        account_codes.merchant_wallet(merchant_id),
        account_codes.merchant_held(merchant_id),
        amount_paise,
    )
    return post(
        kind="hold",
        reference=reference,
        legs=[leg],
        zone_code=zone_code,
        event_at=event_at,
        actor_id=actor_id,
        hold_id=hold_id,
    )


def release_hold(
    *,
    hold_id: UUID,
    reference: str,
    zone_code: str,
    event_at: datetime,
    actor_id: UUID | None,
) -> UUID:
    """
    Return a whole hold to its merchant's wallet: the visit did not happen.

    Raises:
        HoldNotOpen: it was captured or released before, or there is none.
        WalletFrozen, AlreadyPosted
    """
    hold = Hold.objects.select_related("wallet_account", "held_account").filter(pk=hold_id).first()
    if hold is None:
        raise HoldNotOpen(f"There is no hold {hold_id}.", hold=str(hold_id))
    # The state is not looked at here: the posting takes the hold's lock and decides under it.
    leg = Leg(hold.held_account.code, hold.wallet_account.code, hold.amount_paise)
    return post(
        kind="release",
        reference=reference,
        legs=[leg],
        zone_code=zone_code,
        event_at=event_at,
        actor_id=actor_id,
        hold_id=hold_id,
    )


def claim_released(*, limit: int) -> list[Swept]:
    """
    Lock at most `limit` captured holds that have unused money, for the caller's transaction.

    Holds that another sweep has in hand are left to it.
    """
    unswept = (
        Hold.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(state=Hold.State.CAPTURED, released_paise__gt=0, swept_journal__isnull=True)
        .order_by("wallet_account_id", "id")[:limit]
    )
    return [Swept(hold.pk, hold.released_paise) for hold in unswept]


def sweep_released(*, claimed: Sequence[Swept], now: datetime) -> None:
    """
    Give the claimed holds' unused money back to the wallets, one posting per merchant.

    In the transaction that claimed them. A merchant whose released money is frozen keeps the others
    waiting: freeze the wallet and the held account, never `released`.

    Raises:
        WalletFrozen, PostingNotAllowed: a hold was not claimed, or was swept before
    """
    assert connection.in_atomic_block, "a claim ends with its transaction"
    holds = (
        Hold.objects.select_related("wallet_account", "released_account", "opened_journal")
        .filter(pk__in=[hold.hold_id for hold in claimed])
        .order_by("wallet_account_id", "id")
    )
    # Wallets in the order of account ids, as every posting locks them.
    by_merchant: dict[tuple[int, str], list[Hold]] = defaultdict(list)
    for hold in holds:
        by_merchant[hold.wallet_account_id, hold.opened_journal.zone_code].append(hold)
    for (_, zone_code), of_merchant in by_merchant.items():
        total_paise = sum(hold.released_paise for hold in of_merchant)
        first = of_merchant[0]
        leg = Leg(first.released_account.code, first.wallet_account.code, total_paise)
        _post(
            kind="release_sweep",
            # The first hold is swept once, so this names one sweep for ever.
            reference=f"release_sweep:{first.pk}",
            legs=[leg],
            zone_code=zone_code,
            event_at=now,
            actor_id=None,
            memo="",
            hold_id=None,
            reverses=None,
            sweeps=[hold.pk for hold in of_merchant],
        )


def lock_balances(*, codes: Sequence[str]) -> dict[str, int]:
    """
    Lock these kept balances in the order of every posting and return them, in paise, by code.

    For a caller whose legs depend on what is there; it names every kept balance it is going to post to.

    Raises:
        UnknownAccount
    """
    assert connection.in_atomic_block
    return {account.code: account.balance_paise for account in _lock(codes)}


@transaction.atomic
def recover_debt(*, rider_id: UUID, reference: str, zone_code: str, event_at: datetime) -> int:
    """
    Pay what a rider owes from the rider's wallet, as far as it goes; return how much, in paise.

    Nothing is posted when nothing is owed, or while the wallet is frozen: then the next call pays. The same
    reference again pays nothing more.
    """
    return _pay_debt(
        kind="debt_recovery",
        pocket=account_codes.rider_wallet(rider_id),
        debt=account_codes.rider_receivable(rider_id),
        reference=reference,
        zone_code=zone_code,
        event_at=event_at,
    )


@transaction.atomic
def recover_merchant_debt(
    *, merchant_id: UUID, reference: str, zone_code: str, event_at: datetime
) -> int:
    """
    Pay what a merchant owes from the merchant's wallet, as far as it goes; return how much, in paise.

    Nothing is posted when nothing is owed, or while the wallet is frozen: then the next call pays.
    """
    return _pay_debt(
        kind="merchant_debt_recovery",
        pocket=account_codes.merchant_wallet(merchant_id),
        debt=account_codes.merchant_receivable(merchant_id),
        reference=reference,
        zone_code=zone_code,
        event_at=event_at,
    )


def _pay_debt(
    *, kind: str, pocket: str, debt: str, reference: str, zone_code: str, event_at: datetime
) -> int:
    if not Account.objects.filter(code=debt, balance_paise__gt=0).exists():
        return 0
    locked = {account.code: account for account in _lock([pocket, debt])}
    paid_paise = min(locked[pocket].balance_paise, locked[debt].balance_paise)
    if not paid_paise or locked[pocket].frozen_at is not None:
        return 0
    post(
        kind=kind,
        reference=reference,
        legs=[Leg(pocket, debt, paid_paise)],
        zone_code=zone_code,
        event_at=event_at,
        actor_id=None,
    )
    return paid_paise


@transaction.atomic
def freeze(*, codes: Sequence[str], at: datetime) -> None:
    """
    Refuse every debit of these accounts from this transaction's commit on; credits still arrive.

    Raises:
        UnknownAccount
    """
    # A capture debits `held`, which has no balance row to queue on; it does lock its hold. So waiting for
    # the open holds lets the captures in flight finish before the freeze, and none after it.
    accounts = list(Account.objects.filter(code__in=codes).values_list("pk", flat=True))
    list(
        Hold.objects.select_for_update(no_key=True)
        .filter(state=Hold.State.OPEN, held_account__in=accounts)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for account in _lock(codes):
        if account.frozen_at is None:
            Account.objects.filter(pk=account.pk).update(frozen_at=at)


@transaction.atomic
def unfreeze(*, codes: Sequence[str]) -> None:
    """
    Allow debits of these accounts again.

    Raises:
        UnknownAccount
    """
    ids = [account.pk for account in _lock(codes)]
    Account.objects.filter(pk__in=ids).update(frozen_at=None)


def _lock(codes: Sequence[str]) -> list[Account]:
    accounts = list(
        Account.objects.select_for_update(no_key=True).filter(code__in=codes).order_by("pk")
    )
    missing = set(codes) - {account.code for account in accounts}
    if missing:
        code = min(missing)
        raise UnknownAccount(f"There is no account {code}.", account=code)
    return accounts
