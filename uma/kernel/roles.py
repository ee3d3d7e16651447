"""
What the role that serves requests may do in the database: everything but what guards refuse anyway.

Whoever owns a table can bring triggers, operators and settings of its own; so web, worker and beat are
connected as a role that owns nothing (decisions/0014). Its rights follow from the models: `may` reads them
off the guards beside each model, a model may say otherwise in `serving_role_may`, and a table that a
migration makes tomorrow is readable and writable by default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from uma.kernel import waits
from uma.kernel.guards import Guard

EVERYTHING = ("SELECT", "INSERT", "UPDATE", "DELETE")
# Written by migrations alone.
READ_ONLY_TABLES = ("django_migrations",)


class RoleRefused(Exception):
    """The serving role cannot be what it has to be; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Role:
    """Who serves: a role's name, and the password it is made with (none: it has another way in)."""

    name: str
    password: str = ""

    @classmethod
    def of(cls, url: str) -> "Role":
        """Return the role that a database address names."""
        parts = urlsplit(url)
        return cls(unquote(parts.username or ""), unquote(parts.password or ""))


def may(model: type[models.Model]) -> tuple[str, ...]:
    """Return the privileges of the serving role on a model's table, as GRANT writes them."""
    said: tuple[str, ...] | None = getattr(model, "serving_role_may", None)
    if said is not None:
        return said
    if not model._meta.managed:  # noqa: SLF001 (Django's own name for it)
        return ("SELECT",)
    privileges = dict.fromkeys(EVERYTHING, "")
    for operation in _refused(model):
        if isinstance(operation, pgtrigger.UpdateOf):
            columns = [str(field.column) for field in model._meta.concrete_fields]  # noqa: SLF001
            open_ones = [name for name in columns if name not in operation.columns]
            privileges["UPDATE"] = f" ({', '.join(open_ones)})"
        else:
            privileges.pop(str(operation), None)
    return tuple(f"{name}{columns}" for name, columns in privileges.items())


def _refused(model: type[models.Model]) -> list[pgtrigger.Operation]:
    """Return the operations that the model's guards refuse whatever the row."""
    found: list[pgtrigger.Operation] = []
    for guard in getattr(model._meta, "triggers", []):  # noqa: SLF001 (where pgtrigger keeps them)
        if isinstance(guard, Guard) and guard.refuses:
            assert guard.operation is not None
            found += list(guard.operation)
    return found


def grant(role: Role) -> None:
    """
    Make the role if it is not there and give it exactly its rights, in one transaction, as the owner.

    Raises:
        RoleRefused: it is a superuser, may become the tables' owner, or this owner may not make roles.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _make(role)
        cursor.execute("SELECT current_user, current_database()")
        owner, database = (sql.Identifier(name) for name in cursor.fetchone())
        names = {"role": sql.Identifier(role.name), "owner": owner, "database": database}
        for statement in _STATEMENTS:
            _run(statement, names)
        rights = {model._meta.db_table: may(model) for model in _models()}  # noqa: SLF001
        rights |= dict.fromkeys(READ_ONLY_TABLES, ("SELECT",))
        there = set(connection.introspection.table_names(cursor, include_views=True))
        # A model whose migration has not run yet gets its rights with the next grant.
        for table in sorted(rights.keys() & there):
            names["table"] = sql.Identifier(table)
            _run("REVOKE ALL ON public.{table} FROM {role}", names)
            # Words and column names of our own code.
            _run(f"GRANT {', '.join(rights[table])} ON public.{{table}} TO {{role}}", names)
        if problem := too_mighty(role.name):
            raise RoleRefused(f"{role.name} {problem}: it must not serve.")


# No table, function, operator or trigger of its own, temporary ones included: each is a way round a guard.
_STATEMENTS = (
    "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {role}",
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    ),
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role}",
)


def too_mighty(name: str = "") -> str:
    """Return why a role (the connected one) could go round the guards; empty when it could not."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT CASE
                WHEN r.rolsuper THEN 'is a superuser'
                WHEN EXISTS (SELECT FROM pg_class c
                              WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                                AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
                    THEN 'owns tables or may become their owner'
                WHEN r.rolcreaterole THEN 'may make roles'
                WHEN has_schema_privilege(r.oid, 'public', 'CREATE')
                     OR has_database_privilege(r.oid, current_database(), 'CREATE')
                    THEN 'may create functions and tables'
                WHEN has_database_privilege(r.oid, current_database(), 'TEMPORARY')
                    THEN 'may create temporary functions and tables'
                ELSE '' END
              FROM pg_roles r WHERE r.rolname = coalesce(nullif(%s, ''), current_user)
            """,
            [name],
        )
        (why,) = cursor.fetchone()
    return str(why)


def unlike(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that this connection has otherwise than wanted, as PostgreSQL has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lower(name), setting FROM pg_settings WHERE lower(name) = ANY(%s)",
            [list(wanted)],
        )
        return {name: value for name, value in sorted(cursor.fetchall()) if value != wanted[name]}


def _models() -> list[type[models.Model]]:
    return apps.get_models(include_auto_created=True)


def _make(role: Role) -> None:
    """Make the role, or give it the password of its address: addresses change, the role stays."""
    if not role.name:
        raise RoleRefused("The address of the database names nobody.")
    names: dict[str, sql.Composable] = {
        "role": sql.Identifier(role.name),
        "password": sql.Literal(None),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role.name])
        there = cursor.fetchone() is not None
        cursor.execute(
            "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        (may_make,) = cursor.fetchone()
        if role.password:
            # Encrypted here, so that no log of statements shows it.
            encrypted = cursor.connection.pgconn.encrypt_password(
                role.password.encode(), role.name.encode(), b"scram-sha-256"
            )
            names["password"] = sql.Literal(encrypted.decode())
    if not may_make:
        # A managed database, where somebody else makes roles; rights are still given here.
        if not there:
            raise RoleRefused(f"There is no role {role.name}, and this owner may not make roles.")
        return
    verb = "ALTER" if there else "CREATE"
    _run(f"{verb} ROLE {{role}} LOGIN PASSWORD {{password}}", names)
    for name, value in waits.SETTINGS.items():
        # Words of our own code.
        _run(f"ALTER ROLE {{role}} SET {name} = '{value}'", names)


def _run(statement: str, names: Mapping[str, sql.Composable]) -> None:
    with connection.cursor() as cursor:
        composed = sql.SQL(statement).format(**names)
        cursor.execute(composed.as_string(cursor.connection))
