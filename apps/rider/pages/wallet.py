"""The rider's money: what is there, every movement, and taking it out. What changes something, the API does."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.payments import selectors as payments
from apps.rider.live import cursor_of
from apps.rider.visiting import Visitor, api_words, fragment, page, show
from apps.wallet import codes
from apps.wallet import selectors as ledger

LINES = 20
INDIA = "Asia/Kolkata"
_LONGEST_NUMBER = 18

# What a movement of a rider's wallet is called.
KINDS: Mapping[str, object] = {
    "handshake": pgettext_lazy("movement", "Visit"),
    "handshake_reversal": pgettext_lazy("movement", "Visit taken back"),
    "dispute_open": pgettext_lazy("movement", "Visit disputed, cash back waits"),
    "dispute_won": pgettext_lazy("movement", "Dispute decided for you"),
    "dispute_lost": pgettext_lazy("movement", "Dispute decided for the shop"),
    "unpark": pgettext_lazy("movement", "Cash back looked at and paid"),
    "goodwill": pgettext_lazy("movement", "A present from UMA"),
    "debt_recovery": pgettext_lazy("movement", "Owed amount settled"),
    "withdrawal": pgettext_lazy("movement", "Withdrawal"),
    "withdrawal_back": pgettext_lazy("movement", "Withdrawal came back"),
    "payout_reversal": pgettext_lazy("movement", "Withdrawal came back"),
    "cap_hold": pgettext_lazy("movement", "Kept for you, over the limit"),
    "cap_release": pgettext_lazy("movement", "What was over the limit, back"),
    "dormancy": pgettext_lazy("movement", "Set aside while you were away"),
    "dormancy_back": pgettext_lazy("movement", "What was set aside, back"),
    "tat_compensation": pgettext_lazy("movement", "For a withdrawal that came back late"),
    "reward": pgettext_lazy("movement", "Reward"),
    "reward_clawback": pgettext_lazy("movement", "Reward taken back"),
    "adjustment": pgettext_lazy("movement", "Adjusted by UMA"),
}
# Why not all of the balance can be taken out, by the code that the API says as well.
KEPT_BACK: Mapping[str, object] = {
    "too_young": gettext_lazy("Cash back can be taken out a day after it came."),
    "kyc_level": gettext_lazy("Before the first withdrawal we must know who you are."),
    "payouts_paused": gettext_lazy("Withdrawals wait for a while after a change of your sign-in."),
    "owed": gettext_lazy("An amount that you owe is settled first."),
    "frozen": gettext_lazy("We have frozen this wallet and look at it."),
    "no_account_yet": gettext_lazy("No account of yours is ready to be paid to."),
    "payouts_a_day": gettext_lazy("You have taken money out as often as one can in a day."),
    "day_limit": gettext_lazy("There is a limit for each day."),
    "balance_limit": gettext_lazy("The wallet is full. Take some out, and it comes in."),
    "month_credit_limit": gettext_lazy("The wallet takes no more in this month."),
    "month_limit": gettext_lazy("There is a limit for each month."),
}
STATES: Mapping[str, object] = {
    "REQUESTED": pgettext_lazy("withdrawal", "Asked for"),
    "SCREENING": pgettext_lazy("withdrawal", "A person looks at it"),
    "APPROVED": pgettext_lazy("withdrawal", "On its way"),
    "SUBMITTING": pgettext_lazy("withdrawal", "On its way"),
    "PENDING_APPROVAL": pgettext_lazy("withdrawal", "On its way"),
    "QUEUED": pgettext_lazy("withdrawal", "On its way"),
    "PROCESSING": pgettext_lazy("withdrawal", "At the bank"),
    "PROCESSED": pgettext_lazy("withdrawal", "Paid"),
    "FAILED": pgettext_lazy("withdrawal", "Did not go through, money back"),
    "CANCELLED": pgettext_lazy("withdrawal", "Cancelled, money back"),
    "REJECTED": pgettext_lazy("withdrawal", "Refused, money back"),
    "REVERSED": pgettext_lazy("withdrawal", "Sent back by the bank"),
}

# Until the bank may have it, it can be called back.
CANCELLABLE = frozenset({"SCREENING", "APPROVED"})


@page()
def wallet(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what the rider has, what waits, and the newest movements."""
    facts = {
        **_purse(visitor),
        **_lines(visitor, before=None),
        "words": api_words(),
        "since": cursor_of(visitor),
        "topics": "wallet",
    }
    return show(request, "wallet", facts, visitor=visitor, tab="wallet")


@page(live=True)
def balance(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show what there is now."""
    return fragment(request, "parts/balance", {**_purse(visitor), "fresh": True})


@page()
def lines(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show movements older than `before`, or the newest."""
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < _LONGEST_NUMBER
    facts = _lines(visitor, before=int(before) if is_number else None)
    return fragment(request, "parts/lines", facts)


@page()
def withdraw(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the accounts that can be paid to, the form that asks for money, and what became of earlier ones."""
    accounts = payments.fund_accounts(person_id=visitor.rider_id)
    payouts = payments.payouts_of(person_id=visitor.rider_id, limit=LINES, before=None)
    made_good = payments.compensated_paise(payouts=payouts)
    now = timezone.now()
    facts = {
        **_purse(visitor),
        "accounts": accounts,
        "ready": [one for one in accounts if one.verified_at and one.payable_from <= now],
        "payouts": [
            {
                "row": row,
                "state": STATES[row.state],
                "cancellable": row.state in CANCELLABLE,
                "late_paise": made_good.get(row.pk),
            }
            for row in payouts
        ],
        "zone": INDIA,
    }
    return show(request, "withdraw", facts, visitor=visitor, tab="wallet", status=HTTPStatus.OK)


def _purse(visitor: Visitor) -> dict[str, object]:
    rider_id: UUID = visitor.rider_id
    purses = {
        "balance_paise": codes.rider_wallet(rider_id),
        "parked_paise": codes.rider_parked(rider_id),
        "withdrawing_paise": codes.rider_withdrawing(rider_id),
        "owed_paise": codes.rider_receivable(rider_id),
    }
    found = ledger.balances_paise(codes=list(purses.values()), unopened=True)
    now = timezone.now()
    allowed = payments.rider_allowance(person_id=rider_id, now=now)
    over = payments.over_limit(person_id=rider_id, now=now)
    return {
        **{name: found[code] for name, code in purses.items()},
        "over_paise": over.amount_paise,
        "unclaimed_paise": payments.unclaimed_paise(person_id=rider_id),
        "words": api_words(),
        "withdrawable_paise": allowed.withdrawable_paise,
        "least_paise": allowed.least_paise,
        "reasons": [
            {
                "text": KEPT_BACK.get(reason.code, reason.code),
                "until": reason.until,
                "amount_paise": reason.amount_paise,
            }
            for reason in [*allowed.reasons, *over.reasons]
        ],
        "zone": INDIA,
    }


def _lines(visitor: Visitor, *, before: int | None) -> dict[str, object]:
    found = ledger.statement(
        code=codes.rider_wallet(visitor.rider_id),
        limit=LINES + 1,
        before_version=before,
        unopened=True,
    )
    shown = payments.rider_lines(lines=found[:LINES])
    return {
        "lines": [
            {
                "title": KINDS.get(row.line.kind, row.title),
                "who": row.counterpart.name if row.counterpart else "",
                "delta_paise": row.line.delta_paise,
                "after_paise": row.line.balance_after_paise,
                "at": row.line.event_at,
            }
            for row in shown
        ],
        "older_than": found[LINES - 1].version if len(found) > LINES else None,
        "is_first": before is None,
        "zone": INDIA,
    }
