"""
How the ledger's triggers are declared: beside the models, running SQL functions of `sql/`.

The functions run directly, not through django-pgtrigger's wrapper: that wrapper obeys a session setting
which anybody who can send SQL can set, and costs a sub-transaction for each row.
"""

import pgtrigger
from django.db import models


class Guard(pgtrigger.Trigger):
    """A trigger that runs one named SQL function and that no session setting can switch off."""

    func = "RETURN NEW;"

    def __init__(
        self,
        *,
        name: str,
        runs: str,
        operation: pgtrigger.Operation,
        when: pgtrigger.When = pgtrigger.Before,
        level: pgtrigger.Level = pgtrigger.Row,
        condition: str = "",
        referencing: pgtrigger.Referencing | None = None,
        timing: pgtrigger.Timing | None = None,
    ) -> None:
        super().__init__(
            name=name,
            operation=operation,
            when=when,
            level=level,
            condition=pgtrigger.Condition(condition) if condition else None,
            referencing=referencing,
            timing=timing,
        )
        self.runs = runs

    # pgtrigger's annotation names an instance where it passes the class.
    def render_execute(self, model: models.Model) -> str:  # noqa: ARG002 — pgtrigger's signature
        return f"public.{self.runs}()"


def refuse(
    name: str, operation: pgtrigger.Operation, *, level: pgtrigger.Level, condition: str = ""
) -> Guard:
    """Return a guard that refuses an operation outright."""
    return Guard(
        name=name, runs="wallet_refuse", operation=operation, level=level, condition=condition
    )


# Only the ledger's own triggers write here: a statement that somebody sends has depth 0.
SENT_BY_SOMEBODY = "pg_trigger_depth() = 0"


def changes_by_migration(name: str) -> Guard:
    """Return a guard for reference data: only a migration, which says so, may change it."""
    return refuse(
        name,
        pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        level=pgtrigger.Statement,
        condition="current_setting('uma.changes_chart', true) IS DISTINCT FROM 'on'",
    )
