"""The guards of all tables as the database has them, against those that the code declares and has on record."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.apps import apps
from django.db import connection

from uma.kernel.guards import Guard

# One line a function: its name and arguments, and the hash of all that decides what it does. Written by
# `manage.py record_functions` after a migration that changes one.
RECORD = Path(__file__).parent / "sql" / "functions.txt"

_FUNCTIONS = """
    SELECT p.oid::regprocedure::text,
           concat_ws(E'\\n', l.lanname, p.prosecdef, p.provolatile, p.prorettype::regtype,
                     array_to_string(p.proconfig, ','), p.prosrc)
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE p.pronamespace = 'public'::regnamespace
       AND (starts_with(p.proname, 'wallet_') OR p.proname = ANY (%s))
"""
_TRIGGERS = """
    SELECT t.tgname, c.relname, obj_description(t.oid, 'pg_trigger'), p.proname, t.tgenabled = 'O'
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND c.relname = ANY (%s)
"""


@cache
def _declared() -> dict[str, tuple[str, str, str]]:
    """Return the guards of all models by their names in the database: table, hash, function."""
    declared = {}
    for model in apps.get_models():
        meta = model._meta  # noqa: SLF001 (Django's own name for it)
        for guard in getattr(meta, "triggers", []):
            assert isinstance(guard, Guard)
            # pgtrigger's annotations name an instance where they pass the class.
            compiled = guard.compile(model)  # type: ignore[arg-type]
            declared[compiled.sql.pgid] = (meta.db_table, compiled.hash, guard.runs)
    return declared


def functions() -> dict[str, str]:
    """Return the hash of each function in the database that is the ledger's or a guard's, by name and arguments."""
    guarding = sorted({runs for _, _, runs in _declared().values()})
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTIONS, [guarding])
        return {name: sha256(text.encode()).hexdigest() for name, text in sorted(cursor.fetchall())}


def recorded() -> dict[str, str]:
    """Return the hashes on record."""
    lines = RECORD.read_text(encoding="utf-8").splitlines()
    return {name: digest for name, _, digest in (line.rpartition(" ") for line in lines)}


def wrong_functions() -> list[tuple[str, str]]:
    """Return each function that is not the one on record, and what is the matter with it."""
    found, wanted = functions(), recorded()
    wrong = []
    for name in sorted(found.keys() | wanted.keys()):
        if name not in found:
            wrong.append((name, "is absent"))
        elif name not in wanted:
            wrong.append((name, "is not on record"))
        elif found[name] != wanted[name]:
            wrong.append((name, "is not the function on record"))
    return wrong


def wrong_triggers() -> list[tuple[str, str]]:
    """Return each trigger of our tables that is not as declared, and what is the matter."""
    declared = _declared()
    tables = [model._meta.db_table for model in apps.get_models()]  # noqa: SLF001 (as above)
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS, [tables])
        there = {name: tuple(facts) for name, *facts in cursor.fetchall()}
    wrong = [(name, "is not declared") for name in there.keys() - declared.keys()]
    for name, wanted in declared.items():
        *found, enabled = there.get(name, (None, None, None, False))
        if tuple(found) != wanted:
            wrong.append((name, "is absent or another"))
        elif not enabled:
            wrong.append((name, "is switched off"))
    return sorted(wrong)
