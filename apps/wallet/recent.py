"""
What can be seen of the ledger each half minute: every kept balance, and the transfers since a time.

A look costs two index entries for each account and a few for each transfer since then, however many there
were before; `invariants` reads every row each night. Each check is one statement, so of one moment: it may
be asked while money moves.
"""

from datetime import datetime
from functools import partial

from apps.wallet.invariants import Check, Violation, ask, find_overdrawn
from uma.kernel.ids import first_id_of


def find_unexplained() -> list[Violation]:
    """Return the accounts whose kept balance or version is not what their newest transfer left (INV-02)."""
    return ask(
        "newest balances",
        """
        SELECT a.code, format('holds %%s paise at version %%s, its newest transfer left %%s at %%s',
                              a.balance_paise, a.version, coalesce(e.paise, 0), coalesce(e.version, 0))
          FROM wallet_account a
          LEFT JOIN LATERAL (
              SELECT paise, version FROM (
                  (SELECT debit_after_paise AS paise, debit_version AS version FROM wallet_transfer
                    WHERE debit_account_id = a.id AND debit_version IS NOT NULL
                    ORDER BY debit_version DESC LIMIT 1)
                  UNION ALL
                  (SELECT credit_after_paise, credit_version FROM wallet_transfer
                    WHERE credit_account_id = a.id AND credit_version IS NOT NULL
                    ORDER BY credit_version DESC LIMIT 1)) AS sides
               ORDER BY version DESC LIMIT 1) e ON true
         WHERE a.keeps_balance
           AND (a.balance_paise, a.version) IS DISTINCT FROM (coalesce(e.paise, 0), coalesce(e.version, 0))
        """,
    )


def find_broken_steps(*, since: datetime) -> list[Violation]:
    """Return the transfers since then whose recorded balance does not follow from the one before (INV-02)."""
    return ask(
        "newest chains",
        """
        SELECT e.transfer_id, format('%%s: version %%s leaves %%s paise, before it were %%s',
                                     a.code, e.version, e.after_paise, b.paise)
          FROM wallet_entry e
          JOIN wallet_account a ON a.id = e.account_id
          LEFT JOIN LATERAL (
              SELECT 0::bigint AS paise WHERE e.version = 1
              UNION ALL
              SELECT debit_after_paise FROM wallet_transfer
               WHERE debit_account_id = e.account_id AND debit_version = e.version - 1
              UNION ALL
              SELECT credit_after_paise FROM wallet_transfer
               WHERE credit_account_id = e.account_id AND credit_version = e.version - 1) b ON true
         WHERE e.transfer_id >= %s AND a.keeps_balance
           AND e.after_paise IS DISTINCT FROM
               b.paise + CASE WHEN e.side = a.normal_side THEN e.amount_paise ELSE -e.amount_paise END
        """,
        first_id_of(since),
    )


def recent_checks(*, since: datetime) -> list[Check]:
    """Return the checks of the ledger that may be asked each half minute, over what moved since then."""
    return [
        Check("overdrawn", "INV-04 INV-25", find_overdrawn),
        Check("newest balances", "INV-02", find_unexplained),
        Check("newest chains", "INV-02", partial(find_broken_steps, since=since)),
    ]
