"""Wallets, their movements and statements on the wire, and as a table."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.payments.selectors.accounts import AccountLine, AccountStatement, MerchantPurse
from apps.wallet.selectors import WORDINGS
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.tables import Cell, csv_of
from uma.kernel.money import PAISE_PER_RUPEE, rupees
from uma.kernel.zones import local

KINDS = list(WORDINGS)
WIDE = {"min_paise": -(10**13), "max_paise": 10**13}
PARTS = ["reimbursement", "cpt", "cpa", "boost", "subscription", "gst"]


class LastTopUpFields(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = RupeesField()
    added_at = serializers.DateTimeField()


class MerchantWalletResponse(serializers.Serializer[Any]):
    available = RupeesField(help_text="What can be spent on new bookings.", **WIDE)
    held = RupeesField(help_text="Set aside for live bookings.", **WIDE)
    released = RupeesField(help_text="Unused parts of visits, back within seconds.", **WIDE)
    refunding = RupeesField(help_text="On its way to the merchant's bank.", **WIDE)
    owed = RupeesField(help_text="What the merchant owes the platform.", **WIDE)
    currency = serializers.CharField()
    frozen = serializers.BooleanField()
    low_balance = serializers.BooleanField(
        help_text="Whether `available` is below `lowBalanceBelow`."
    )
    low_balance_below = RupeesField()
    last_top_up = LastTopUpFields(allow_null=True)


class ClaimResponse(serializers.Serializer[Any]):
    returned = RupeesField(help_text="What came back into the wallet by this very call.", **WIDE)
    currency = serializers.CharField()


class CounterpartFields(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AccountLineFields(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=KINDS)
    title = serializers.CharField(help_text="The same in words.")
    part = serializers.ChoiceField(
        choices=PARTS, allow_null=True, help_text="What of it, where one event has several lines."
    )
    amount = RupeesField(help_text="Negative when it left the wallet.", **WIDE)
    balance = RupeesField(help_text="The wallet's balance after it.", **WIDE)
    timestamp = serializers.DateTimeField()
    booking_id = serializers.UUIDField(allow_null=True)
    counterpart = CounterpartFields(
        allow_null=True,
        help_text="A rider under this merchant's pseudonym, or the shop by its name.",
    )


class StatementResponse(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="Included.")
    until = serializers.DateTimeField(help_text="Not included.")
    opening = RupeesField(**WIDE)
    lines = AccountLineFields(many=True)
    closing = RupeesField(help_text="The opening and every line's amount, added up.", **WIDE)


def merchant_wallet_response(purse: MerchantPurse) -> dict[str, object]:
    """Return a merchant's purses in rupees."""
    last = purse.last_top_up
    return {
        "available": rupees(purse.available_paise),
        "held": rupees(purse.held_paise),
        "released": rupees(purse.released_paise),
        "refunding": rupees(purse.refunding_paise),
        "owed": rupees(purse.owed_paise),
        "currency": "INR",
        "frozen": purse.frozen,
        "low_balance": purse.is_low,
        "low_balance_below": rupees(purse.low_below_paise),
        "last_top_up": last
        and {
            "id": last.pk,
            "amount": rupees(last.amount_paise),
            "added_at": last.payment.credited_at,
        },
    }


def line_response(found: AccountLine) -> dict[str, object]:
    """Return one movement in words and rupees."""
    line, other = found.line, found.counterpart
    return {
        "id": line.transfer_id,
        "type": line.kind,
        "title": found.title,
        "part": found.part,
        "amount": rupees(line.delta_paise),
        "balance": rupees(line.balance_after_paise),
        "timestamp": line.event_at,
        "booking_id": line.hold_id,
        "counterpart": other and {"id": other.id, "name": other.name},
    }


def statement_response(statement: AccountStatement) -> dict[str, object]:
    """Return a period with its lines, the oldest first."""
    return {
        "since": statement.since,
        "until": statement.until,
        "opening": rupees(statement.opening_paise),
        "lines": [line_response(line) for line in statement.lines],
        "closing": rupees(statement.closing_paise),
    }


_HEADER = (
    "Time", "Type", "What", "Part", "Amount (INR)", "Balance (INR)", "With", "Booking", "Id",
)  # fmt: skip


def statement_csv(statement: AccountStatement, timezone: str) -> bytes:
    """Return the same as a table: times on the zone's clock, the balances in the first and last row."""
    return csv_of(_HEADER, _rows(statement, timezone))


def _rows(statement: AccountStatement, timezone: str) -> Iterable[list[Cell]]:
    def edge(moment: datetime, name: str, paise: int) -> list[Cell]:
        at = _clock(moment, timezone)
        return [at, name, f"{name.title()} balance", "", "", _Rupees(paise), "", "", ""]

    yield edge(statement.since, "opening", statement.opening_paise)
    for found in statement.lines:
        line, other = found.line, found.counterpart
        yield [
            _clock(line.event_at, timezone),
            line.kind,
            found.title,
            found.part,
            _Rupees(line.delta_paise),
            _Rupees(line.balance_after_paise),
            other.name if other else None,
            str(line.hold_id) if line.hold_id else None,
            str(line.transfer_id),
        ]
    yield edge(statement.until, "closing", statement.closing_paise)


class _Rupees(int):
    """Paise that a table writes as rupees with two decimals; a number, so a minus is no formula."""

    def __str__(self) -> str:
        whole, rest = divmod(abs(int(self)), PAISE_PER_RUPEE)
        return f"{'-' if self < 0 else ''}{whole}.{rest:02d}"


def _clock(moment: datetime, timezone: str) -> str:
    return local(moment, timezone).isoformat(timespec="seconds")
