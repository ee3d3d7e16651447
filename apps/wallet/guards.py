"""How the ledger's tables refuse: with the ledger's own SQLSTATE, which the services turn into refusals."""

import pgtrigger

from uma.kernel.guards import Guard


def refuse(
    name: str, operation: pgtrigger.Operation, *, level: pgtrigger.Level, condition: str = ""
) -> Guard:
    """Return a guard that refuses an operation outright, or, with a condition, where it holds."""
    return Guard(
        name=name,
        runs="wallet_refuse",
        operation=operation,
        level=level,
        condition=condition,
        refuses=not condition,
    )


# Only the ledger's own triggers write here: a statement that somebody sends has depth 0.
SENT_BY_SOMEBODY = "pg_trigger_depth() = 0"


def changes_by_migration(name: str) -> Guard:
    """Return a guard for reference data: only who owns the table, as migrations do, may change it."""
    return Guard(
        name=name,
        runs="wallet_refuse_unless_owner",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        level=pgtrigger.Statement,
        refuses=True,
    )
