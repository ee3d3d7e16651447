"""
How triggers are declared: beside the models, running a named SQL function directly.

Not through django-pgtrigger's own wrapper: that wrapper obeys a session setting (`pgtrigger.ignore`)
which anybody who can send SQL can set, and costs a sub-transaction for each row. pgtrigger's part here
is that triggers stand beside the models and that a change of one is a migration.
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
        condition: str | pgtrigger.Condition = "",
        referencing: pgtrigger.Referencing | None = None,
        timing: pgtrigger.Timing | None = None,
        argument: str = "",
        refuses: bool = False,
    ) -> None:
        if isinstance(condition, str) and condition:
            condition = pgtrigger.Condition(condition)
        super().__init__(
            name=name,
            operation=operation,
            when=when,
            level=level,
            condition=condition or None,
            referencing=referencing,
            timing=timing,
        )
        self.runs = runs
        self.argument = argument
        # Whatever the row: then the role that serves needs no right to do it (uma/kernel/roles.py).
        self.refuses = refuses

    # pgtrigger's annotation names an instance where it passes the class.
    def render_execute(self, model: models.Model) -> str:  # noqa: ARG002 — pgtrigger's signature
        argument = f"'{self.argument}'" if self.argument else ""
        return f"public.{self.runs}({argument})"


def refuse(
    name: str,
    operation: pgtrigger.Operation,
    *,
    level: pgtrigger.Level = pgtrigger.Statement,
    condition: str | pgtrigger.Condition = "",
) -> Guard:
    """
    Return a guard that refuses an operation outright: an IntegrityError, `name` its constraint.

    With a condition (and `level=pgtrigger.Row`) it names what is never allowed; PostgreSQL weighs the
    condition before any function is called, so that an allowed change pays for no call.
    """
    return Guard(
        name=name,
        runs="uma_refuse",
        operation=operation,
        level=level,
        condition=condition,
        argument=name,
        refuses=not condition,
    )


def append_only(name: str) -> Guard:
    """Return a guard for a table whose rows never change and never go."""
    return refuse(name, pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate)
