"""A merchant's or a rider's account as its owner reads it: typed lines, and a period's statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.merchants import selectors as merchants
from apps.payments.errors import StatementTooLong
from apps.payments.models import TopUp
from apps.payments.selectors.balances import balance_rule
from apps.wallet import codes
from apps.wallet import selectors as wallet
from apps.wallet.selectors import StatementLine

MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class MerchantPurse:
    """Everything a merchant has with the platform, in paise."""

    available_paise: int
    held_paise: int
    released_paise: int
    refunding_paise: int
    owed_paise: int
    frozen: bool
    low_below_paise: int
    last_top_up: TopUp | None

    @property
    def is_low(self) -> bool:
        return self.available_paise < self.low_below_paise


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Who is on the other side: a rider under this merchant's pseudonym, or a shop by its name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One movement in words; `part` tells the lines of one journal apart for a merchant."""

    line: StatementLine
    title: str
    part: str | None
    counterpart: Counterpart | None


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A period: opening + Σ lines = closing, in paise."""

    since: datetime
    until: datetime
    opening_paise: int
    lines: list[AccountLine]
    closing_paise: int


def merchant_purse(*, merchant_id: UUID, now: datetime) -> MerchantPurse:
    """
    Return what a merchant has, owes and added last.

    Raises:
        UnknownMerchant
    """
    purse = codes.merchant_wallet(merchant_id)
    refunding = codes.merchant_refunding(merchant_id)
    owed = codes.merchant_receivable(merchant_id)
    kept = wallet.purses(codes=[purse, refunding, owed])
    paid = TopUp.objects.filter(merchant_id=merchant_id, state=TopUp.State.PAID)
    return MerchantPurse(
        available_paise=kept[purse].balance_paise,
        held_paise=wallet.held_paise(merchant_id=merchant_id),
        released_paise=wallet.released_paise(merchant_id=merchant_id),
        refunding_paise=kept[refunding].balance_paise,
        owed_paise=kept[owed].balance_paise,
        frozen=kept[purse].frozen,
        low_below_paise=balance_rule(merchant_id=merchant_id, now=now).rule.alert_below_paise,
        last_top_up=paid.select_related("payment").order_by("-pk").first(),
    )


def merchant_lines(*, merchant_id: UUID, lines: Sequence[StatementLine]) -> list[AccountLine]:
    """Return lines of a merchant's wallet in words; riders appear under pseudonyms."""
    return [
        AccountLine(
            line,
            wallet.WORDINGS[line.kind],
            wallet.PARTS.get(line.counter_kind),
            _guest(merchant_id, line.counter_code),
        )
        for line in lines
    ]


def rider_lines(*, lines: Sequence[StatementLine]) -> list[AccountLine]:
    """Return lines of a rider's wallet in words; shops appear by their names."""
    shops = {line.counter_code: _party(line.counter_code, "merchant") for line in lines}
    names = merchants.brands(merchant_ids={shop for shop in shops.values() if shop is not None})
    return [
        AccountLine(line, wallet.WORDINGS[line.kind], None, _shop(shops[line.counter_code], names))
        for line in lines
    ]


def merchant_statement(*, merchant_id: UUID, since: datetime, until: datetime) -> AccountStatement:
    """
    Return a period of a merchant's wallet: since ≤ event < until.

    Raises:
        StatementTooLong
    """
    found = _period(codes.merchant_wallet(merchant_id), since, until)
    lines = merchant_lines(merchant_id=merchant_id, lines=found.lines)
    return AccountStatement(since, until, found.opening_paise, lines, found.closing_paise)


def rider_statement(*, rider_id: UUID, since: datetime, until: datetime) -> AccountStatement:
    """
    Return a period of a rider's wallet: since ≤ event < until.

    Raises:
        StatementTooLong
    """
    found = _period(codes.rider_wallet(rider_id), since, until)
    lines = rider_lines(lines=found.lines)
    return AccountStatement(since, until, found.opening_paise, lines, found.closing_paise)


def _period(code: str, since: datetime, until: datetime) -> wallet.Statement:
    found = wallet.statement_between(
        code=code, since=since, until=until, most_lines=MOST_LINES, unopened=True
    )
    if found.cut_short:
        raise StatementTooLong(most=MOST_LINES)
    return found


def _party(code: str, family: str) -> UUID | None:
    """Return whose account it is: `rider:<id>:…` and `receivable:rider:<id>` are the rider's."""
    parts = code.split(":")
    if family not in parts[:2]:
        return None
    return UUID(parts[parts.index(family) + 1])


def _guest(merchant_id: UUID, code: str) -> Counterpart | None:
    rider_id = _party(code, "rider")
    if rider_id is None:
        return None
    return Counterpart(
        merchants.pseudonym_id(merchant_id=merchant_id, rider_id=rider_id),
        merchants.pseudonym(merchant_id=merchant_id, rider_id=rider_id),
    )


def _shop(merchant_id: UUID | None, names: dict[UUID, str]) -> Counterpart | None:
    if merchant_id is None or merchant_id not in names:
        return None
    return Counterpart(merchant_id, names[merchant_id])
