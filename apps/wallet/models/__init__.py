"""The ledger's tables; money moves only by inserting a transfer, through the guards of sql/."""

from apps.wallet.models.accounts import Account
from apps.wallet.models.chart import AccountKind, PostingRule
from apps.wallet.models.holds import Hold
from apps.wallet.models.postings import MAX_TRANSFER_PAISE, Entry, Journal, Transfer, Xid8Field

__all__ = [
    "MAX_TRANSFER_PAISE",
    "Account",
    "AccountKind",
    "Entry",
    "Hold",
    "Journal",
    "PostingRule",
    "Transfer",
    "Xid8Field",
]
