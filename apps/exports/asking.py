"""The form in which an operator asks for a dataset, begun from what a list of the desk shows."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import forms

from apps.exports.models import Schedule
from apps.exports.selectors import CATALOGUE, zones_to_take
from apps.merchants.models import Zone
from uma.kernel.datasets import Dataset
from uma.kernel.zones import midnight

# Days of all zones together are India's.
INDIA = "Asia/Kolkata"
# What a list's address has beside its filters: order, page, search and the like.
_NO_FILTERS = {"dataset", "o", "p", "all", "q", "e", "_facets", "_changelist_filters"}


class Day(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AskForm(forms.Form):
    """What, where, of which days, and whether again and again."""

    dataset = forms.ChoiceField(label="What")
    zone = forms.ChoiceField(required=False)
    first = Day(required=False, label="From")
    last = Day(required=False, label="To", help_text="That day included. Leave both empty for all.")
    again = forms.ChoiceField(
        required=False,
        label="Again",
        choices=[("", "once"), *Schedule.Cadence.choices],
        help_text="On a schedule, each file is about the day, week or month that has just ended.",
    )

    # Any: Django's.
    def __init__(self, *args: Any, person: object, zones: list[Zone], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.clocks = {zone.code: zone.timezone for zone in zones}
        mine = [
            (each, zones_to_take(person, each))
            for each in CATALOGUE.values()
            if zones_to_take(person, each) != frozenset()
        ]
        self._choose("dataset", [(each.name, f"{_called(each)}: {each.about}") for each, _ in mine])
        anywhere = any(where is None for _, where in mine)
        reached = frozenset[str]().union(*(where for _, where in mine if where is not None))
        named = [
            (zone.code, f"{zone.name} ({zone.code})")
            for zone in zones
            if anywhere or zone.code in reached
        ]
        self._choose("zone", [("", "all zones"), *named] if anywhere else named)

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> None:
        super().clean()
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and first > last:
            self.add_error("last", "The last day is before the first.")
        if self.cleaned_data.get("again") and (first or last):
            self.add_error("again", "A schedule chooses its own days: leave From and To empty.")

    @property
    def clock(self) -> str:
        return self.clocks.get(self.cleaned_data["zone"], INDIA)

    def period(self) -> tuple[datetime | None, datetime | None]:
        """Return the instants at which the chosen days begin and are over."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        since = midnight(first, self.clock) if first else None
        until = midnight(last + timedelta(days=1), self.clock) if last else None
        return since, until


def _called(dataset: Dataset) -> str:
    return dataset.name.replace("_", " ").capitalize()


def from_list(
    dataset: Dataset, given: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, str]]:
    """Return what a list's address says of the form's fields, and the filters that are left."""
    at = dataset.at.rpartition(".")[2]
    initial: dict[str, object] = {"dataset": dataset.name}
    filters: dict[str, str] = {}
    parts: dict[str, int] = {}
    for lookup, value in given.items():
        if lookup in _NO_FILTERS:
            continue
        field, _, how = lookup.rpartition("__")
        if field == at and how == "gte":
            initial["first"] = _day(value)
        elif field == at and how == "lt":
            until = _day(value)
            initial["last"] = until and until - timedelta(days=1)
        elif field == at and how in {"year", "month", "day"} and value.isdecimal():
            parts[how] = int(value)
        elif dataset.filters.get(lookup) == dataset.zone:
            initial["zone"] = value
        else:
            filters[lookup] = value
    if "year" in parts:
        initial["first"], initial["last"] = _span(parts)
    return initial, filters


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text.replace(" ", "T")).date()
    except ValueError:
        return None


def _span(parts: Mapping[str, int]) -> tuple[date, date]:
    """Return the days that a year, a month or a day of the list's calendar spans."""
    year, month, day = parts["year"], parts.get("month"), parts.get("day")
    if month and day:
        return date(year, month, day), date(year, month, day)
    if month:
        after = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), after - timedelta(days=1)
    return date(year, 1, 1), date(year, 12, 31)
