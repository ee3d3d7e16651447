"""
What must be true of the ledger's tables at every moment, each as one bulk query that names the offenders.

The guards refuse what would break these; the checks find what went round the guards: a superuser, a
restored backup, a fault. Numbers are those of the platform's catalogue of invariants.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.wallet import installed
from apps.wallet.custody import custody

# Enough to act on; whoever broke ten thousand rows has the table's name by then.
MAX_VIOLATIONS = 100


@dataclass(frozen=True, slots=True)
class Violation:
    """One row that is not as it must be."""

    check: str
    row: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """One named question to the ledger; `find` returns the rows that answer it wrongly."""

    name: str
    invariants: str
    find: Callable[[], list[Violation]]


def ask(name: str, query: str, *asked: UUID) -> list[Violation]:
    """Return the violations that a query of (row, detail) finds, in the order of rows."""
    limited = (
        f"SELECT row::text, detail::text FROM ({query}) AS found (row, detail) ORDER BY 1 LIMIT %s"  # noqa: S608 (our own constants)
    )
    with connection.cursor() as cursor:
        cursor.execute(limited, [*asked, MAX_VIOLATIONS])
        return [Violation(name, row, detail) for row, detail in cursor.fetchall()]


def find_drift() -> list[Violation]:
    """Return the accounts whose kept balance or version is not what their transfers say (INV-02)."""
    return ask(
        "balances",
        """
        SELECT a.code, format('holds %%s paise at version %%s, transfers say %%s at %%s',
                              a.balance_paise, a.version, e.paise, e.movements)
          FROM wallet_account a
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(CASE WHEN e.side = a.normal_side THEN e.amount_paise
                                       ELSE -e.amount_paise END), 0) AS paise,
                     count(*) AS movements
                FROM wallet_entry e WHERE e.account_id = a.id) e
         WHERE a.keeps_balance AND (a.balance_paise, a.version) IS DISTINCT FROM (e.paise, e.movements)
        """,
    )


def find_broken_chains() -> list[Violation]:
    """Return the transfers whose recorded balance does not follow from the one before (INV-02)."""
    return ask(
        "chains",
        """
        SELECT transfer_id, format('%%s: version %%s leaves %%s paise, expected version %%s and %%s paise',
                                   code, version, after_paise, position, running)
          FROM (SELECT e.transfer_id, a.code, e.version, e.after_paise,
                       row_number() OVER w AS position,
                       sum(CASE WHEN e.side = a.normal_side THEN e.amount_paise
                                ELSE -e.amount_paise END) OVER w AS running
                  FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id
                 WHERE a.keeps_balance
                WINDOW w AS (PARTITION BY a.id ORDER BY e.version, e.transfer_id
                             ROWS UNBOUNDED PRECEDING)) AS chain
         WHERE (version, after_paise) IS DISTINCT FROM (position, running)
        """,
    )


def find_kept_where_none_is() -> list[Violation]:
    """Return the transfers that record a balance for an account that keeps none (INV-02)."""
    return ask(
        "unkept balances",
        """
        SELECT e.transfer_id, format('%%s keeps no balance, yet version %%s is recorded', a.code, e.version)
          FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id
         WHERE NOT a.keeps_balance AND (e.version IS NOT NULL OR e.after_paise IS NOT NULL)
        """,
    )


def find_empty_journals() -> list[Violation]:
    """Return the journals that move nothing (INV-01)."""
    return ask(
        "empty journals",
        """
        SELECT j.id, format('%%s has no transfer', j.reference) FROM wallet_journal j
         WHERE NOT EXISTS (SELECT FROM wallet_transfer t WHERE t.journal_id = j.id)
        """,
    )


def find_orphans() -> list[Violation]:
    """Return the rows that refer to a row that is not there: what foreign keys would check (INV-01)."""
    return ask(
        "orphans",
        """
        SELECT t.id, 'transfer without its journal or one of its accounts'
          FROM wallet_transfer t
          LEFT JOIN wallet_journal j ON j.id = t.journal_id
          LEFT JOIN wallet_account d ON d.id = t.debit_account_id
          LEFT JOIN wallet_account c ON c.id = t.credit_account_id
         WHERE j.id IS NULL OR d.id IS NULL OR c.id IS NULL
        UNION ALL
        SELECT j.id, 'reverses a journal that is not there' FROM wallet_journal j
         WHERE j.reverses_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM wallet_journal o WHERE o.id = j.reverses_id)
        UNION ALL
        SELECT h.id, 'hold without its accounts or its journals' FROM wallet_hold h
         WHERE (SELECT count(*) FROM wallet_account a
                 WHERE a.id IN (h.wallet_account_id, h.held_account_id, h.released_account_id)) <> 3
            OR NOT EXISTS (SELECT FROM wallet_journal j WHERE j.id = h.opened_journal_id)
            OR (h.resolved_journal_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM wallet_journal j WHERE j.id = h.resolved_journal_id))
            OR (h.swept_journal_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM wallet_journal j WHERE j.id = h.swept_journal_id))
        """,
    )


def find_imbalance() -> list[Violation]:
    """Return the zones whose accounts do not sum to zero, over kept and summed balances (INV-03)."""
    return ask(
        "zero sum",
        """
        SELECT 'ledger', format('debits and credits differ by %%s paise', difference)
          FROM (SELECT coalesce(sum(CASE a.normal_side WHEN 'D' THEN 1 ELSE -1 END
                       * CASE WHEN a.keeps_balance THEN a.balance_paise
                              ELSE coalesce(e.paise, 0) END), 0) AS difference
                  FROM wallet_account a
                  LEFT JOIN (SELECT e.account_id,
                                    sum(CASE WHEN e.side = o.normal_side THEN e.amount_paise
                                             ELSE -e.amount_paise END) AS paise
                               FROM wallet_entry e JOIN wallet_account o ON o.id = e.account_id
                              WHERE NOT o.keeps_balance GROUP BY e.account_id) e
                    ON e.account_id = a.id) AS total
         WHERE difference <> 0
        """,
    )


def find_foreign_zones() -> list[Violation]:
    """Return the transfers that touch another zone's account than their journal's (INV-03, INV-33)."""
    return ask(
        "zones",
        """
        SELECT e.transfer_id, format('%%s in a journal of zone %%s', a.code, j.zone_code)
          FROM wallet_entry e
          JOIN wallet_journal j ON j.id = e.journal_id
          JOIN wallet_account a ON a.id = e.account_id
         WHERE a.zone_code <> j.zone_code
        """,
    )


def find_overdrawn() -> list[Violation]:
    """Return the accounts below zero that may not be, and those allowed to be against the chart (INV-04, INV-25)."""
    return ask(
        "overdrawn",
        """
        SELECT a.code, format('holds %%s paise', a.balance_paise) FROM wallet_account a
         WHERE a.balance_paise < 0 AND NOT a.may_overdraw
        UNION ALL
        SELECT a.code, 'is not as the chart of accounts says'
          FROM wallet_account a LEFT JOIN wallet_account_kind k ON k.kind = a.kind
         WHERE (a.normal_side, a.keeps_balance, a.may_overdraw)
               IS DISTINCT FROM (k.normal_side, k.keeps_balance, k.may_overdraw)
        """,
    )


def find_excess_reversals() -> list[Violation]:
    """Return the originals of which more was taken back than was posted (INV-05, INV-32)."""
    return ask(
        "reversals",
        """
        SELECT o.id, format('%%s: posted %%s paise, reversed %%s', x.party, x.original_paise, x.reversed_paise)
          FROM (SELECT DISTINCT reverses_id AS id FROM wallet_journal WHERE reverses_id IS NOT NULL) o
          CROSS JOIN LATERAL wallet_reversal_excess(o.id) x
        """,
    )


def find_bad_amounts() -> list[Violation]:
    """Return the transfers below one paisa or above the cap of their rule (INV-07)."""
    return ask(
        "amounts",
        """
        SELECT t.id, format('%%s paise, allowed are 1 to %%s', t.amount_paise, r.max_paise)
          FROM wallet_transfer t
          JOIN wallet_journal j ON j.id = t.journal_id
          JOIN wallet_account d ON d.id = t.debit_account_id
          JOIN wallet_account c ON c.id = t.credit_account_id
          JOIN wallet_posting_rule r
            ON (r.journal_kind, r.debit_kind, r.credit_kind) = (j.kind, d.kind, c.kind)
         WHERE t.amount_paise NOT BETWEEN 1 AND r.max_paise
        """,
    )


def find_second_currency() -> list[Violation]:
    """
    Return the columns that could hold money of another unit than whole paise of the one currency (INV-08).

    No row says its currency, so none can say another; what would bring a second one is a column: one that
    names currencies, or an amount that is no count of paise.
    """
    return ask(
        "one currency",
        """
        SELECT format('%%s.%%s', table_name, column_name),
               CASE WHEN column_name LIKE '%%currency%%' THEN 'names a currency'
                    ELSE format('holds money as %%s', data_type) END
          FROM information_schema.columns
         WHERE table_schema = 'public'
           AND (column_name LIKE '%%currency%%' OR data_type = 'money'
                OR column_name LIKE '%%paise' AND data_type <> 'bigint'
                OR table_name LIKE 'wallet%%' AND data_type IN ('numeric', 'real', 'double precision'))
        """,
    )


def find_unruled() -> list[Violation]:
    """Return the transfers that no posting rule allows (INV-09)."""
    return ask(
        "posting rules",
        """
        SELECT t.id, format('%%s: %%s → %%s', j.kind, d.code, c.code)
          FROM wallet_transfer t
          JOIN wallet_journal j ON j.id = t.journal_id
          JOIN wallet_account d ON d.id = t.debit_account_id
          JOIN wallet_account c ON c.id = t.credit_account_id
          LEFT JOIN wallet_posting_rule r
            ON (r.journal_kind, r.debit_kind, r.credit_kind) = (j.kind, d.kind, c.kind)
          LEFT JOIN wallet_journal o ON o.id = j.reverses_id
         WHERE t.debit_account_id = t.credit_account_id OR r.id IS NULL
            OR (r.same_party AND d.party <> c.party)
            OR r.reverses_kind IS DISTINCT FROM o.kind
        """,
    )


def find_wrong_holds() -> list[Violation]:
    """Return the holds whose state, amount and postings disagree (INV-10, INV-11, INV-23, INV-24)."""
    return ask(
        "holds",
        """
        SELECT h.id, format('%%s of %%s paise: opened with %%s, used %%s (released %%s, recorded %%s)',
                            h.state, h.amount_paise, o.paise, u.paise, u.released, h.released_paise)
          FROM wallet_hold h
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(t.amount_paise), 0) AS paise
                FROM wallet_transfer t JOIN wallet_journal j ON j.id = t.journal_id
               WHERE t.journal_id = h.opened_journal_id AND j.hold_id = h.id
                 AND t.debit_account_id = h.wallet_account_id
                 AND t.credit_account_id = h.held_account_id) o
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(t.amount_paise), 0) AS paise,
                     coalesce(sum(t.amount_paise) FILTER (WHERE t.credit_account_id
                         IN (h.released_account_id, h.wallet_account_id)), 0) AS released
                FROM wallet_transfer t JOIN wallet_journal j ON j.id = t.journal_id
               WHERE t.journal_id = h.resolved_journal_id AND j.hold_id = h.id
                 AND t.debit_account_id = h.held_account_id) u
         WHERE o.paise <> h.amount_paise
            OR u.paise <> CASE h.state WHEN 'OPEN' THEN 0 ELSE h.amount_paise END
            OR u.released <> h.released_paise
            OR h.captured_paise <> CASE h.state WHEN 'OPEN' THEN 0
                                                ELSE h.amount_paise - h.released_paise END
        UNION ALL
        SELECT j.id, format('%%s uses money of hold %%s, which it did not resolve', j.reference, j.hold_id)
          FROM wallet_journal j
         WHERE EXISTS (SELECT FROM wallet_transfer t JOIN wallet_account d ON d.id = t.debit_account_id
                        WHERE t.journal_id = j.id AND d.kind = 'merchant_held')
           AND NOT EXISTS (SELECT FROM wallet_hold h
                            WHERE h.id = j.hold_id AND h.resolved_journal_id = j.id)
        """,
    )


def find_wrong_held() -> list[Violation]:
    """Return the merchants whose held or released money is not the sum of their holds (INV-23, INV-25)."""
    return ask(
        "held money",
        """
        SELECT a.code, format('transfers say %%s paise, holds say %%s', e.paise, h.paise)
          FROM wallet_account a
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(CASE e.side WHEN 'C' THEN e.amount_paise ELSE -e.amount_paise END), 0)
                     AS paise
                FROM wallet_entry e WHERE e.account_id = a.id) e
          LEFT JOIN (SELECT held_account_id AS account_id, sum(amount_paise) AS paise
                       FROM wallet_hold WHERE state = 'OPEN' GROUP BY 1
                     UNION ALL
                     SELECT released_account_id, sum(released_paise)
                       FROM wallet_hold WHERE state = 'CAPTURED' AND swept_journal_id IS NULL
                      GROUP BY 1) summed ON summed.account_id = a.id
          CROSS JOIN LATERAL (SELECT coalesce(summed.paise, 0) AS paise) h
         WHERE a.kind IN ('merchant_held', 'merchant_released') AND e.paise <> h.paise
        """,
    )


def find_wrong_sweeps() -> list[Violation]:
    """Return the sweeps that did not move exactly what their holds left unused (INV-23)."""
    return ask(
        "sweeps",
        """
        SELECT j.id, format('%%s moved %%s paise, its holds left %%s', j.reference, t.paise, h.paise)
          FROM (SELECT t.journal_id, sum(t.amount_paise) AS paise
                  FROM wallet_transfer t JOIN wallet_account d ON d.id = t.debit_account_id
                 WHERE d.kind = 'merchant_released' GROUP BY 1) t
          JOIN wallet_journal j ON j.id = t.journal_id
          CROSS JOIN LATERAL (SELECT coalesce(sum(h.released_paise), 0) AS paise FROM wallet_hold h
                               WHERE h.id = ANY (j.swept_hold_ids) AND h.swept_journal_id = j.id) h
         WHERE t.paise <> h.paise
        """,
    )


def find_custody_shortfall() -> list[Violation]:
    """Return by how much the money in banks and on its way is less than what others own (product rule 2.6)."""
    shortfall = custody().shortfall()
    return [Violation("custody", "ledger", shortfall)] if shortfall else []


def find_missing_guards() -> list[Violation]:
    """
    Return the triggers and functions that are absent, changed, switched off or somebody's own.

    Of all tables: what keeps a booking's state on its arrows is no less a guard of the money than what keeps
    an entry. (INV-05, INV-06, INV-09, INV-11.)
    """
    wrong = installed.wrong_triggers() + installed.wrong_functions()
    return [Violation("guards", name, detail) for name, detail in wrong]


def checks() -> list[Check]:
    """Return every check of the ledger, the quick ones first."""
    return [
        Check("guards", "INV-05 INV-06 INV-09 INV-11", find_missing_guards),
        Check("overdrawn", "INV-04 INV-25", find_overdrawn),
        Check("empty journals", "INV-01", find_empty_journals),
        Check("orphans", "INV-01", find_orphans),
        Check("balances", "INV-02", find_drift),
        Check("chains", "INV-02 INV-38", find_broken_chains),
        Check("unkept balances", "INV-02", find_kept_where_none_is),
        Check("zero sum", "INV-03", find_imbalance),
        Check("zones", "INV-03 INV-33", find_foreign_zones),
        Check("amounts", "INV-07", find_bad_amounts),
        Check("one currency", "INV-08", find_second_currency),
        Check("posting rules", "INV-09", find_unruled),
        Check("reversals", "INV-05 INV-32", find_excess_reversals),
        Check("holds", "INV-10 INV-11 INV-24", find_wrong_holds),
        Check("held money", "INV-23 INV-25", find_wrong_held),
        Check("sweeps", "INV-23 INV-24", find_wrong_sweeps),
        Check("custody", "INV-29", find_custody_shortfall),
    ]
