"""Amounts on the desk: as operators read them, and read back to them before any money moves."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field, Model
from django.utils.text import capfirst

from uma.kernel.money import PAISE_PER_RUPEE, rupees


def amount(paise: int | None) -> str:
    """Return an amount as operators read it."""
    return "—" if paise is None else f"₹{rupees(paise):,.2f}"


def as_told(name: str, value: object) -> tuple[str, object]:
    """Return a term that is kept by its name as operators read it: `cap_paise`, 15000 is a cap of ₹150."""
    what, _, unit = name.rpartition("_")
    if unit in _UNITS and isinstance(value, int):
        return what.replace("_", " "), _UNITS[unit](value)
    return (what if unit in _UNITS else name).replace("_", " "), value


def percent(basis_points: int | None) -> str:
    """Return a share as operators read it."""
    return "—" if basis_points is None else f"{basis_points / 100:g} %"


def read_back(form: forms.Form) -> str:
    """
    Return the amount that a form moves, to be confirmed once more as it is read; "" for another form.

    A form whose `reads_back` is true takes an `amount` in rupees, of two decimals at most. One that
    has the amount of a known row repeated needs no more.
    """
    if not getattr(form, "reads_back", False) or not form.is_valid():
        return ""
    return amount(int(form.cleaned_data["amount"] * PAISE_PER_RUPEE))


# By the end of a column's name: how its unit is read.
_UNITS: Mapping[str, Callable[[int | None], str]] = {"paise": amount, "bps": percent}
_SHORT = {"cpa": "CPA", "cpt": "CPT", "gst": "GST", "tcs": "TCS", "tds": "TDS"}


@cache
def _as_read(column: Field[Any, Any]) -> Callable[[Model], str]:  # Any: of whatever column
    """Return what shows an amount or a share: the same function each time, as Django compares them."""
    unit = column.name.rpartition("_")[2]
    words, read = str(column.verbose_name).removesuffix(f" {unit}").split(), _UNITS[unit]

    @admin.display(description=capfirst(" ".join(_SHORT.get(word, word) for word in words)))
    def shown(row: Model) -> str:
        return read(getattr(row, column.name))

    return shown


def _has_unit(column: Field[Any, Any]) -> bool:  # Any: of whatever column
    what, _, unit = column.name.rpartition("_")
    return bool(what) and unit in _UNITS


def with_amounts(model: type[Model], fields: Iterable[Any]) -> list[Any]:  # Any: Django's fields
    """Return the fields of a page, with columns of paise or of a share as operators read them."""
    columns = {one.name: one for one in model._meta.concrete_fields}  # noqa: SLF001 — as above
    return [
        with_amounts(model, field)
        if isinstance(field, list | tuple)
        else _as_read(columns[field])
        if isinstance(field, str) and field in columns and _has_unit(columns[field])
        else field
        for field in fields
    ]
