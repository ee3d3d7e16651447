"""
A model field for personal data: text in Python, sealed bytes in the database.

`instance.field` opens the value each time it is read; nothing keeps the text. What has no row (a
`values()` result, an annotation) stays `Sealed`, which shows nothing. How to use it: CONTRIBUTING.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar, overload

from django import forms
from django.core import checks
from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import DataError, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Cast
from django.db.models.options import Options
from django.db.models.query_utils import DeferredAttribute
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.where import WhereNode

from uma.kernel.crypto.keyring import keyring, kid_of
from uma.kernel.crypto.place import Place

M = TypeVar("M", bound=models.Model)


def options_of(model: type[models.Model]) -> Options[models.Model]:
    """Return what Django knows about a model."""
    return model._meta  # noqa: SLF001 — Django's documented way


class Sealed:
    """The stored bytes of a value that nobody opened; it prints as nothing."""

    __slots__ = ("stored",)

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        return "<sealed>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.stored == other.stored

    def __hash__(self) -> int:
        return hash(self.stored)


class PlainTextRefused(TypeError):
    """Text without its row was about to be stored: it can be sealed to nothing."""


class SealedAttribute(DeferredAttribute):
    """Opens the value for the instance it is read from; what is set stays as it was set."""

    field: "SealedTextField"

    @overload
    def __get__(self, instance: None, cls: type | None = None) -> "SealedAttribute": ...
    @overload
    def __get__(self, instance: models.Model, cls: type | None = None) -> object: ...
    def __get__(self, instance: models.Model | None, cls: type | None = None) -> object:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        return self.field.open(value, instance) if isinstance(value, Sealed) else value

    def __set__(self, instance: models.Model, value: object) -> None:
        # With a __set__ the class's attribute is asked first, whatever the instance holds.
        instance.__dict__[self.field.attname] = value


# The public types of a column that is never null: what may be assigned, what is read.
_Base = models.Field[str, str]


class SealedTextField(_Base):
    """
    Text that is sealed to its table, column and row before it leaves the process.

    Nothing is sealed for "" and NULL, so that "has none" can be asked (`field__blank=True`) and a
    value can be erased with `update(field="")`. Other lookups, `update()` with text or another
    column, and fixtures are refused. The row's id must be known before the insert.
    """

    description: ClassVar[str] = "Sealed text"  # type: ignore[misc]  # a property in the stubs
    descriptor_class = SealedAttribute
    empty_strings_allowed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Field's own options
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:  # Any: as in Field
        found = super().check(**kwargs)
        if self.unique or getattr(self, "db_index", False):
            hint = "Keep a blind index in a column of its own."
            found.append(
                checks.Error("No index finds a sealed value.", hint=hint, obj=self, id="uma.E025")
            )
        if not options_of(self.model).pk.has_default():
            hint = "Use a UUIDField with a default."
            found.append(
                checks.Error(
                    "The row's id must be known before a value is sealed to it.",
                    hint=hint,
                    obj=self,
                    id="uma.E026",
                )
            )
        return found

    def get_internal_type(self) -> str:
        return "BinaryField"

    def get_default(self) -> Any:  # Any: as in Field
        # A default of the database is for writers that do not know the column.
        if self.has_default():
            return super().get_default()
        return None if self.null else ""

    def to_python(self, value: Any) -> Any:  # Any: whatever a form holds
        return value if value is None else str(value)

    # --- from the row ---------------------------------------------------------------------------

    def from_db_value(
        self,
        value: bytes | memoryview | None,
        expression: Expression,  # noqa: ARG002
        connection: BaseDatabaseWrapper,  # noqa: ARG002
    ) -> "Sealed | str | None":
        if value is None:
            return None
        return Sealed(bytes(value)) if len(value) else ""

    def place(self, row: object) -> Place:
        """Return where this column of a row lives."""
        return Place(options_of(self.model).db_table, str(self.column), str(row))

    def open(self, sealed: Sealed, instance: models.Model) -> str:
        """
        Return the text of an instance's value.

        Raises:
            KeyNotListed, DoesNotOpen
        """
        return keyring().open(sealed.stored, place=self.place(instance.pk))

    # --- to the row -----------------------------------------------------------------------------

    def pre_save(self, instance: models.Model, add: bool) -> Any:  # noqa: ARG002, FBT001  # Any: as in Field
        """Return what is stored: sealed under the current key, never the text."""
        if self.attname not in instance.__dict__:
            getattr(instance, self.attname)  # deferred: what is stored comes from the database
        held = instance.__dict__[self.attname]
        # Opened first: a row copied under another id fails here and not at its first reader.
        text = self.open(held, instance) if isinstance(held, Sealed) else held
        if isinstance(held, Sealed) and kid_of(held.stored) == keyring().sealing_kid:
            return held
        return self.seal(text, instance.pk) if isinstance(text, str) and text else text

    def seal(self, text: str, row: object) -> Sealed:
        """Return the text sealed to this column of a row, within the column's length."""
        if self.max_length is not None and len(text) > self.max_length:
            raise DataError(f"{self.name} holds at most {self.max_length} characters")
        if row is None:
            raise PlainTextRefused(f"{self.name} cannot be sealed to a row without an id.")
        return Sealed(keyring().seal(text, place=self.place(row)))

    def get_prep_value(self, value: Any) -> Any:  # Any: as in Field
        if isinstance(value, Sealed):
            return value.stored
        if value is None or value == "":
            return None if value is None else b""
        raise PlainTextRefused(
            f"{self.name} is sealed to its row: assign it and save(); update() has no row."
        )

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:  # Any: as above
        if hasattr(value, "as_sql"):
            if not all(map(_carries_sealed, value.flatten())):
                raise FieldError(f"{self.name} is sealed: no expression makes its value.")
            return value
        return super().get_db_prep_save(value, connection)

    def get_lookup(self, lookup: str) -> Any:  # Any: as in Field
        if lookup not in {"isnull", "blank"}:
            raise FieldError(
                f"{self.name} is sealed and not searched by {lookup!r}: use its blind index."
            )
        return super().get_lookup(lookup)

    # --- at the edges ---------------------------------------------------------------------------

    def value_to_string(self, obj: models.Model) -> str:  # noqa: ARG002
        raise PlainTextRefused(f"{self.name} is sealed and goes into no fixture.")

    def formfield(self, *args: Any, **kwargs: Any) -> Any:  # Any: as in Field
        options = {"form_class": forms.CharField, "max_length": self.max_length}
        return super().formfield(*args, **{**options, **kwargs})


def _carries_sealed(part: object) -> bool:
    """Say whether a part of an expression is one of those that `bulk_update` makes."""
    if isinstance(part, Value):
        return part.value is None or part.value == "" or isinstance(part.value, Sealed)
    return isinstance(part, (Case, When, Cast, WhereNode))


@SealedTextField.register_lookup
class Blank(models.Lookup[Any]):
    """`field__blank=True`: nothing was ever stored, or it was erased."""

    lookup_name = "blank"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        sign = "=" if self.rhs else "<>"
        return f"COALESCE({left}, ''::bytea) {sign} ''::bytea", tuple(params)


class SealedQuerySet(models.QuerySet[M]):
    """`bulk_update` for models with sealed columns: Django's own hands over text without its row."""

    def bulk_update(
        self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        rows, names = tuple(objs), tuple(fields)
        sealed = [
            field
            for field in map(options_of(self.model).get_field, names)
            if isinstance(field, SealedTextField)
        ]
        held = [(row, field, row.__dict__.get(field.attname)) for row in rows for field in sealed]
        for row, field, _ in held:
            row.__dict__[field.attname] = Value(field.pre_save(row, add=False), output_field=field)
        try:
            return super().bulk_update(rows, names, batch_size)
        finally:
            for row, field, value in held:
                row.__dict__[field.attname] = value


def sealed_fields(model: type[models.Model]) -> Sequence[SealedTextField]:
    """Return the sealed columns of a model."""
    return [
        field for field in options_of(model).concrete_fields if isinstance(field, SealedTextField)
    ]
