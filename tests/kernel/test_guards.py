"""No trigger can be switched off by somebody who sends SQL: all run their functions directly."""

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import AuditEvent
from tests.factories import NOON
from uma.kernel.guards import Guard

pytestmark = pytest.mark.django_db

# What pgtrigger's own wrapper asks before it runs a trigger's body.
OBEYS = "%\\_pgtrigger\\_should\\_ignore%"


def obedient() -> list[str]:
    """Return the installed triggers whose function asks the session whether it may run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal AND f.prosrc LIKE %s ORDER BY 1",
            [OBEYS],
        )
        return [name for (name,) in cursor.fetchall()]


def test_every_declared_trigger_is_a_guard() -> None:
    """A trigger of pgtrigger's own (Protect, Trigger) is declared with `uma.kernel.guards` instead."""
    others = [
        f"{model._meta.label}: {trigger.name}"
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", [])
        if not isinstance(trigger, Guard)
    ]

    assert others == []


def test_no_installed_trigger_obeys_a_session_setting() -> None:
    assert obedient() == []


def test_a_trigger_of_pgtriggers_own_would_be_found() -> None:
    """The control: this is what the test above looks for."""
    protect = pgtrigger.Protect(name="control", operation=pgtrigger.Delete)
    # pgtrigger's annotations name an instance where they pass the class.
    compiled = protect.compile(AuditEvent)  # type: ignore[arg-type]

    with connection.cursor() as cursor:
        cursor.execute(compiled.install_sql)

    assert obedient() == [compiled.sql.pgid]


def test_naming_every_trigger_in_pgtriggers_setting_switches_none_off() -> None:
    AuditEvent.objects.create(action="a.b", object_type="o", object_id="1", at=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', (SELECT array_agg(tgname)::text"
            " FROM pg_trigger WHERE NOT tgisinternal), true)"
        )
        refusal = pytest.raises(IntegrityError, match="accounts_audit_append_only")
        with refusal, transaction.atomic():
            cursor.execute("DELETE FROM accounts_auditevent")

    assert AuditEvent.objects.count() == 1
