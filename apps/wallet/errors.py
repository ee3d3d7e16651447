"""What the ledger refuses, and how a refusal of the database becomes one of these."""

import json
from typing import Any

from django.db import DatabaseError

from uma.kernel.errors import DomainError


class InsufficientFunds(DomainError):
    code = "insufficient_funds"
    title = "Not enough balance"
    status = 402


class WalletFrozen(DomainError):
    code = "wallet_frozen"
    title = "This wallet is frozen"
    status = 409


class HoldNotOpen(DomainError):
    code = "hold_not_open"
    title = "The money is no longer held"
    status = 409


class UnknownAccount(DomainError):
    code = "unknown_account"
    title = "There is no such account"
    status = 404


class PostingNotAllowed(DomainError):
    code = "posting_not_allowed"
    title = "The ledger does not allow this posting"
    status = 409


class AlreadyPosted(DomainError):
    code = "already_posted"
    title = "This was posted before"
    status = 409


# The SQLSTATEs that sql/0002_guards.sql raises.
REFUSALS: dict[str, type[DomainError]] = {
    "UM001": InsufficientFunds,
    "UM002": WalletFrozen,
    "UM003": HoldNotOpen,
    "UM004": UnknownAccount,
    "UM005": PostingNotAllowed,
}
UNIQUE_VIOLATION = "23505"
POSTED_BEFORE = {
    "wallet_journal_reference_once": "reference",
    "wallet_journal_pkey": "journal",
    "wallet_transfer_pkey": "transfer",
    "wallet_hold_pkey": "hold",
}


def refusal(
    *, state: str | None, message: str | None, detail: str | None, constraint: str | None
) -> DomainError | None:
    """Return the refusal that PostgreSQL's diagnostics stand for, or None when they are another's."""
    if state in REFUSALS:
        # Any: the members differ by refusal; the SQL beside each RAISE names them.
        facts: dict[str, Any] = json.loads(detail) if detail else {}
        return REFUSALS[state](message, **facts)
    if state == UNIQUE_VIOLATION and constraint in POSTED_BEFORE:
        return AlreadyPosted(f"This {POSTED_BEFORE[constraint]} was posted before.")
    return None


def refusal_of(error: DatabaseError) -> DomainError | None:
    """Return the ledger's refusal behind a database error, for callers of `wallet_post` in SQL."""
    # Any: psycopg's diagnostics hang on the cause, which Django types as a plain exception.
    diag: Any = getattr(error.__cause__, "diag", None)
    if diag is None:
        return None
    return refusal(
        state=diag.sqlstate,
        message=diag.message_primary,
        detail=diag.message_detail,
        constraint=diag.constraint_name,
    )
